import type { Entry } from '#client/platform/entry.ts';
import { evolveMessage } from '#shared/forum/forum.messages.rules.ts';
import type { Message } from '#shared/forum/forum.schema.ts';

/* What stands in a room from top to bottom, made from its messages and from what waits on this device. Pure. */

/** A message as its row shows it. */
export interface MessageRow {
  kind: 'message';
  key: string;
  message: Message;
  own: boolean;
  /** The first of a person and minute: shows who and when. */
  first: boolean;
  last: boolean;
  /** The command that is to make it a message, while it waits on this device. */
  post: Entry | undefined;
  /** Commands about it that the server refused. */
  refused: readonly Entry[];
}
export type Row =
  MessageRow | { kind: 'day'; key: string; at: string } | { kind: 'unread'; key: string; count: number };

export interface Shown {
  me: string;
  /** What was unread when the room was opened: after which seq, and how many. */
  unread: { after: number; count: number } | undefined;
  /** Which calendar day a moment falls on, where the reader is. */
  dayOf: (at: string) => string;
}

/** When a command was given: its id says so to the millisecond (RFC 9562 §5.7). For showing only. */
const givenAt = (id: string): string => new Date(Number.parseInt(id.replace(/-/g, '').slice(0, 12), 16)).toISOString();

const CHANGES: Readonly<Record<string, string>> = {
  'forum:edit': 'edited',
  'forum:retract': 'retracted',
  'forum:react': 'reacted',
};

/** A message as it will be once the commands about it that wait here are done. */
function withWaiting(message: Message, entries: readonly Entry[], me: string): Message {
  let shown = message;
  for (const { id, name, input, state } of entries) {
    const type = CHANGES[name];
    if (type === undefined || state === 'failed') continue;
    const at = givenAt(id);
    const event = { stream: `room:${message.room}`, seq: 0, id, type, actor: me, at, data: input, prev: '', hash: '' };
    shown = evolveMessage(shown, event) ?? shown;
  }
  return shown;
}

/** A post that waits here, as the message it will be. */
function toMessage(entry: Entry, me: string): Message {
  const { room, text, replyTo, mentions, files } = entry.input as {
    room: string;
    text: string;
    replyTo?: number;
    mentions?: string[];
    files?: string[];
  };
  const seq = typeof entry.output?.['seq'] === 'number' ? entry.output['seq'] : 0;
  return {
    ...{
      room,
      seq,
      id: entry.id,
      actor: me,
      at: givenAt(entry.id),
      text,
      mentions: mentions ?? [],
      files: files ?? [],
    },
    ...{ reactions: [], edited: false, edits: [], retracted: false },
    ...(replyTo !== undefined && { replyTo }),
  };
}

/** `messages` ascending; `entries` is the room's lane of the outbox, in the order it was given. */
export function layOut(messages: readonly Message[], entries: readonly Entry[], shown: Shown): Row[] {
  const bySeq = new Map<unknown, Entry[]>();
  for (const entry of entries) {
    const seq = entry.input['seq'];
    if (entry.name in CHANGES) bySeq.set(seq, [...(bySeq.get(seq) ?? []), entry]);
  }
  const known = new Set(messages.map((message) => message.id));
  // Whichever of ack and event came first: once the message is there, what waited for it goes.
  const waiting = entries.filter((entry) => entry.name === 'forum:post' && !known.has(entry.id));
  const rows: Row[] = [];
  for (const message of messages) {
    const about = bySeq.get(message.seq) ?? [];
    const refused = about.filter((entry) => entry.state === 'failed');
    addRow(rows, shown, { message: withWaiting(message, about, shown.me), post: undefined, refused });
  }
  for (const post of waiting) addRow(rows, shown, { message: toMessage(post, shown.me), post, refused: [] });
  return rows;
}

function addRow(rows: Row[], shown: Shown, row: Pick<MessageRow, 'message' | 'post' | 'refused'>): void {
  const { message, post } = row;
  const before = rows.findLast((one) => one.kind === 'message');
  if (before === undefined || shown.dayOf(before.message.at) !== shown.dayOf(message.at)) {
    rows.push({ kind: 'day', key: `day ${shown.dayOf(message.at)} ${message.seq}`, at: message.at });
  }
  const { unread } = shown;
  const isUnread = unread !== undefined && message.seq > unread.after && message.actor !== shown.me;
  if (isUnread && post === undefined && !rows.some((one) => one.kind === 'unread')) {
    rows.push({ kind: 'unread', key: 'unread', count: unread.count });
  }
  const above = rows.at(-1);
  const goesOn =
    above?.kind === 'message' &&
    above.message.actor === message.actor &&
    above.message.at.slice(0, 16) === message.at.slice(0, 16) &&
    (above.post === undefined) === (post === undefined);
  if (goesOn) above.last = false;
  rows.push({ kind: 'message', key: message.id, own: message.actor === shown.me, first: !goesOn, last: true, ...row });
}

/** Where one's own message is, as a key of the words. */
export function whereIs({ post }: MessageRow): 'here' | 'sending' | 'again' | 'sent' | 'failed' {
  if (post === undefined || post.state === 'sent') return 'sent';
  if (post.state === 'held') return post.tries > 0 ? 'again' : 'here';
  return post.state;
}
