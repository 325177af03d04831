import { newId } from './client.ts';
import type { Hub, Persona } from './policy-cast.ts';
import { PROBES_OF_UNITS, type Probe } from './policy-probes.ts';
import { write, type Thing, type ThingKind } from './policy-things.ts';

/* Probes of concerns and of their responses: who may read the concern hears `forbidden`, all others `not_found`. */

const sees = 'incident.read' as const;
type Given = Parameters<Probe['input']>[0];

const onIncident =
  (more: (call: Given) => object): Probe['input'] =>
  async (call) => ({
    ...{ id: newId(), incident: call.thing.id, expected: await call.hub.head(call.thing.stream) },
    ...more(call),
  });

const clerk = (hub: Hub): string => hub.app.app.features.directory.withLogin('clerk')?._id ?? '';

/** Whoever asks leads the concern, by an assignment that stands on its stream. */
async function lead(hub: Hub, incident: string, who: Persona): Promise<void> {
  const data = { lead: who.person, accepted: true };
  await write(hub, `incident:${incident}`, { type: 'assigned', data, actor: who.person });
}

const concerns: Probe[] = [
  {
    ...{ name: 'incidents:flag', action: 'incident.flag', sees: 'unit.read', on: 'unit' },
    input: ({ thing }) => ({ id: newId(), unit: thing.unit, title: '停电', what: '五号院停电' }),
    writes: ({ id }) => `incident:${id}`,
  },
  {
    ...{ name: 'incidents:similar', action: 'incident.flag', sees: 'unit.read', on: 'unit' },
    input: ({ thing }) => ({ unit: thing.unit, text: '停电' }),
  },
  {
    ...{ name: 'incidents:feed', action: 'incident.read', sees: 'unit.read', on: 'unit', fromBelow: true },
    input: ({ thing }) => ({ unit: thing.unit, limit: 5 }),
  },
  {
    ...{ name: 'incidents:view', action: 'incident.read', on: 'flagged' },
    input: ({ thing }) => ({ incident: thing.id }),
  },
  {
    ...{ name: 'incidents:triage', action: 'incident.triage', sees, on: 'flagged', once: true },
    input: onIncident(({ thing }) => {
      const graded = { severity: 'III', category: 'livelihood', verification: 'unverified' };
      return { communities: [thing.unit], ...graded };
    }),
  },
  {
    ...{ name: 'incidents:regrade', action: 'incident.triage', sees, on: 'triaged', once: true },
    input: onIncident(() => ({ severity: 'II', why: '影响扩大' })),
  },
  {
    ...{ name: 'incidents:verify', action: 'incident.triage', sees, on: 'triaged', once: true },
    input: onIncident(() => ({ verification: 'corroborated' })),
  },
  {
    ...{ name: 'incidents:dismiss', action: 'incident.triage', sees, on: 'flagged', once: true },
    input: onIncident(() => ({ reason: 'test' })),
  },
  {
    ...{ name: 'incidents:assign', action: 'incident.assign', sees, on: 'triaged', once: true },
    input: onIncident(({ hub }) => ({ lead: clerk(hub) })),
  },
  {
    ...{ name: 'incidents:accept', action: 'incident.assign', sees, on: 'triaged', once: true },
    input: onIncident(() => ({})),
  },
  {
    ...{ name: 'incidents:resolve', action: 'incident.assign', sees, on: 'triaged', once: true },
    passes: 'incidents.not_answered',
    input: async (call) => {
      await lead(call.hub, call.thing.id, call.who);
      return onIncident(() => ({}))(call);
    },
  },
  {
    ...{ name: 'incidents:report', action: 'incident.flag', sees, on: 'flagged' },
    input: ({ thing }) => ({ id: newId(), incident: thing.id, unit: thing.unit, text: '还没来水' }),
  },
  {
    ...{ name: 'incidents:note', action: 'incident.note', sees, on: 'flagged' },
    input: ({ thing }) => ({ id: newId(), incident: thing.id, text: '已派人' }),
  },
];

/** One step on a response in the state in which it can be taken. */
const step = (
  verb: string,
  action: Probe['action'],
  on: ThingKind,
  more: (thing: Thing) => object = () => ({}),
): Probe => ({
  ...{ name: `responses:${verb}`, action, sees, on, once: true },
  input: async ({ hub, thing }) => {
    const { id: response, stream } = thing;
    return { id: newId(), response, expected: await hub.head(stream), ...more(thing) };
  },
});

const hashOf = ({ hash }: Thing): object => ({ contentHash: hash });

const unschedule = step('unschedule', 'response.unschedule', 'scheduled');

const responses: Probe[] = [
  {
    ...{ name: 'responses:draft', action: 'response.draft', sees, on: 'flagged' },
    input: ({ thing }) => ({ id: newId(), incident: thing.id, kind: 'holding' }),
    writes: ({ id }) => `response:${id}`,
  },
  step('submit', 'response.draft', 'drafted'),
  step('reopen', 'response.draft', 'submitted'),
  step('reopen', 'response.withdraw', 'withdrawing'),
  step('return', 'response.return', 'submitted', () => ({ comment: '请补充' })),
  step('approve', 'response.approve', 'submitted', hashOf),
  step('approve', 'response.approve', 'withdrawing', hashOf),
  step('publish', 'response.publish', 'approved'),
  {
    ...unschedule,
    input: async (call) => {
      // Of an officer's posts it is only the lead's that counts; everybody leads, so that the post alone decides.
      await lead(call.hub, call.thing.incident, call.who);
      return unschedule.input(call);
    },
  },
  step('correct', 'response.correct', 'published', () => ({ class: 'typo' })),
  step('withdraw', 'response.withdraw', 'published', () => ({ reason: '有误' })),
  {
    ...{ name: 'responses:view', action: 'incident.read', on: 'drafted' },
    input: ({ thing }) => ({ response: thing.id }),
  },
  {
    ...{ name: 'responses:list', action: 'incident.read', on: 'flagged' },
    input: ({ thing }) => ({ incident: thing.id }),
  },
];

export const PROBES: readonly Probe[] = [...PROBES_OF_UNITS, ...concerns, ...responses];
