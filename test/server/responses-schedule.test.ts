import { describe, expect, it } from 'vitest';
import { evolve, noResponse } from '#shared/responses/responses.rules.ts';
import type { StreamEvent } from '#shared/wire/stream.ts';
import { createFold } from '#server/platform/fold.ts';
import { openStore } from '#server/platform/store.ts';
import { createEventsModel } from '#server/platform/streams.model.ts';
import { createStreams, type Streams } from '#server/platform/streams.ts';
import { createRelease } from '#server/responses/responses.release.ts';
import { eventually } from '../support/client.ts';
import { actorOf, type Person } from '../support/response-cast.ts';
import { at, everything, startResponses, type ResponseHub } from '../support/response-hub.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const eventsOf = (hub: ResponseHub, response: string): Promise<StreamEvent[]> =>
  hub.streams.read(`response:${response}`, 1, 100);
const typesOf = async (hub: ResponseHub, response: string): Promise<string[]> =>
  (await eventsOf(hub, response)).map(({ type }) => type);
const countOf = async (hub: ResponseHub, response: string, type: string): Promise<number> =>
  (await typesOf(hub, response)).filter((one) => one === type).length;

/** A response of this hub, signed and set for two hours from now. */
async function scheduled(hub: ResponseHub, kind: 'holding' | 'statement' = 'statement', hours = 2) {
  const { draft, submit, approve, on } = at(hub);
  const { response, doc, code } = await draft(kind);
  hub.documents.write(doc, 'officer', '正在做的', '今晚恢复供水');
  await submit(response);
  await approve(response);
  const publishAt = new Date(hub.clock.at + hours * HOUR).toISOString();
  const input = { ...(await on(response)), publishAt };
  const answer = await hub.service.publish(actorOf('spokesperson'), input);
  await hub.consumers.settled();
  return { response, doc, code, publishAt, input, answer };
}

const becomes = (hub: ResponseHub, response: string, state: string): Promise<unknown> =>
  eventually(async () => (await at(hub).seen(response)).state === state);

describe('a response with a moment', () => {
  it('goes out by itself when it comes, once, in the name of whoever set it', async () => {
    const hub = await startResponses();
    const { response, code, publishAt, answer } = await scheduled(hub);
    const url = `/public/responses/${code}`;
    expect(answer).toMatchObject({ code, url, visible: false, publishAt });
    expect((await at(hub).seen(response)).planned).toEqual({ publishAt, by: actorOf('spokesperson').person });
    expect(await hub.model.publicByCode(code)).toBeUndefined();
    hub.clock.at += 2 * HOUR;
    await becomes(hub, response, 'published');
    const page = await eventually(() => hub.model.publicByCode(code));
    expect(page.revisions[0]).toMatchObject({ n: 1, by: { name: '陈静' }, publishedAt: publishAt });
    expect(await typesOf(hub, response)).toEqual(
      'drafted submitted approved scheduled publishing published'.split(' '),
    );
  });

  it('is not seen by residents before, at any address', async () => {
    const hub = await startResponses();
    const { response, code } = await scheduled(hub);
    const all = await everything(hub, [code]);
    for (const words of ['今晚恢复供水', '金马街 3 号院至 6 号院停水', response]) expect(all).not.toContain(words);
  });

  it('answers a repeated command with the first result', async () => {
    const hub = await startResponses();
    const { input, answer } = await scheduled(hub);
    expect(await hub.service.publish(actorOf('spokesperson'), input)).toEqual(answer);
  });

  it('is refused for a moment at which the right to publish is known to have ended', async () => {
    const hub = await startResponses();
    const { draft, submit, approve, on } = at(hub);
    const { response } = await draft();
    await submit(response);
    await approve(response);
    const { person } = actorOf('spokesperson');
    const [held] = actorOf('approver').appointments;
    expect(held).toBeDefined();
    const { unit = '', path = [] } = held ?? {};
    const from = '2026-11-20T00:00:00Z';
    const lent = { principal: person, unit, path, from, until: new Date(hub.clock.at + HOUR).toISOString() };
    const deputy = { person: actorOf('officer').person, appointments: [], delegations: [lent] };
    hub.others.set(deputy.person, deputy);
    const set = async (hours: number) => {
      const publishAt = new Date(hub.clock.at + hours * HOUR).toISOString();
      return hub.service.publish(deputy, { ...(await on(response)), publishAt });
    };
    await expect(set(1)).rejects.toMatchObject({ code: 'responses.right_ends_before' });
    await set(0.5);
    const [event] = (await eventsOf(hub, response)).filter(({ type }) => type === 'scheduled');
    expect(event?.data).toMatchObject({ people: [deputy.person, person] });
  });

  it('is taken back by whoever publishes or signs and by the lead, and by no other officer', async () => {
    const hub = await startResponses();
    const { response } = await scheduled(hub);
    const back = async (who: Person) => hub.service.unschedule(actorOf(who), await at(hub).on(response));
    await expect(back('officer')).rejects.toMatchObject({ code: 'forbidden' });
    await expect(back('worker')).rejects.toMatchObject({ code: 'not_found' });
    await expect(back('outsider')).rejects.toMatchObject({ code: 'not_found' });
    for (const who of ['spokesperson', 'approver', 'upper', 'officer'] as const) {
      if (who === 'officer') hub.incident.lead = actorOf('officer').person;
      await back(who);
      expect((await at(hub).seen(response)).state).toBe('approved');
      const publishAt = new Date(hub.clock.at + HOUR).toISOString();
      await hub.service.publish(actorOf('spokesperson'), { ...(await at(hub).on(response)), publishAt });
    }
    await back('spokesperson');
    await hub.consumers.settled();
    hub.clock.at += HOUR;
    expect(await hub.model.due(hub.clock.now())).toEqual([]);
  });

  it('is void with the first edit: the text opens, and nothing goes out', async () => {
    const hub = await startResponses();
    const { response, doc } = await scheduled(hub);
    expect(hub.documents.write(doc, 'officer', '正在做的', '偷偷改')).toBe(false);
    await hub.service.reopen(actorOf('officer'), await at(hub).on(response));
    expect(hub.documents.write(doc, 'officer', '正在做的', '改一个字')).toBe(true);
    const { approvals, planned } = await at(hub).seen(response);
    expect([approvals, planned]).toEqual([[], null]);
    await hub.consumers.settled();
    hub.clock.at += 2 * HOUR;
    expect(await hub.model.due(hub.clock.now())).toEqual([]);
  });
});

describe('what is due', () => {
  it('is found by its index: what waits for nothing or for later is not read', async () => {
    const hub = await startResponses();
    const { draft } = at(hub);
    for (let n = 0; n < 5; n++) await draft();
    const { response } = await scheduled(hub);
    await scheduled(hub, 'statement', 3);
    const rows = hub.db.collection('responses');
    const now = new Date(hub.clock.at + 2 * HOUR);
    expect(await hub.model.due(now)).toEqual([response]);
    const { executionStats } = await rows
      .find({ dueAt: { $lte: now.toISOString() } })
      .sort({ dueAt: 1 })
      .explain();
    expect(executionStats).toMatchObject({ nReturned: 1, totalDocsExamined: 1 });
  });
});

describe('at its moment', () => {
  const inboxes = async (hub: ResponseHub, response: string) => {
    const found = await Promise.all((await eventsOf(hub, response)).map(hub.followUps));
    return found.flat().map(({ person, draft }) => [person, draft.type, (draft.data as { seq: number }).seq]);
  };

  it('it does not go out where the facts moved, and both people are told', async () => {
    const hub = await startResponses();
    const { response, code } = await scheduled(hub);
    hub.incident.factVersion++;
    hub.clock.at += 2 * HOUR;
    await becomes(hub, response, 'publish_blocked');
    expect(await at(hub).seen(response)).toMatchObject({ blocked: 'facts_changed', revisions: [] });
    expect(await hub.model.publicByCode(code)).toBeUndefined();
    await hub.consumers.settled();
    expect(await hub.model.due(hub.clock.now())).toEqual([]); // nobody looks at it every second from now on
    expect(await inboxes(hub, response)).toEqual([
      [actorOf('spokesperson').person, 'responses.publish_blocked', 5],
      [actorOf('approver').person, 'responses.publish_blocked', 5],
    ]);
  });

  it('it does not go out where the right of whoever set it has ended meanwhile', async () => {
    const hub = await startResponses();
    const { response } = await scheduled(hub);
    hub.lapsed.add(actorOf('spokesperson'));
    hub.clock.at += 2 * HOUR;
    await becomes(hub, response, 'publish_blocked');
    expect((await at(hub).seen(response)).blocked).toBe('right_lapsed');
    expect((await inboxes(hub, response)).map(([person]) => person)).toEqual([actorOf('approver').person]);
  });

  it('it does not go out where whoever set it was suspended since, or their second factor reset, and is back', async () => {
    const hub = await startResponses();
    const { response } = await scheduled(hub);
    const spokesperson = actorOf('spokesperson');
    hub.others.set(spokesperson.person, { ...spokesperson, anew: new Date(hub.clock.at + HOUR).toISOString() });
    hub.clock.at += 2 * HOUR;
    await becomes(hub, response, 'publish_blocked');
    expect((await at(hub).seen(response)).blocked).toBe('right_lapsed');
  });

  it('what the hub slept through waits for people, but a holding text goes out at once and late', async () => {
    const first = await startResponses();
    const statement = await scheduled(first, 'statement', 1);
    const holding = await scheduled(first, 'holding', 1);
    await first.close();
    first.clock.at += HOUR + 11 * MINUTE;
    const { folder, documents, incident, clock } = first;
    const second = await startResponses({ folder, documents, incident, clock });
    await becomes(second, statement.response, 'publish_missed');
    expect((await inboxes(second, statement.response)).map(([person]) => person)).toHaveLength(2);
    await becomes(second, holding.response, 'published');
    expect((await at(second).seen(holding.response)).revisions).toMatchObject([{ n: 1, late: true }]);
    await at(second).publish(statement.response);
    await becomes(second, statement.response, 'published');
  });
});

describe('exactly once', () => {
  /** What a timer does, on these streams. */
  const releaseOn = (streams: Streams, around: ResponseHub['around']) => {
    const fold = createFold(streams, { kind: 'response', initial: noResponse, evolve });
    return createRelease({ fold, around });
  };

  it('though several timers fire at the same moment', async () => {
    const hub = await startResponses();
    const { response, code } = await scheduled(hub);
    await hub.schedule.stop();
    hub.clock.at += 2 * HOUR;
    const { fire } = releaseOn(hub.streams, hub.around);
    await Promise.all(Array.from({ length: 20 }, () => fire(response)));
    await hub.consumers.settled();
    expect(await countOf(hub, response, 'publishing')).toBe(1);
    expect(await countOf(hub, response, 'published')).toBe(1);
    expect((await hub.model.publicByCode(code))?.revisions).toHaveLength(1);
  });

  it('though two processes fire on one store', async () => {
    const hub = await startResponses();
    const { response } = await scheduled(hub);
    await hub.schedule.stop();
    hub.clock.at += 2 * HOUR;
    const elsewhere = createStreams({ model: hub.events, clock: hub.clock });
    await elsewhere.start();
    await Promise.all([hub.streams, elsewhere].map((streams) => releaseOn(streams, hub.around).fire(response)));
    expect(await countOf(hub, response, 'publishing')).toBe(1);
    expect(await countOf(hub, response, 'published')).toBe(1);
  });

  it('though somebody publishes by hand in the same moment', async () => {
    const hub = await startResponses();
    const { response } = await scheduled(hub);
    await hub.schedule.stop();
    hub.clock.at += 2 * HOUR;
    const input = await at(hub).on(response);
    const byHand = hub.service.publish(actorOf('spokesperson'), input).catch((error: unknown) => error);
    await Promise.all([byHand, releaseOn(hub.streams, hub.around).fire(response)]);
    expect(await countOf(hub, response, 'published')).toBe(1);
  });

  it('though the hub dies between the two steps and starts again, twice', async () => {
    const first = await startResponses();
    const { response, code } = await scheduled(first);
    await first.close();
    const { folder, documents, incident, clock, around } = first;
    clock.at += 2 * HOUR;
    // A process that dies when it asks for the facts the second time: it has written `publishing`, and nothing else.
    const asked = { times: 0 };
    const factsOf = (id: string) => {
      asked.times++;
      return asked.times > 1 ? Promise.reject(new Error('died')) : around.incidents.factsOf(id);
    };
    const db = await openStore(`embedded:${folder}`);
    const streams = createStreams({ model: createEventsModel(db), clock });
    await streams.start();
    const dying = { ...around, incidents: { ...around.incidents, factsOf } };
    await expect(releaseOn(streams, dying).fire(response)).rejects.toThrow('died');
    expect((await streams.head(`response:${response}`)).seq).toBe(5);
    await db.close();
    for (let start = 0; start < 2; start++) {
      const hub = await startResponses({ folder, documents, incident, clock });
      const page = await eventually(() => hub.model.publicByCode(code));
      expect(page.revisions).toHaveLength(1);
      expect((await typesOf(hub, response)).slice(3)).toEqual(['scheduled', 'publishing', 'published']);
      await hub.close();
    }
  });
});
