import type { Clock } from '#server/platform/clock.ts';
import { may, type Actor } from '#shared/people/people.rules.ts';
import { AppError } from '#shared/wire/error.ts';
import type { Directory } from './people.directory.ts';

/** Whom an administrator may sign out, and give another way in. */
export function createUnder({ directory, clock }: { directory: Directory; clock: Clock }) {
  function isUnder(actor: Actor, other: Actor): boolean {
    // As they were given: a post that has yet to begin has administrators over it as well.
    const held = directory.postsGiven(other.person).map(({ unit }) => directory.tree.path(unit));
    const roots = directory.units().filter(({ parent }) => parent === null);
    const paths = held.length > 0 ? held : roots.map(({ id }) => [id]);
    return paths.every((path) => may(actor, 'user.reset', { path }, clock.now()));
  }

  return {
    /**
     * Somebody over whom the sender is an administrator with every post they hold: who also holds one elsewhere or
     * above is not theirs to sign out or to lock out. Whoever holds none is the highest administrator's. Throws
     * `not_found` for anybody else.
     */
    under: (sender: string, person: string): Actor => {
      const [actor, other] = [directory.actor(sender), directory.actor(person)];
      if (actor === undefined || other === undefined || !isUnder(actor, other)) throw new AppError('not_found');
      return other;
    },

    /** How many besides these could do the same. */
    othersOver: (person: string, besides: string): number => {
      const other = directory.actor(person);
      const admins = new Set([...directory.posts()].filter(({ role }) => role === 'admin').map((post) => post.person));
      const rest = [...admins].filter((one) => one !== person && one !== besides);
      return rest.filter((one) => {
        const actor = directory.actor(one);
        return actor !== undefined && other !== undefined && isUnder(actor, other);
      }).length;
    },
  };
}
