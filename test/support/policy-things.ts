import { sha256 } from '#server/platform/crypto.ts';
import type { EventDraft } from '#shared/wire/stream.ts';
import { derivedId } from '#shared/wire/ids.ts';
import { newId } from './client.ts';
import type { Hub, Place } from './policy-cast.ts';

/*
 * Things a right is asked of, each made in the state in which it can be used. Staff make them by commands; only what
 * names a person before anybody asked (whose message, whose signature, who leads) is written to the stream itself.
 */

export interface Thing {
  unit: string;
  place: Place;
  /** Id of the room, meeting, incident or response. */
  id: string;
  /** The stream on which it lives. */
  stream: string;
  /** A message in a room. */
  seq: number;
  hash: string;
  doc: string;
  incident: string;
}

type Make = (hub: Hub, place: Place) => Promise<Partial<Thing>>;

/** Appends as it would have been in a better time for `actor`. */
export async function write(
  hub: Hub,
  stream: string,
  event: EventDraft & { actor: string; id?: string },
): Promise<number> {
  const { streams } = hub.app.app;
  const { type, data, actor, id = newId() } = event;
  return (await streams.inTurn(stream, () => streams.append(stream, { id, type, data, actor }))).seq;
}

const aRoom =
  (facts: { kind: string; audience?: string; people?: readonly string[] }): Make =>
  async (hub, place) => {
    const id = newId();
    const mate = hub.app.app.features.directory.withLogin(`mate-${place}`.toLowerCase())?._id ?? '';
    const { audience = 'unit' } = facts;
    const people = facts.kind === 'members' ? [mate] : [];
    const data = { unit: hub.unit(place), title: '社区工作群', kind: facts.kind, audience, people };
    await write(hub, `room:${id}`, { id, type: 'opened', data, actor: 'system' });
    const seq = await write(hub, `room:${id}`, { type: 'posted', data: { text: '停水通知' }, actor: mate });
    return { id, seq, stream: `room:${id}` };
  };

const flagged: Make = async (hub, place) => {
  const id = newId();
  await hub.run('clerk', 'incidents:flag', { id, unit: hub.unit(place), title: '停水', what: '三号院停水' });
  await hub.run('clerk', 'incidents:note', { id: newId(), incident: id, text: '泵房电缆烧毁', about: 'known' });
  return { id, incident: id, stream: `incident:${id}` };
};

const triaged: Make = async (hub, place) => {
  const made = await flagged(hub, place);
  const expected = await hub.head(made.stream ?? '');
  const graded = { severity: 'III', category: 'livelihood', verification: 'verified' };
  const input = { id: newId(), incident: made.id, expected, communities: [hub.unit(place)], ...graded };
  await hub.run('clerk', 'incidents:triage', input);
  return made;
};

const drafted: Make = async (hub, place) => {
  const { id: incident } = await flagged(hub, place);
  const id = newId();
  const { doc } = await hub.run('clerk', 'responses:draft', { id, incident, kind: 'statement' });
  return { id, incident: incident ?? '', doc: String(doc), stream: `response:${id}` };
};

/** Takes one more step on a response. */
const then =
  (make: Make, login: string, verb: string, more: (made: Partial<Thing>) => object = () => ({})): Make =>
  async (hub, place) => {
    const made = await make(hub, place);
    const expected = await hub.head(made.stream ?? '');
    const input = { id: newId(), response: made.id, expected, ...more(made) };
    const { contentHash } = await hub.run(login, `responses:${verb}`, input);
    return { ...made, ...(typeof contentHash === 'string' && { hash: contentHash }) };
  };

const HOUR = 3600_000;
const submitted = then(drafted, 'clerk', 'submit');
const approved = then(submitted, 'seal', 'approve', ({ hash }) => ({ contentHash: hash }));
const scheduled = then(approved, 'voice', 'publish', () => ({ publishAt: new Date(Date.now() + HOUR).toISOString() }));
const published = then(approved, 'voice', 'publish');
const withdrawing = then(published, 'voice', 'withdraw', () => ({ reason: '有误' }));

/** A meeting that names its signer, whoever that is. */
export async function aMeeting(hub: Hub, place: Place, signer?: string): Promise<Partial<Thing>> {
  const id = newId();
  const doc = derivedId(sha256, id, 'doc');
  const unit = hub.unit(place);
  const creator = hub.app.app.features.directory.withLogin(`local-${place}`.toLowerCase())?._id ?? '';
  const facts = { unit, title: '居委会例会', body: 'committee', startsAt: '2026-11-20T01:00:00.000Z', items: [], doc };
  const data = { ...facts, signer: signer ?? creator };
  await write(hub, `meeting:${id}`, { id, type: 'created', data, actor: creator });
  await hub.app.app.features.minutes.service.ensureDoc(id);
  const view = await hub.run('clerk', 'minutes:view', { meeting: id });
  return { id, doc, stream: `meeting:${id}`, hash: (view['meeting'] as { contentHash: string }).contentHash };
}

const reviewed: Make = async (hub, place) => {
  const made = await aMeeting(hub, place);
  const input = { id: newId(), meeting: made.id, expected: await hub.head(made.stream ?? '') };
  await hub.run(`local-${place}`.toLowerCase(), 'minutes:submit', input);
  return made;
};

export const MAKERS = {
  unit: (hub, place) => Promise.resolve({ id: hub.unit(place), stream: `unit:${hub.unit(place)}` }),
  room: aRoom({ kind: 'open' }),
  wide: aRoom({ kind: 'open', audience: 'subtree' }),
  announce: aRoom({ kind: 'announce', audience: 'subtree' }),
  members: aRoom({ kind: 'members' }),
  meeting: (hub, place) => aMeeting(hub, place),
  reviewed,
  flagged,
  triaged,
  drafted,
  submitted,
  approved,
  scheduled,
  published,
  withdrawing,
} satisfies Record<string, Make>;
export type ThingKind = keyof typeof MAKERS;

/** Things of one hub: `kept` is there for everybody who is refused, `fresh` for one use. */
export function createThings(hub: Hub) {
  const kept = new Map<string, Promise<Thing>>();
  const fresh = async (kind: ThingKind, place: Place): Promise<Thing> => {
    const nothing = { id: '', stream: '', seq: 0, hash: '', doc: '', incident: '' };
    return { ...nothing, unit: hub.unit(place), place, ...(await MAKERS[kind](hub, place)) };
  };
  return {
    fresh,
    kept: (kind: ThingKind, place: Place): Promise<Thing> => {
      const key = `${kind} ${place}`;
      const made = kept.get(key) ?? fresh(kind, place);
      kept.set(key, made);
      return made;
    },
  };
}
export type Things = ReturnType<typeof createThings>;
