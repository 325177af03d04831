import type { Actor, Sender } from '#shared/people/people.rules.ts';
import { may } from '#shared/people/people.rules.ts';
import type { peopleTable } from '#shared/people/people.schema.ts';
import type { unitsTable } from '#shared/people/units.schema.ts';
import { decideClose, decideFound, decideRename } from '#shared/people/units.rules.ts';
import type { InputOf } from '#shared/wire/define.ts';
import { fail } from '#shared/wire/error.ts';
import type { Desk } from './people.desk.ts';

type In<Verb extends keyof typeof unitsTable> = InputOf<(typeof unitsTable)[Verb]>;

/** Units come, change their name and go; nothing of them is deleted. */
export function createUnitsService({ streams, directory, clock, unitFold, allow }: Desk) {
  /** Whoever closes a unit hands it to somebody, so the right is needed on both sides. */
  const mayGive = (actor: Actor, successor: string): boolean =>
    may(actor, 'unit.create', { path: directory.tree.path(successor) }, clock.now());

  return {
    /** One after the other for each code: two units that take it side by side would both be written, for good. */
    createUnit: (
      { person }: Sender,
      { id, parent, code, name, level, from }: InputOf<(typeof peopleTable)['create-unit']>,
    ): Promise<{ seq: number }> =>
      streams.inTurn(`code ${code}`, async () => {
        const unit = { code, name, level, parent, ...(from !== undefined && { from }) };
        const { event } = await unitFold.ask(id, { id, actor: person, input: unit }, (state, actor) => {
          allow(actor, 'unit.create', parent);
          const above = directory.tree.get(parent);
          // Also below one that will close: its successor would find a unit nobody told it of.
          if (above?.until !== undefined) return fail('people.unit_closed');
          const other = directory.unitByCode(code);
          if (other !== undefined && other.id !== id) return fail('people.code_taken');
          return decideFound(state, unit, above?.level);
        });
        return { seq: event.seq };
      }),

    renameUnit: async ({ person }: Sender, input: In<'rename-unit'>): Promise<{ seq: number }> => {
      const { id, unit, name } = input;
      const { event } = await unitFold.ask(unit, { id, actor: person, input }, (state, actor) => {
        allow(actor, 'unit.create', unit);
        return decideRename(state, name, clock.now());
      });
      return { seq: event.seq };
    },

    closeUnit: async ({ person }: Sender, input: In<'close-unit'>): Promise<{ seq: number }> => {
      const { id, unit, successors, reason } = input;
      const { event } = await unitFold.ask(unit, { id, actor: person, input }, (state, actor) => {
        allow(actor, 'unit.create', unit);
        if (!successors.every((successor) => mayGive(actor, successor))) return fail('people.bad_successor');
        const now = clock.now();
        const known = successors.map((successor) => ({
          path: directory.tree.path(successor),
          closes: directory.tree.get(successor)?.until !== undefined,
        }));
        const closing = { at: input.at ?? now.toISOString(), successors, reason };
        return decideClose(state, closing, { unit, successors: known, now });
      });
      return { seq: event.seq };
    },
  };
}
