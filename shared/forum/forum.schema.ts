import * as v from 'valibot';
import { command, Id, Limit, line, Moment, query, Seq, Title } from '#shared/wire/define.ts';
import { MAX_FILES } from '#shared/wire/files.limits.ts';
import { FileFacts } from '#shared/wire/files.ts';
import { EMOJI } from './forum.emoji.ts';
import { AUDIENCES, ROOM_KINDS } from './forum.events.ts';

/** A message's text: 8 KiB of UTF-8, so that a frame of 64 KiB holds it with all its escapes. */
const Text = v.pipe(v.string(), v.maxLength(8192), v.maxBytes(8192));
/** Why somebody was removed or a message taken down; shown to the person concerned. */
const Reason = line(500);
/** More names than this in one message is an audience, not a mention. */
const Mentions = v.pipe(v.array(Id), v.maxLength(50));
const Files = v.pipe(v.array(Id), v.maxLength(MAX_FILES));
/** Members named at once; 500 ids fit a frame of 64 KiB three times over. */
const People = v.pipe(v.array(Id), v.maxLength(500));
const Written = v.object({ seq: Seq });

/** An earlier wording of an edited message; `at` is when it was replaced. */
const Edit = v.object({ seq: Seq, at: Moment, text: v.string() });
const Reaction = v.object({ emoji: v.picklist(EMOJI), people: v.array(Id) });

/** A message as its readers see it. A retracted one keeps its place and its author, and nothing else. */
export const Message = v.object({
  room: Id,
  seq: Seq,
  id: Id,
  actor: v.string(),
  at: Moment,
  text: v.string(),
  replyTo: v.optional(Seq),
  mentions: v.array(Id),
  files: v.array(Id),
  /** What is known of them, in the same order; left out where there are none. */
  fileFacts: v.optional(v.array(FileFacts)),
  reactions: v.array(Reaction),
  edited: v.boolean(),
  edits: v.array(Edit),
  retracted: v.boolean(),
});
export type Message = v.InferOutput<typeof Message>;

/** The last line of a room in the list; `text` is cut to 120 characters. */
const Last = v.object({ seq: Seq, actor: v.string(), at: Moment, text: v.string() });
export type Last = v.InferOutput<typeof Last>;

/**
 * A room in the list of one person. `unread` is counted from that person's pointer and capped at 100, which stands
 * for "more than 99"; `post` and `remove` say what its buttons may offer.
 */
export const RoomLine = v.object({
  id: Id,
  unit: Id,
  title: Title,
  kind: v.picklist(ROOM_KINDS),
  audience: v.picklist(AUDIENCES),
  head: Seq,
  readSeq: Seq,
  unread: v.number(),
  mentions: v.number(),
  post: v.boolean(),
  remove: v.boolean(),
  last: v.optional(Last),
});
export type RoomLine = v.InferOutput<typeof RoomLine>;

export const forumTable = {
  create: command({
    action: 'room.create',
    input: v.strictObject({
      id: Id,
      unit: Id,
      title: Title,
      kind: v.picklist(ROOM_KINDS),
      audience: v.optional(v.picklist(AUDIENCES)),
      people: v.optional(People),
    }),
    output: v.object({ room: Id, seq: Seq }),
  }),
  post: command({
    action: 'message.post',
    input: v.strictObject({
      id: Id,
      room: Id,
      text: Text,
      replyTo: v.optional(Seq),
      files: v.optional(Files),
      mentions: v.optional(Mentions),
    }),
    output: Written,
    errors: ['forum.empty', 'forum.no_such_message', 'forum.no_such_file'],
  }),
  edit: command({
    action: 'message.edit',
    input: v.strictObject({ id: Id, room: Id, seq: Seq, text: Text, mentions: v.optional(Mentions) }),
    output: Written,
    errors: ['forum.empty', 'forum.no_such_message', 'forum.retracted', 'forum.too_late'],
  }),
  retract: command({
    action: 'message.edit',
    input: v.strictObject({ id: Id, room: Id, seq: Seq, reason: v.optional(Reason) }),
    output: Written,
    errors: ['forum.no_such_message', 'forum.retracted', 'forum.reason_needed'],
  }),
  react: command({
    action: 'message.react',
    input: v.strictObject({ id: Id, room: Id, seq: Seq, emoji: v.picklist(EMOJI), on: v.boolean() }),
    output: Written,
    errors: ['forum.no_such_message', 'forum.retracted'],
  }),
  'mark-read': command({
    action: 'room.read',
    input: v.strictObject({ room: Id, seq: Seq }),
    output: v.object({}),
  }),
  invite: command({
    action: 'room.member.add',
    input: v.strictObject({ id: Id, room: Id, person: Id }),
    output: Written,
    errors: ['forum.not_by_invitation', 'forum.already_member'],
  }),
  remove: command({
    action: 'room.member.remove',
    input: v.strictObject({ id: Id, room: Id, person: Id, reason: v.optional(Reason) }),
    output: Written,
    errors: ['forum.not_by_invitation', 'forum.not_a_member', 'forum.reason_needed'],
  }),
  rooms: query({
    action: 'room.read',
    input: v.strictObject({ unit: v.optional(Id) }),
    output: v.object({ rooms: v.array(RoomLine), more: v.boolean() }),
  }),
  /** What the open and announcing rooms of a unit are called that sound like this: told before another one is opened. */
  alike: query({
    action: 'room.create',
    input: v.strictObject({ unit: Id, title: Title }),
    output: v.object({ titles: v.array(v.string()) }),
  }),
  messages: query({
    action: 'room.read',
    input: v.strictObject({ room: Id, before: v.optional(Seq), limit: Limit }),
    output: v.object({ messages: v.array(Message), more: v.boolean() }),
  }),
  search: query({
    action: 'room.read',
    input: v.strictObject({ q: line(200), room: v.optional(Id), limit: Limit }),
    output: v.object({ messages: v.array(Message), more: v.boolean() }),
    errors: ['forum.query_too_short'],
  }),
};
