import type { Clock } from '#server/platform/clock.ts';
import { createFold } from '#server/platform/fold.ts';
import type { Streams } from '#server/platform/streams.ts';
import { emptyClosing, evolveClosing } from '#shared/people/closing.rules.ts';
import type { Action } from '#shared/people/people.policy.ts';
import { may, type Actor } from '#shared/people/people.rules.ts';
import * as roster from '#shared/people/roster.rules.ts';
import { AppError } from '#shared/wire/error.ts';
import type { Directory } from './people.directory.ts';
import type { PersonRow } from './people.model.ts';

export type Desk = ReturnType<typeof createDesk>;

/** What every service of this folder works with: the streams of units and of people, and the question of the right. */
export function createDesk({ streams, directory, clock }: { streams: Streams; directory: Directory; clock: Clock }) {
  const rosters = { kind: 'unit', initial: roster.emptyRoster, evolve: roster.evolveRoster };
  const inboxes = { kind: 'person', initial: emptyClosing, evolve: evolveClosing };
  /** Where somebody belongs: their posts, over ones too, else where they were enrolled. */
  function unitsOf({ _id, unit }: PersonRow): string[] {
    const posts = directory.postsGiven(_id);
    const held = posts.filter((post) => post.until === null || clock.now().getTime() < Date.parse(post.until));
    if (held.length > 0) return [...new Set(held.map((post) => post.unit))];
    return unit === undefined ? [...new Set(posts.map((post) => post.unit))] : [unit];
  }

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

    unitsOf,

    /** Over all of it: who administers a street rules nobody who also speaks for the district. Gone is not there. */
    mustRule: (actor: Actor, action: Action, person: string): PersonRow => {
      const row = directory.person(person);
      const units = row === undefined || row.erased === true ? [] : unitsOf(row);
      const rules = (unit: string): boolean => may(actor, action, { path: directory.tree.path(unit) }, clock.now());
      if (row === undefined || units.length === 0 || !units.every(rules)) throw new AppError('not_found');
      return row;
    },
  };
}
