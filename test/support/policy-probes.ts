import type { Action } from '#shared/people/people.policy.ts';
import type { Answer } from './client.ts';
import { newId } from './client.ts';
import type { Hub, Persona, Place } from './policy-cast.ts';
import { aMeeting, write, type Thing, type ThingKind } from './policy-things.ts';

/*
 * How each right is asked for from outside: one probe for every command, query and stream that takes it. What is
 * expected of an answer stands in policy-cells.ts.
 */

/** What one call needs: the thing, who calls, and the hub. */
interface Call {
  thing: Thing;
  who: Persona;
  hub: Hub;
}

export interface Probe {
  /** The row of the contract, or `stream:open`. */
  name: string;
  action: Action;
  /** Whoever lacks `action` and has this is told `forbidden`; undefined: they are told that there is nothing. */
  sees?: Action;
  on: ThingKind;
  /** A call that succeeds uses the thing up. */
  once?: true;
  /** The thing has to name who asks. */
  make?: (hub: Hub, place: Place, who: Persona) => Promise<Partial<Thing>>;
  input: (call: Call) => object | Promise<object>;
  /** Streams a call writes on; that of the thing unless told. Queries write on none. */
  writes?: (input: { id: string }, thing: Thing) => string;
  /** A refusal that only somebody with the right hears. */
  passes?: string;
  /** A question about many things, answered to everybody: whether this thing is among the answers. */
  shows?: (answer: Answer, thing: Thing) => boolean;
  /** Whoever has the right in their own unit may ask about one above: they are shown what of it lies with them. */
  fromBelow?: true;
}

const DAY = 24 * 3600_000;
const soon = (days: number): string => new Date(Date.now() + days * DAY).toISOString();
let days = 90;
/** A day no other call has named: two posts of one kind may not overlap. */
function dayOff(): { from: string; until: string } {
  days += 2;
  return { from: soon(days), until: soon(days + 1) };
}
const unique = (): string => newId().slice(-12);
/** Nobody's favourite password, and nobody's name. */
const phrase = (): string => `${unique()}-${unique()}`;
const made = (kind: string) => (input: { id: string }) => `${kind}:${input.id}`;
const headOf = ({ hub, thing }: Call): Promise<number> => hub.head(thing.stream);
const matePlace = (place: Place): string => `mate-${place}`.toLowerCase();
const mate = ({ hub, thing }: Call): string =>
  hub.app.app.features.directory.withLogin(matePlace(thing.place))?._id ?? '';
const clerk = ({ hub }: Call): string => hub.app.app.features.directory.withLogin('clerk')?._id ?? '';

const onPerson = (input: { id: string }): string => `person:${(input as { id: string; person: string }).person}`;

/** Somebody who was enrolled in a unit and holds no post: what is done to them disturbs nobody else. */
async function aNewcomer(hub: Hub, place: Place): Promise<Partial<Thing>> {
  const { directory, people } = hub.app.app.features;
  const root = directory.actor(directory.withLogin('demo-root')?._id ?? '');
  if (root === undefined) throw new Error('nobody enrols');
  const id = newId();
  await people.enrolHashed(root, hub.unit(place), { id, login: unique(), name: '新人', hash: 'none' });
  return { id, stream: `person:${id}` };
}

const staff: Probe[] = [
  { name: 'people:staff', action: 'person.suspend', on: 'unit', input: ({ thing }) => ({ unit: thing.unit }) },
  {
    ...{ name: 'people:suspend', action: 'person.suspend', on: 'unit', make: aNewcomer },
    input: ({ thing }) => ({ id: newId(), person: thing.id, reason: '离岗' }),
  },
  {
    ...{ name: 'people:reactivate', action: 'person.suspend', on: 'unit', passes: 'people.already_so' },
    input: (call) => ({ id: newId(), person: mate(call), reason: '返岗' }),
  },
  {
    ...{ name: 'people:erase', action: 'person.erase', on: 'unit', make: aNewcomer, passes: 'people.not_asked' },
    input: ({ thing }) => ({ id: newId(), person: thing.id }),
  },
  {
    ...{ name: 'people:reset-password', action: 'user.reset', on: 'unit', writes: onPerson },
    input: (call) => ({ id: newId(), person: mate(call), password: phrase() }),
  },
  { name: 'people:means', action: 'user.reset', on: 'unit', input: (call) => ({ person: mate(call) }) },
  {
    ...{ name: 'people:reset-factor', action: 'user.reset', on: 'unit', writes: onPerson },
    passes: 'people.already_so', // nobody here has a second factor to lose
    input: (call) => ({ id: newId(), person: mate(call), reason: '手机丢失' }),
  },
  {
    ...{ name: 'people:alike', action: 'appointment.create', on: 'unit' },
    input: ({ thing }) => ({ unit: thing.unit, name: '新人' }),
  },
  ...['people:confirm-reset', 'people:decline-reset'].map((name): Probe => ({
    ...{ name, action: 'user.reset', on: 'unit', writes: onPerson },
    passes: 'people.nothing_to_confirm',
    input: (call) => ({ id: newId(), person: mate(call), reset: newId() }),
  })),
  {
    ...{ name: 'people:give-code', action: 'user.reset', on: 'unit', writes: onPerson },
    passes: 'people.nothing_to_confirm', // in the demo no post waits for a code
    input: (call) => ({ id: newId(), person: mate(call) }),
  },
  {
    ...{ name: 'people:end-sessions', action: 'user.reset', on: 'unit', writes: onPerson },
    input: (call) => ({ id: newId(), person: mate(call) }),
  },
  { name: 'people:waiting', action: 'appointment.create', on: 'unit', input: ({ thing }) => ({ unit: thing.unit }) },
  { name: 'people:roster', action: 'appointment.create', on: 'unit', input: ({ thing }) => ({ unit: thing.unit }) },
];

const units: Probe[] = [
  { name: 'people:coverage', action: 'unit.read', on: 'unit', input: ({ thing }) => ({ unit: thing.unit }) },
  {
    ...{ name: 'people:rename-unit', action: 'unit.create', on: 'unit' },
    input: ({ thing }) => ({ id: newId(), unit: thing.unit, name: `新名${unique()}` }),
  },
  {
    ...{ name: 'people:close-unit', action: 'unit.create', on: 'unit', passes: 'people.bad_successor' },
    input: ({ thing }) => ({ id: newId(), unit: thing.unit, successors: [newId()], reason: '合并' }),
  },
  { name: 'people:members', action: 'unit.read', on: 'unit', input: ({ thing }) => ({ unit: thing.unit }) },
  {
    ...{ name: 'people:create-unit', action: 'unit.create', on: 'unit', writes: made('unit') },
    input: ({ thing }) => ({ id: newId(), parent: thing.unit, code: unique(), name: '一网格', level: 'grid' }),
  },
  {
    ...{ name: 'people:enrol', action: 'appointment.create', on: 'unit', writes: made('person') },
    input: ({ thing }) => ({ id: newId(), unit: thing.unit, login: unique(), name: '新人', password: phrase() }),
  },
  {
    ...{ name: 'people:appoint', action: 'appointment.create', on: 'unit' },
    input: (call) => ({ id: newId(), unit: call.thing.unit, person: clerk(call), role: 'worker', ...dayOff() }),
  },
  {
    ...{ name: 'people:confirm', action: 'appointment.create', on: 'unit', passes: 'people.nothing_to_confirm' },
    input: ({ thing }) => ({ id: newId(), unit: thing.unit, appointment: newId() }),
  },
  {
    ...{ name: 'people:end', action: 'appointment.create', on: 'unit', passes: 'people.no_such_appointment' },
    input: ({ thing }) => ({ id: newId(), unit: thing.unit, appointment: newId() }),
  },
  {
    ...{ name: 'people:delegate', action: 'delegation.create', on: 'unit' },
    writes: onPerson,
    input: (call) => {
      const dated = { from: soon(1), until: soon(2), reason: '外出' };
      return { id: newId(), unit: call.thing.unit, person: mate(call), ...dated };
    },
  },
];

/** A message that was written by whoever asks, in a better time. */
const own = async ({ hub, thing, who }: Call) => ({
  ...{ id: newId(), room: thing.id },
  seq: await write(hub, thing.stream, { type: 'posted', data: { text: '通知' }, actor: who.person }),
});

const rooms: Probe[] = [
  {
    ...{ name: 'forum:create', action: 'room.create', sees: 'unit.read', on: 'unit', writes: made('room') },
    input: ({ thing }) => ({ id: newId(), unit: thing.unit, title: '新群', kind: 'open' }),
  },
  ...(['room', 'wide'] as const).flatMap((on): Probe[] => {
    const seen = { sees: 'room.read', on } as const;
    return [
      {
        ...{ name: 'forum:post', action: 'message.post', ...seen },
        input: ({ thing }) => ({ id: newId(), room: thing.id, text: '收到' }),
      },
      {
        ...{ name: 'forum:react', action: 'message.react', ...seen },
        input: ({ thing }) => ({ id: newId(), room: thing.id, seq: thing.seq, emoji: '👍', on: true }),
      },
      {
        ...{ name: 'forum:edit', action: 'message.edit', ...seen },
        input: async (call) => ({ ...(await own(call)), text: '更正' }),
      },
      { ...{ name: 'forum:retract', action: 'message.edit', ...seen }, input: own },
      { ...{ name: 'forum:messages', action: 'room.read', ...seen }, input: ({ thing }) => ({ room: thing.id }) },
    ];
  }),
  {
    ...{ name: 'forum:post', action: 'announce.post', sees: 'room.read', on: 'announce' },
    input: ({ thing }) => ({ id: newId(), room: thing.id, text: '通知' }),
  },
  ...(['room', 'wide'] as const).map((on): Probe => ({
    ...{ name: 'forum:retract', action: 'message.remove', sees: 'room.read', on, once: true },
    input: ({ thing }) => ({ id: newId(), room: thing.id, seq: thing.seq, reason: '与工作无关' }),
  })),
  {
    ...{ name: 'forum:mark-read', action: 'room.read', on: 'room' },
    input: ({ thing }) => ({ room: thing.id, seq: 1 }),
  },
  {
    ...{ name: 'forum:search', action: 'room.read', on: 'room' },
    input: ({ thing }) => ({ q: '停水', room: thing.id }),
  },
  {
    ...{ name: 'forum:alike', action: 'room.create', on: 'unit' },
    input: ({ thing }) => ({ unit: thing.unit, title: '社区工作群' }),
  },
  {
    ...{ name: 'forum:rooms', action: 'room.read', on: 'room' },
    input: ({ thing }) => ({ unit: thing.unit }),
    shows: ({ rooms: shown }, { id }) => (shown as { id: string }[]).some((room) => room.id === id),
  },
  {
    ...{ name: 'forum:invite', action: 'room.member.add', sees: 'audit.read', on: 'members', once: true },
    input: (call) => ({ id: newId(), room: call.thing.id, person: clerk(call) }),
  },
  {
    ...{ name: 'forum:remove', action: 'room.member.remove', sees: 'audit.read', on: 'members', once: true },
    input: (call) => ({ id: newId(), room: call.thing.id, person: mate(call), reason: '调岗' }),
  },
];

const minutes: Probe[] = [
  {
    ...{ name: 'minutes:create', action: 'meeting.create', sees: 'unit.read', on: 'unit', writes: made('meeting') },
    input: ({ thing }) => ({ id: newId(), unit: thing.unit, title: '例会', body: 'committee', startsAt: soon(1) }),
  },
  {
    ...{ name: 'minutes:add-item', action: 'minutes.edit', sees: 'minutes.read', on: 'meeting' },
    input: ({ thing }) => ({ id: newId(), meeting: thing.id, title: '议题' }),
  },
  {
    ...{ name: 'minutes:set-attendance', action: 'meeting.record', sees: 'minutes.read', on: 'meeting', once: true },
    input: (call) => ({ id: newId(), meeting: call.thing.id, person: mate(call), status: 'present', expected: 0 }),
  },
  {
    ...{ name: 'minutes:submit', action: 'minutes.submit', sees: 'minutes.read', on: 'meeting', once: true },
    input: async (call) => ({ id: newId(), meeting: call.thing.id, expected: await headOf(call) }),
  },
  {
    ...{ name: 'minutes:send-back', action: 'minutes.submit', sees: 'minutes.read', on: 'reviewed', once: true },
    input: async (call) => ({ id: newId(), meeting: call.thing.id, expected: await headOf(call) }),
  },
  {
    ...{ name: 'minutes:sign', action: 'minutes.sign', sees: 'minutes.read', on: 'meeting', once: true },
    make: (hub, place, who) => aMeeting(hub, place, who.person),
    input: async (call) => {
      const { id: meeting, hash: contentHash } = call.thing;
      return { id: newId(), meeting, contentHash, expected: await headOf(call) };
    },
  },
  {
    ...{ name: 'minutes:list', action: 'minutes.read', sees: 'unit.read', on: 'unit' },
    input: ({ thing }) => ({ unit: thing.unit }),
  },
  { name: 'minutes:view', action: 'minutes.read', on: 'meeting', input: ({ thing }) => ({ meeting: thing.id }) },
];

const streams: Probe[] = (
  [
    ['unit', 'unit.read'],
    ['room', 'room.read'],
    ['wide', 'room.read'],
    ['members', 'audit.read'],
    ['meeting', 'minutes.read'],
    ['flagged', 'incident.read'],
    ['drafted', 'incident.read'],
  ] as const
).flatMap(([on, action]): Probe[] => {
  const probe = { action, on } as const;
  return [
    { name: 'stream:open', ...probe, input: ({ thing }) => ({ stream: thing.stream, have: 0 }) },
    { name: 'stream:range', ...probe, input: ({ thing }) => ({ stream: thing.stream, from: 1, to: 5 }) },
  ];
});

const audit: Probe[] = [
  ...(['unit', 'room', 'meeting', 'flagged', 'drafted'] as const).map((on): Probe => ({
    ...{ name: 'audit:stream', action: 'audit.read', on },
    input: ({ thing }) => ({ stream: thing.stream }),
  })),
  ...(
    [
      ['unit', 'unit'],
      ['room', 'room'],
      ['meeting', 'meeting'],
      ['flagged', 'incident'],
      ['drafted', 'response'],
    ] as const
  ).map(([on, kind]): Probe => ({
    ...{ name: 'audit:streams', action: 'audit.read', on },
    input: ({ thing }) => ({ unit: thing.unit, kind }),
  })),
];

export const PROBES_OF_UNITS: readonly Probe[] = [...units, ...staff, ...rooms, ...minutes, ...streams, ...audit];
