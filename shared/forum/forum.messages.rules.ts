import { isWhole, type StreamEvent, type WireEvent } from '#shared/wire/stream.ts';
import type { RoomEvents } from './forum.events.ts';
import type { Last, Message } from './forum.schema.ts';

/*
 * What readers see of a room, made from its events: one reducer for the server's read model and for the client, so
 * that a message looks the same live, after a reload and out of a search. It takes the reader's view of an event: one
 * whose data was erased still gives its message a place, without its text.
 */

/** Earlier wordings kept in a view, the newest; the stream has them all. */
const MAX_EDITS = 20;
const LAST_LENGTH = 120;

type Posted = RoomEvents['posted'];
type Change = RoomEvents['edited' | 'retracted' | 'reacted'];

const CHANGES: ReadonlySet<string> = new Set(['edited', 'retracted', 'reacted']);

/** The seq of the message an event is about: its own, or the one it changes. Undefined: it is about no message. */
export function messageSeqOf(event: WireEvent): number | undefined {
  if ('withheld' in event) return undefined;
  if (event.type === 'posted') return event.seq;
  if (!CHANGES.has(event.type) || !isWhole(event)) return undefined;
  return (event.data as Change).seq;
}

const roomOf = (event: { stream: string }): string => event.stream.slice(event.stream.indexOf(':') + 1);

function posted(event: Exclude<WireEvent, { withheld: true }>): Message {
  const data: Posted | undefined = isWhole(event) ? (event.data as Posted) : undefined;
  const message: Message = {
    room: roomOf(event),
    seq: event.seq,
    id: event.id,
    actor: event.actor,
    at: event.at,
    text: data?.text ?? '',
    mentions: data?.mentions ?? [],
    files: data?.files ?? [],
    reactions: [],
    edited: false,
    edits: [],
    retracted: data === undefined,
  };
  if (data?.replyTo !== undefined) message.replyTo = data.replyTo;
  if (data?.fileFacts !== undefined) message.fileFacts = data.fileFacts;
  return message;
}

function edited(message: Message, event: StreamEvent, data: RoomEvents['edited']): Message {
  return {
    ...message,
    text: data.text,
    mentions: [...new Set([...message.mentions, ...(data.mentions ?? [])])],
    edited: true,
    edits: [...message.edits, { seq: event.seq, at: event.at, text: message.text }].slice(-MAX_EDITS),
  };
}

/** The place and the author stay; whatever was said, shown or answered to it goes. */
export function withoutWords({ room, seq, id, actor, at }: Message): Message {
  const nothing = { text: '', mentions: [], files: [], reactions: [], edited: false, edits: [] };
  return { room, seq, id, actor, at, ...nothing, retracted: true };
}

function reacted(message: Message, person: string, { emoji, on }: RoomEvents['reacted']): Message {
  const before = message.reactions.find((reaction) => reaction.emoji === emoji)?.people ?? [];
  const others = before.filter((other) => other !== person);
  const people = on ? [...others, person] : others;
  const isNew = before.length === 0;
  const reactions = isNew
    ? [...message.reactions, { emoji, people }]
    : message.reactions.map((reaction) => (reaction.emoji === emoji ? { emoji, people } : reaction));
  return { ...message, reactions: reactions.filter((reaction) => reaction.people.length > 0) };
}

/**
 * The message after one more event about it (`messageSeqOf`). A change to a message that is not held gives undefined:
 * it is older than what this reader has loaded, or not theirs to see.
 */
export function evolveMessage(message: Message | undefined, event: WireEvent): Message | undefined {
  if ('withheld' in event) return message;
  if (event.type === 'posted') return message ?? posted(event);
  if (message === undefined || message.retracted || !isWhole(event)) return message;
  switch (event.type) {
    case 'edited':
      return edited(message, event, event.data as RoomEvents['edited']);
    case 'retracted':
      return withoutWords(message);
    case 'reacted':
      return reacted(message, event.actor, event.data as RoomEvents['reacted']);
    default:
      return message;
  }
}

/** Messages by seq after one more event; what was held is left as it was. */
export function evolveMessages(messages: ReadonlyMap<number, Message>, event: WireEvent): ReadonlyMap<number, Message> {
  const seq = messageSeqOf(event);
  if (seq === undefined) return messages;
  const before = messages.get(seq);
  const after = evolveMessage(before, event);
  return after === undefined || after === before ? messages : new Map(messages).set(seq, after);
}

/** A text in one line without its marks: for lists and quotes. */
function toLine(text: string): string {
  const plain = text.replace(/^(?:[-*•] |```)/gmu, '').replace(/\*\*|`/gu, '');
  return plain.replace(/\s+/gu, ' ').trim();
}

/** A message in one line: its words, or else the names of what it brings. The sign is the same in every language. */
export function lineOf({ text, files, fileFacts = [] }: Message): string {
  const line = toLine(text);
  return line !== '' || files.length === 0 ? line : ['📎', ...fileFacts.flatMap(({ name }) => name ?? [])].join(' ');
}

/** The line a list of rooms shows: cut. */
export function toLast(message: Message): Last {
  const { seq, actor, at } = message;
  const line = lineOf(message);
  const cut = Array.from(line.slice(0, 2 * LAST_LENGTH))
    .slice(0, LAST_LENGTH)
    .join('');
  return { seq, actor, at, text: cut };
}
