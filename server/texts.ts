import type { IncomingMessage } from 'node:http';
import type { Actor } from '#shared/people/people.rules.ts';
import { DOCUMENTS } from '#shared/people/ways.policy.ts';
import type { DataOf } from '#shared/responses/responses.events.ts';
import { derivedId } from '#shared/wire/ids.ts';
import { parseStream, type StreamEvent } from '#shared/wire/stream.ts';
import type { Floor } from './app.ts';
import type { Incidents, People } from './features.ts';
import { createMinutes } from './minutes/minutes.parts.ts';
import type { OpenLine } from './platform/caller.ts';
import { sha256 } from './platform/crypto.ts';
import { cookieName, readCookie } from './platform/origin.ts';
import { loadSigner } from './platform/signing.ts';
import { createResponses } from './responses/responses.parts.ts';
import type { DocAccess, DocRef } from './ydocs/ydocs.port.ts';
import { createYDocs } from './ydocs/ydocs.service.ts';

type Published = DataOf<'published'>;
type OwnerKind = keyof typeof DOCUMENTS;

export type Texts = Awaited<ReturnType<typeof buildTexts>>;

/** Documents and the two features that own them. */
export async function buildTexts(
  floor: Floor,
  { directory, people, sessions }: People,
  near: { incidents: Incidents; origins: () => readonly string[]; rightsVersion: () => number },
) {
  const { clock, config, db, streams, consumers, log } = floor;
  const { incidents, origins } = near;
  const units = directory.tree;
  const cardOf = (person: string) => directory.card(person, clock.now());
  const owners: Partial<Record<OwnerKind, (actor: Actor, ref: DocRef) => Promise<DocAccess | undefined>>> = {};
  const access = async (actor: Actor, ref: DocRef): Promise<DocAccess | undefined> => {
    const kind = parseStream(ref.owner)?.kind;
    return kind !== undefined && kind in DOCUMENTS ? owners[kind as OwnerKind]?.(actor, ref) : undefined;
  };
  const lines = new WeakMap<IncomingMessage, OpenLine>(); // by the request that opened each
  const docs = await createYDocs({
    streams,
    db,
    clock,
    log,
    callerOf: async (request, isUse) => {
      const line = lines.get(request);
      if (line !== undefined) return sessions.again(line, isUse);
      const secret = readCookie(request, cookieName(origins()));
      const caller = secret === undefined ? undefined : await sessions.caller(secret);
      if (caller !== undefined)
        lines.set(request, { person: caller.actor.person, session: caller.session, key: caller.key });
      return caller;
    },
    access,
    rightsVersion: near.rightsVersion,
    cardOf: (person) => cardOf(person) ?? { name: '', role: null },
    limited: config.limits === 'normal',
  });

  const signer = await loadSigner(config.secrets);
  const minutes = await createMinutes({ db, streams, docs, units, clock, signer, actorOf: directory.actor });
  owners.meeting = (actor, { id, owner }) => minutes.service.docAccess(actor, parseStream(owner)?.id ?? '', id);

  const responses = await createResponses({
    db,
    streams,
    docs,
    around: {
      incidents: {
        factsOf: async (id) => {
          // What another process was told of the facts, or of who may speak, counts before anything goes out on them.
          await streams.hear(`incident:${id}`);
          await streams.current?.();
          return factsFor(incidents, id);
        },
        mayOn: incidents.mayOn,
      },
      units,
      actorOf: directory.actor,
      cardOf: (person) => {
        const card = cardOf(person);
        return card && { name: card.name, post: card.post, unitName: units.get(card.unit)?.name ?? '' };
      },
      joinedTo: (person) => directory.joinedTo(person, clock.now()),
      clock,
    },
    settled: consumers.settled,
    log,
  });
  owners.response = responses.docAccess;

  for (const consumer of [...minutes.consumers, ...responses.consumers]) consumers.add(consumer);
  consumers.add({ name: 'responses → incidents', kinds: ['response'], handle: answerIncidents(incidents) });
  consumers.add({
    name: 'responses → inboxes',
    kinds: ['response'],
    handle: async (events) => {
      for (const event of events) {
        for (const { person, source, draft } of await responses.followUps(event))
          await people.notify(person, source, draft);
      }
    },
  });
  consumers.add({
    name: 'meetings → documents',
    kinds: ['meeting'],
    handle: async (events) => {
      // What may be done with a text follows the state of the meeting it belongs to.
      const ids = new Set(events.map(({ stream }) => derivedId(sha256, parseStream(stream)?.id ?? '', 'doc')));
      await docs.recheck(({ doc }) => ids.has(doc));
    },
  });
  /** For who reads the whole log of a document: the right to what it belongs to. */
  const mayReadDoc = async (actor: Actor, id: string): Promise<boolean> => {
    const [first] = await streams.read(`doc:${id}`, 1, 1, 1);
    const { owner } = (first?.data ?? {}) as { owner?: string };
    return owner !== undefined && (await access(actor, { id, owner })) !== undefined;
  };
  return { docs, minutes, responses, signer, mayReadDoc, owners };
}

/** An incident as a response asks for it. */
async function factsFor(incidents: Incidents, id: string) {
  const facts = await incidents.factsOf(id);
  if (facts === undefined) return undefined;
  const { answers, lead, ...rest } = facts;
  const text = (lines: readonly string[]): string | null => (lines.length === 0 ? null : lines.join('\n'));
  const said = { known: text(answers.known), unknown: text(answers.unknown), doing: text(answers.doing) };
  return { ...rest, incident: id, lead: lead?.person ?? null, ...said };
}

/** A published response stops its incident's clocks. */
const answerIncidents = (incidents: Incidents) => async (events: readonly StreamEvent[]) => {
  for (const event of events) {
    if (event.type !== 'published') continue;
    const { incident, n, kind, code, nextAt, spokenBy } = event.data as Published;
    const response = parseStream(event.stream)?.id ?? '';
    const { id: source, at } = event;
    const actor = spokenBy.person; // the hub publishes what was set for a moment, but it is a person who answers
    const next = nextAt === undefined ? {} : { nextAt };
    await incidents.noteResponse({ source, actor, incident, response, revision: n, kind, at, code, ...next });
  }
};
