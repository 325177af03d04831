import * as v from 'valibot';
import { Id } from '#shared/wire/define.ts';
import { FileFacts } from '#shared/wire/files.ts';
import type { Action } from '#shared/people/people.policy.ts';
import { EMOJI } from './forum.emoji.ts';

/** Kinds of rooms (DESIGN §4): everybody in the unit, invited people, role holders post and all read. */
export const ROOM_KINDS = ['open', 'members', 'announce'] as const;
export type RoomKind = (typeof ROOM_KINDS)[number];

/** Who reads a room that is not by invitation: the unit alone, or everybody below it too. */
export const AUDIENCES = ['unit', 'subtree'] as const;
export type Audience = (typeof AUDIENCES)[number];

const place = v.number();

/** `data` of every event on `room:<id>`. A type is never changed once it has been written; a new one follows it. */
export const roomEvents = {
  opened: v.object({
    unit: Id,
    title: v.string(),
    kind: v.picklist(ROOM_KINDS),
    audience: v.picklist(AUDIENCES),
    people: v.array(Id),
  }),
  posted: v.object({
    text: v.string(),
    replyTo: v.optional(place),
    files: v.optional(v.array(Id)),
    /** What the server knows of those files: how to show one before it is there. */
    fileFacts: v.optional(v.array(FileFacts)),
    mentions: v.optional(v.array(Id)),
  }),
  edited: v.object({ seq: place, text: v.string(), mentions: v.optional(v.array(Id)) }),
  retracted: v.object({ seq: place, reason: v.optional(v.string()) }),
  reacted: v.object({ seq: place, emoji: v.picklist(EMOJI), on: v.boolean() }),
  joined: v.object({ person: Id }),
  left: v.object({ person: Id, reason: v.optional(v.string()) }),
};

export type RoomEvents = { [T in keyof typeof roomEvents]: v.InferOutput<(typeof roomEvents)[T]> };
export type RoomEventType = keyof RoomEvents;

/** The right that reading each type takes. What was retracted leaves without its data whoever asks. */
export const ROOM_READ_POLICY: Readonly<Record<RoomEventType, Action>> = {
  opened: 'room.read',
  posted: 'room.read',
  edited: 'room.read',
  retracted: 'room.read',
  reacted: 'room.read',
  joined: 'room.read',
  left: 'room.read',
};

/** A pointer on `person:<id>`: where to look, never what is written there. */
const RoomPointer = v.object({ stream: v.string(), seq: place });

/** What a room leaves in a person's inbox, on `person:<id>`. */
export const forumPersonEvents = {
  'forum.mentioned': RoomPointer,
  'forum.joined': RoomPointer,
  'forum.left': RoomPointer,
};

/** What a room leaves on its unit's stream, `unit:<id>`, for whoever may read rooms there. */
export const forumUnitEvents = {
  'forum.opened': RoomPointer,
};
