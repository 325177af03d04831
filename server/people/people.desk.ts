import type { Clock } from '#server/platform/clock.ts';
import { createFold } from '#server/platform/fold.ts';
import type { Streams } from '#server/platform/streams.ts';
import type { Action } from '#shared/people/people.policy.ts';
import { may, type Actor } from '#shared/people/people.rules.ts';
import * as roster from '#shared/people/roster.rules.ts';
import { AppError } from '#shared/wire/error.ts';
import type { Directory } from './people.directory.ts';

export type Desk = ReturnType<typeof createDesk>;

/** What every service of this folder works with: the streams of units and of people, and the question of the right. */
export function createDesk({ streams, directory, clock }: { streams: Streams; directory: Directory; clock: Clock }) {
  const rosters = { kind: 'unit', initial: roster.emptyRoster, evolve: roster.evolveRoster };
  const inboxes = { kind: 'person', initial: () => null, evolve: (state: null) => state };
  return {
    streams,
    directory,
    clock,
    unitFold: createFold(streams, rosters, directory.actor),
    personFold: createFold(streams, inboxes, directory.actor),

    /** A unit outside one's scope is not there. */
    allow: (actor: Actor, action: Action, unit: string): void => {
      if (!may(actor, action, { path: directory.tree.path(unit) }, clock.now())) throw new AppError('not_found');
    },
  };
}
