import type { Moved } from '#server/platform/bus.ts';
import type { Clock } from '#server/platform/clock.ts';
import type { GivenFiles } from '#server/platform/files.rights.ts';
import { createFold } from '#server/platform/fold.ts';
import { createLimiter, IN_ONE_ROOM } from '#server/platform/limits.ts';
import type { Streams } from '#server/platform/streams.ts';
import { roomRules } from '#shared/forum/forum.rules.ts';
import type { Actor, UnitTree } from '#shared/people/people.rules.ts';
import { createForumAccess } from './forum.access.ts';
import { createCommands } from './forum.commands.ts';
import { createFollowUps } from './forum.inbox.ts';
import { createForumLists } from './forum.lists.ts';
import type { ForumModel } from './forum.model.ts';
import type { ForumProjection } from './forum.project.ts';
import { createForumReads } from './forum.reads.ts';
import { createForumSearch } from './forum.search.ts';

export interface ForumDeps {
  streams: Streams;
  model: ForumModel;
  projection: Pick<ForumProjection, 'bring'>;
  clock: Clock;
  units: UnitTree;
  /** A person with their posts as of now; undefined for nobody. */
  actorOf: (person: string) => Actor | undefined;
  files: GivenFiles;
  /** Tells a person's other devices that they have read on. Lost without harm. */
  moved: (moved: Moved) => void;
  /** Whether a room takes so many messages a second and no more. */
  limited: boolean;
}

export type ForumService = ReturnType<typeof createForumService>;

/**
 * The forum: commands, questions, the reader of `room:` streams, and for other features `messageAt`, `fileIn`,
 * `createRoom` (the seed) and `followUps` (what a room's event leaves in inboxes).
 */
export function createForumService(deps: ForumDeps) {
  const rooms = createFold(deps.streams, roomRules, deps.actorOf);
  const access = createForumAccess({ rooms, units: deps.units, clock: deps.clock });
  const limiter = deps.limited ? createLimiter(() => deps.clock.now().getTime()) : undefined;
  const pace = (room: string): void => limiter?.take(room, IN_ONE_ROOM);
  return {
    ...createCommands({ ...deps, rooms, access, pace }),
    ...createForumReads({ ...deps, access }),
    ...createForumLists({ ...deps, access }),
    ...createForumSearch({ ...deps, access }),
    followUps: createFollowUps({ access, actorOf: deps.actorOf }),
    openReader: access.openReader,
    /** How far somebody has read each room; and to know it no longer. */
    readBy: deps.model.allPointersOf,
    forget: deps.model.dropPointersOf,
  };
}
