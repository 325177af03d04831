import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import express from 'express';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import * as Y from 'yjs';
import { mayAny, type Actor } from '#shared/people/people.rules.ts';
import { uuidv7 } from '#shared/wire/ids.ts';
import { createCheckpointsModel } from '#server/platform/consume.model.ts';
import { createConsumers } from '#server/platform/consume.ts';
import { newId } from '#server/platform/crypto.ts';
import { openStore } from '#server/platform/store.ts';
import { createEventsModel } from '#server/platform/streams.model.ts';
import { createStreams } from '#server/platform/streams.ts';
import type { Documents } from '#server/responses/responses.drafts.ts';
import type { IncidentRead } from '#server/responses/responses.incident.ts';
import { createResponses } from '#server/responses/responses.parts.ts';
import { publicRoutes } from '#server/responses/responses.routes.ts';
import { actorOf, CAST, HOOD, pathOf, STREET, UNITS, type Person } from './response-cast.ts';
import { storeAt } from './store-url.ts';

/* The responses feature on a real store, with the incident, the documents and the people in the test's hand. */

/** Documents as the hub keeps them, in memory; `sealed` refuses a write as the real ones do. */
function createDocuments() {
  const docs = new Map<string, { doc: Y.Doc; sealed: boolean; writers: Set<string> }>();
  const get = (id: string) => {
    const found = docs.get(id);
    if (found === undefined) throw new Error(`no document ${id}`);
    return found;
  };
  const store = { isDown: false };
  const port: Documents = {
    create: (id, seed) => {
      if (store.isDown) return Promise.reject(new Error('the store is down'));
      if (!docs.has(id)) {
        const doc = new Y.Doc();
        Y.applyUpdate(doc, seed);
        docs.set(id, { doc, sealed: false, writers: new Set() });
      }
      return Promise.resolve();
    },
    seal: (id) => {
      const entry = get(id);
      entry.sealed = true;
      return Promise.resolve({ update: Y.encodeStateAsUpdate(entry.doc), contributors: [...entry.writers] });
    },
    unseal: (id) => {
      get(id).sealed = false;
      return Promise.resolve();
    },
    isLeftSealed: (id) => Promise.resolve(get(id).sealed),
    recheck: () => Promise.resolve(),
  };
  return {
    port,
    store,
    isSealed: (id: string): boolean => get(id).sealed,
    /** Writes a line under a heading, as somebody in an editor; false where the document refuses. */
    write: (id: string, person: Person, heading: string, words: string): boolean => {
      const { doc, sealed, writers } = get(id);
      if (sealed) return false;
      writers.add(actorOf(person).person);
      const body = doc.getXmlFragment('body');
      const nodes = body.toArray() as Y.XmlElement[];
      const at = nodes.findIndex(
        (node) => node.nodeName === 'heading' && JSON.stringify(node.toJSON()).includes(heading),
      );
      const line = new Y.XmlElement('paragraph');
      line.insert(0, [new Y.XmlText(words)]);
      body.insert(at + 1, [line]);
      return true;
    },
    /** Its lines from top to bottom. */
    lines: (id: string): string[] =>
      (get(id).doc.getXmlFragment('body').toArray() as Y.XmlElement[]).map((node) =>
        node
          .toArray()
          .map((child) => JSON.parse(JSON.stringify(child.toJSON())) as string)
          .join(''),
      ),
    replaceAll: (id: string, words: readonly string[]): void => {
      const body = get(id).doc.getXmlFragment('body');
      body.delete(0, body.length);
      const lines = words.map((text) => {
        const line = new Y.XmlElement('paragraph');
        line.insert(0, [new Y.XmlText(text)]);
        return line;
      });
      body.insert(0, lines);
    },
  };
}

/** A clock in the test's hand. */
interface Ticking {
  at: number;
  now: () => Date;
}
function ticking(): Ticking {
  const clock = { at: Date.parse('2026-11-22T06:20:00Z'), now: () => new Date(clock.at) };
  return clock;
}

interface Options {
  folder?: string;
  documents?: ReturnType<typeof createDocuments>;
  incident?: Partial<IncidentRead>;
  clock?: Ticking;
}

/** Starts the feature; the store is removed when the test is over, unless it was handed in. */
export async function startResponses(options: Options = {}) {
  const folder = options.folder ?? (await mkdtemp(path.join(tmpdir(), 'linli-responses-')));
  const documents = options.documents ?? createDocuments();
  const clock = options.clock ?? ticking();
  const incident: IncidentRead = {
    incident: newId(),
    code: 'I-7K3M9-Q2TX4',
    title: '金马街 3 号院至 6 号院停水',
    exercise: false,
    open: true,
    severity: 'III',
    category: 'livelihood',
    verification: 'verified',
    factVersion: 2,
    leadUnit: STREET.id,
    lead: null,
    affectedPaths: [pathOf(HOOD.id)],
    known: '泵房电缆烧毁，612 户停水',
    unknown: null,
    doing: null,
    authors: [],
    ...options.incident,
  };
  const lapsed = new Set<Actor>(); // whose posts have ended
  const db = await openStore(storeAt(folder));
  const events = createEventsModel(db);
  const streams = createStreams({ model: events, clock });
  await streams.start();
  const log = pino({ level: 'silent' });
  const consumers = createConsumers({ streams, checkpoints: createCheckpointsModel(db), log });
  const scopes = () => [incident.leadUnit, ...incident.affectedPaths.map((one) => one[0] ?? '')];
  /** Who holds other posts in this test than the cast says. */
  const others = new Map<string, Actor>();
  const around = {
    incidents: {
      factsOf: (id: string) => Promise.resolve(id === incident.incident ? { ...incident } : undefined),
      mayOn: (actor: Actor, _id: string, action: Parameters<typeof mayAny>[1]) =>
        Promise.resolve(
          mayAny(
            actor,
            action,
            scopes().map((unit) => ({ path: pathOf(unit) })),
            clock.now(),
          ),
        ),
    },
    units: {
      path: pathOf,
      get: (id: string) => UNITS.find((unit) => unit.id === id),
      subtree: () => [],
      inPlaceOf: () => [],
      takenOver: () => [],
    },
    actorOf: (person: string) =>
      others.get(person) ??
      Object.values(CAST).find(({ actor }) => actor.person === person && !lapsed.has(actor))?.actor,
    cardOf: (person: string) => Object.values(CAST).find((one) => one.actor.person === person)?.card,
    joinedTo: (): string[] => [],
    clock,
  };
  const { settled } = consumers;
  const responses = await createResponses({ db, streams, docs: documents.port, around, settled, log });
  for (const consumer of responses.consumers) consumers.add(consumer);
  await consumers.start();
  responses.schedule.start();
  let closed: Promise<void> | undefined;
  const close = () =>
    (closed ??= (async () => {
      await responses.schedule.stop();
      await consumers.stop();
      await db.close();
    })());
  onTestFinished(async () => {
    await close();
    if (options.folder === undefined) await rm(folder, { recursive: true, force: true });
  });
  return {
    ...responses,
    others,
    db,
    events,
    around,
    lapsed,
    folder,
    documents,
    clock,
    incident,
    streams,
    consumers,
    close,
  };
}
export type ResponseHub = Awaited<ReturnType<typeof startResponses>>;

/** The public pages of a hub on a port of their own; answers are what anybody on the network gets. */
export async function openPublic(hub: ResponseHub, stylesheet = '/styles/public.css') {
  const app = express();
  const unitByCode = (code: string) => UNITS.find((unit) => unit.code === code);
  const origin = (): string => 'https://linli.example';
  app.use('/public', publicRoutes({ model: hub.model, unitByCode, origin, stylesheet, clock: hub.clock }));
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(
    () =>
      new Promise<void>(
        (resolve) =>
          void server.close(() => {
            resolve();
          }),
      ),
  );
  const { port } = server.address() as AddressInfo;
  const get = async (address: string) => {
    const response = await fetch(`http://127.0.0.1:${port}${address}`);
    return { status: response.status, headers: response.headers, body: await response.text() };
  };
  return { get, url: `http://127.0.0.1:${port}` };
}

const id = (): string => uuidv7(Date.now(), crypto.getRandomValues(new Uint8Array(16)));

/** The people of a hub at work on its one incident. */
export function at(hub: ResponseHub) {
  const { service, documents } = hub;
  const seen = async (response: string) => (await service.view(actorOf('officer'), { response })).response;
  const on = async (response: string) => ({ id: id(), response, expected: (await seen(response)).version });
  const steps = {
    seen,
    on,
    draft: (kind: 'holding' | 'statement' | 'update' = 'statement', title?: string) =>
      service.draft(actorOf('spokesperson'), {
        id: id(),
        incident: hub.incident.incident,
        kind,
        ...(title === undefined ? {} : { title }),
      }),
    submit: async (response: string) => service.submit(actorOf('spokesperson'), await on(response)),
    approve: async (response: string, person: Person = 'approver') => {
      const { contentHash } = await seen(response);
      return service.approve(actorOf(person), { ...(await on(response)), contentHash: contentHash ?? '' });
    },
    publish: async (response: string) => service.publish(actorOf('spokesperson'), await on(response)),
    /** Drafted, signed and out. */
    published: async (words = '正在抢修，今晚恢复', kind: 'holding' | 'statement' = 'statement') => {
      const { response, doc } = await steps.draft(kind);
      documents.write(doc, 'officer', '正在做的', words);
      await steps.submit(response);
      await steps.approve(response);
      return { response, ...(await steps.publish(response)) };
    },
    correct: async (
      response: string,
      say: { class: 'typo' | 'clarification' | 'factual' | 'retraction'; wrong?: string; right?: string; why?: string },
    ) => service.correct(actorOf('spokesperson'), { ...(await on(response)), ...say }),
  };
  return steps;
}

/** Every address anybody can ask for, about everything there is. */
export const addresses = (codes: readonly string[]): string[] => [
  '/public',
  '/public?lang=en&text=large',
  '/public/units/qingyang',
  '/public/units/wenshu',
  '/public/units/jinjiang',
  '/public/feed.atom',
  '/public/feed.json',
  '/public/verify',
  ...codes.flatMap((code) => [
    `/public/responses/${code}`,
    `/public/responses/${code}?rev=1`,
    `/public/responses/${code}?rev=2&lang=en`,
    `/public/cap/${code}.xml`,
    `/public/verify?q=${code}`,
  ]),
];

/** Everything anybody can receive, headers included, in one text. */
export async function everything(hub: ResponseHub, codes: readonly string[]): Promise<string> {
  const { get } = await openPublic(hub);
  const answers = await Promise.all(addresses(codes).map(get));
  return answers.map(({ headers, body }) => JSON.stringify([...headers]) + body).join('\n');
}
