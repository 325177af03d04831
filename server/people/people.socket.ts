import type { Caller } from '#server/platform/caller.ts';
import type { peopleTable } from '#shared/people/people.schema.ts';
import type { Bindings } from '#shared/wire/define.ts';
import type { PeopleService } from './people.service.ts';

export function peopleBindings(people: PeopleService): Bindings<typeof peopleTable, Caller> {
  return {
    me: ({ actor }) => Promise.resolve(people.me(actor)),
    units: () => Promise.resolve(people.units()),
    cards: (_, { ids }) => Promise.resolve(people.cards(ids.split(','))),
    members: async ({ actor }, { unit }) => Promise.resolve(people.members(actor, unit)),
    'create-unit': ({ actor }, input) => people.createUnit(actor, input),
    enrol: ({ actor }, input) => people.enrol(actor, input),
    appoint: ({ actor }, input) => people.appoint(actor, input),
    confirm: ({ actor }, input) => people.confirm(actor, input),
    end: ({ actor }, input) => people.end(actor, input),
    delegate: ({ actor }, input) => people.delegate(actor, input),
    accept: ({ actor }, input) => people.accept(actor, input),
  };
}
