import type { Role } from '#shared/people/people.policy.ts';
import { inForce, type Actor, type Sender } from '#shared/people/people.rules.ts';
import type { delegationsTable, DelegationState, DelegationView } from '#shared/people/delegations.schema.ts';
import { decideDelegate } from '#shared/people/delegations.rules.ts';
import type { InputOf } from '#shared/wire/define.ts';
import { fail } from '#shared/wire/error.ts';
import type { Desk } from './people.desk.ts';
import type { DelegationRow } from './people.model.ts';

type In<Verb extends keyof typeof delegationsTable> = InputOf<(typeof delegationsTable)[Verb]>;

/** Acting for a spokesperson: asked for, answered, taken back. All of it on the stream of whoever was asked. */
export function createDelegationsService({ directory, clock, personFold, allow }: Desk) {
  function rolesIn(person: string, unit: string): Role[] {
    const held = directory.actor(person)?.appointments ?? [];
    return held.filter((post) => post.unit === unit && inForce(post, clock.now())).map((post) => post.role);
  }

  const isOver = ({ until }: DelegationRow): boolean => !(clock.now().getTime() < Date.parse(until));

  function stateOf(row: DelegationRow): DelegationState {
    if (row.ended !== undefined) return row.how === 'declined' && row.accepted ? 'stopped' : (row.how ?? 'revoked');
    if (isOver(row)) return 'over';
    if (!row.accepted) return 'asked';
    const isRunning = directory
      .actor(row.person)
      ?.delegations.some(
        (held) => held.principal === row.principal && held.unit === row.unit && inForce(held, clock.now()),
      );
    if (isRunning === true) return 'running';
    // Its time has come, but a post it rests on has not, or not any more.
    return clock.now().getTime() < Date.parse(row.from) ? 'ahead' : 'over';
  }

  function toView(row: DelegationRow): DelegationView {
    const { _id, principal, person, unit, from, until, reason = '' } = row;
    return { id: _id, principal, person, unit, from, until, reason, state: stateOf(row) };
  }

  /** One word about a delegation, in the turn of whoever was asked: of two words the first one counts. */
  async function say(
    { person }: Sender,
    input: { id: string; delegation: string },
    { type, isTheirs }: { type: string; isTheirs: (row: DelegationRow) => boolean },
  ): Promise<{ seq: number }> {
    const asked = directory.delegation(input.delegation)?.person ?? person;
    const { event } = await personFold.ask(asked, { id: input.id, actor: person, input }, () => {
      const row = directory.delegation(input.delegation);
      const isOpen = row !== undefined && row.ended === undefined && !isOver(row) && isTheirs(row);
      return isOpen ? { type, data: { delegation: input.delegation } } : fail('people.no_such_delegation');
    });
    return { seq: event.seq };
  }

  return {
    delegate: async (sender: Sender, input: In<'delegate'>): Promise<{ seq: number }> => {
      const { id, unit, person, from, until, reason } = input;
      const { event } = await personFold.ask(person, { id, actor: sender.person, input }, (_, actor) => {
        allow(actor, 'delegation.create', unit);
        if (directory.tree.get(unit)?.closed === true) return fail('people.unit_closed');
        if ((directory.delegation(id)?.person ?? person) !== person) return fail('id_reused');
        const delegation = { delegation: id, principal: actor.person, unit, from, until, reason };
        return decideDelegate(delegation, { person, roles: rolesIn(person, unit), now: clock.now() });
      });
      return { seq: event.seq };
    },

    accept: (sender: Sender, input: In<'accept'>): Promise<{ seq: number }> =>
      say(sender, input, {
        type: 'people.accepted',
        isTheirs: (row) => row.person === sender.person && !row.accepted,
      }),

    decline: (sender: Sender, input: In<'decline'>): Promise<{ seq: number }> =>
      say(sender, input, { type: 'people.declined', isTheirs: (row) => row.person === sender.person }),

    revoke: (sender: Sender, input: In<'revoke'>): Promise<{ seq: number }> =>
      say(sender, input, { type: 'people.revoked', isTheirs: (row) => row.principal === sender.person }),

    delegations: ({ person }: Actor): { delegations: DelegationView[] } => {
      const own = [...directory.delegations()].filter((row) => row.person === person || row.principal === person);
      const key = (row: DelegationRow): string => `${row.from} ${row._id}`;
      return { delegations: own.sort((a, b) => (key(a) < key(b) ? 1 : -1)).map(toView) };
    },
  };
}
