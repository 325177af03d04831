import { expect, test } from 'vitest';
import { newId, signIn, type Answer } from '../support/client.ts';
import { askOver, hasHttp, prepare } from '../support/policy-cells.ts';
import { PROBES } from '../support/policy-concerns.ts';
import { GOLDEN, type Golden } from '../support/policy-golden.ts';
import { startRun, type Run } from '../support/policy-run.ts';

const codeOf = ({ error }: Answer): string => error?.code ?? 'ok';

async function hears(run: Run, [, name, command, on, place]: Golden): Promise<string> {
  const probe = PROBES.find((one) => one.name === command && one.on === on);
  if (probe === undefined) throw new Error(`nothing asks ${command} of a ${on}`);
  const who = run.hub.named(name);
  const transport = hasHttp(probe) ? 'http' : 'socket';
  const { input } = await prepare(run, { probe, place, who, transport }, true);
  return (await askOver(transport, { client: who.client, name: command, input })).code;
}

test('the sixty most dangerous cells are as the security page has them', { timeout: 60_000 }, async () => {
  expect(GOLDEN).toHaveLength(60);
  const asked = new Set(GOLDEN.map(([, who]) => who));
  const run = await startRun(({ name }) => asked.has(name));
  const heard = await Promise.all(GOLDEN.map((golden) => hears(run, golden)));
  const wrong = GOLDEN.flatMap(([sentence, , , , , right], at) =>
    heard[at] === right ? [] : [`${sentence}: ${heard[at] ?? ''}, not ${right}`],
  );
  expect(wrong).toEqual([]);
});

const say = async (run: Run, who: string, name: string, input: object): Promise<string> =>
  codeOf(await run.hub.named(who).client.request(name, input));

/** What no letter of the table says: each a sentence and its proof, on one hub. */
const BEYOND: Readonly<Record<string, (run: Run) => Promise<void>>> = {
  'nobody signs what they had a hand in, nor whoever is joined to them, nor other bytes than they saw': async (run) => {
    const { hub, things } = run;
    const sign = async (who: string, response: string, contentHash: unknown) =>
      say(run, who, 'responses:approve', {
        ...{ id: newId(), response, contentHash },
        expected: await hub.head(`response:${response}`),
      });
    const { id: incident } = await things.kept('flagged', 'S');
    const draft = async (as: (name: string, input: object) => Promise<Answer>) => {
      const response = newId();
      await as('responses:draft', { id: response, incident, kind: 'statement' });
      const expected = await hub.head(`response:${response}`);
      const { contentHash } = await as('responses:submit', { id: newId(), response, expected });
      return [response, contentHash] as const;
    };
    const [own, hash] = await draft(hub.named('both').client.done);
    expect(await sign('both', own, hash)).toBe('responses.contributor');
    const [theirs, seen] = await draft((name, input) => hub.run('local-s', name, input));
    expect(await sign('deputy-approver', theirs, seen)).toBe('responses.contributor');
    expect(await sign('approver', own, 'f'.repeat(64))).toBe('responses.hash_mismatch');
    expect(await sign('approver', own, hash)).toBe('ok');
  },

  'nothing goes out unsigned, and only who may withdraw takes a withdrawal back': async (run) => {
    const { hub, things } = run;
    const unsigned = await things.fresh('submitted', 'S');
    const at = async (stream: string) => ({ id: newId(), expected: await hub.head(stream) });
    const publish = { ...(await at(unsigned.stream)), response: unsigned.id };
    expect(await say(run, 'spokesperson', 'responses:publish', publish)).toBe('responses.wrong_state');
    const going = await things.fresh('withdrawing', 'S');
    const reopen = { ...(await at(going.stream)), response: going.id };
    expect(await say(run, 'deputy', 'responses:reopen', reopen)).toBe('forbidden');
    expect(await say(run, 'spokesperson', 'responses:reopen', { ...reopen, id: newId() })).toBe('ok');
  },

  'administrators appoint neither themselves nor, alone, whoever speaks, signs, watches or appoints': async (run) => {
    const { hub } = run;
    const { person } = hub.named('worker');
    const unit = hub.unit('S');
    const input = { id: newId(), unit, person: hub.named('admin').person, role: 'worker' };
    expect(await say(run, 'admin', 'people:appoint', input)).toBe('people.not_self');
    for (const role of ['spokesperson', 'approver', 'auditor', 'admin']) {
      const appointment = newId();
      const answer = await hub.named('admin').client.done('people:appoint', { id: appointment, unit, person, role });
      expect(answer['pending'], role).toBe(true);
      expect(await say(run, 'admin', 'people:confirm', { id: newId(), unit, appointment })).toBe('people.not_self');
    }
  },

  'a delegation goes to an officer or worker, never to oneself, and ends within fourteen days': async (run) => {
    const { hub } = run;
    const day = (n: number) => new Date(Date.now() + n * 24 * 3600_000).toISOString();
    const give = (to: string, days: number) =>
      say(run, 'spokesperson', 'people:delegate', {
        ...{ id: newId(), unit: hub.unit('S'), person: hub.named(to).person },
        ...{ from: day(0), until: day(days), reason: '外出' },
      });
    expect(await give('spokesperson', 5)).toBe('people.not_self');
    expect(await give('approver', 5)).toBe('people.not_eligible');
    expect(await give('worker', 15)).toBe('people.too_long');
    expect(await give('worker', 13)).toBe('ok');
  },

  'what somebody wrote is theirs to edit, and another takes it down with a reason only': async (run) => {
    const { id: room, seq } = await run.things.fresh('room', 'S');
    expect(await say(run, 'worker', 'forum:edit', { id: newId(), room, seq, text: '改' })).toBe('forbidden');
    expect(await say(run, 'officer', 'forum:retract', { id: newId(), room, seq, reason: '改' })).toBe('forbidden');
    expect(await say(run, 'moderator', 'forum:edit', { id: newId(), room, seq, text: '改' })).toBe('forbidden');
    expect(await say(run, 'moderator', 'forum:retract', { id: newId(), room, seq })).toBe('forum.reason_needed');
  },

  'who graded a concern does not lower it alone': async (run) => {
    const { hub, things } = run;
    const { id: incident, stream } = await things.fresh('triaged', 'S');
    const regrade = async (severity: string) =>
      say(run, 'officer', 'incidents:regrade', {
        ...{ id: newId(), incident, severity, why: '核实后' },
        expected: await hub.head(stream),
      });
    expect([await regrade('II'), await regrade('IV')]).toEqual(['ok', 'incidents.second_person']);
  },

  'inboxes, documents and the log of the day are opened by no post, and the log is read by who audits all': async (
    run,
  ) => {
    const { hub } = run;
    const today = `log:${new Date().toISOString().slice(0, 10)}`;
    const { doc } = await run.things.kept('meeting', 'S');
    const inbox = `person:${hub.named('worker').person}`;
    for (const stream of [inbox, `doc:${doc}`, today])
      for (const who of ['admin', 'auditor', 'officer'])
        expect(await say(run, who, 'stream:open', { stream, have: 0 }), `${who} ${stream}`).toBe('not_found');
    expect(await say(run, 'auditor', 'audit:stream', { stream: inbox })).toBe('not_found');
    expect(await say(run, 'auditor', 'audit:stream', { stream: today })).toBe('not_found');
    const city = await signIn(hub.app, 'city-auditor');
    expect(codeOf(await city.request('audit:stream', { stream: today }))).toBe('ok');
  },
};

test('four eyes, a second administrator, authorship and the log narrow the table as the security page has them', async () => {
  const names = ['worker', 'officer', 'spokesperson', 'approver', 'moderator', 'auditor', 'admin', 'both', 'deputy'];
  const run = await startRun(({ name }) => [...names, 'deputy-approver'].includes(name));
  for (const [sentence, proof] of Object.entries(BEYOND))
    await proof(run).catch((error: unknown) => {
      throw new Error(sentence, { cause: error });
    });
});
