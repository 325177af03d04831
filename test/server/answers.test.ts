import { expect, test } from 'vitest';
import { contract } from '#shared/contract.ts';
import type { Contract } from '#shared/wire/define.ts';
import type { Answer } from '../support/client.ts';
import { isQuery, prepare } from '../support/policy-cells.ts';
import type { Persona } from '../support/policy-cast.ts';
import { PROBES } from '../support/policy-concerns.ts';
import { startRun, type Run } from '../support/policy-run.ts';

/*
 * What leaves the hub is built field by field (security #35): the fields of every answer, and of every event on a
 * stream, by who is given them. A field that is new to somebody makes this fail until it stands in `answers.txt`, where
 * it is read by whoever changes it.
 */

const WITHOUT_POST: readonly string[] = ['signed-in', 'own-account'];
const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** `rooms[].title`, `heads.*`: every path to something that is no object. */
function pathsIn(value: unknown, at = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((member) => pathsIn(member, `${at}[]`));
  if (typeof value !== 'object' || value === null) return [at];
  return Object.entries(value).flatMap(([key, member]) => {
    const name = ID.test(key) || key.includes(':') ? '*' : key; // of somebody or something, not of a field
    return pathsIn(member, at === '' ? name : `${at}.${name}`);
  });
}

interface Told {
  type?: string;
  data?: unknown;
}

/** The same, of a stream's events by their type. */
function pathsOf({ ok: _, ...answer }: Answer): string[] {
  const { events = [], ...rest } = answer as { events?: Told[] };
  const isStream = events.some(({ type }) => typeof type === 'string');
  if (!isStream) return pathsIn(answer);
  const ofEvents = events.flatMap(({ type = 'withheld', data, ...facts }) => [
    ...pathsIn(facts, 'events[]'),
    ...(data === undefined ? [] : pathsIn(data, `events[] ${type}`)),
  ]);
  return [...pathsIn(rest), ...ofEvents];
}

type Given = Map<string, Set<string>>;

/** Asks as each of them; who was given which path. */
async function given(people: readonly Persona[], ask: (who: Persona) => Promise<Answer>): Promise<Given> {
  const found: Given = new Map();
  for (const who of people) {
    const answer = await ask(who);
    if (!answer.ok) continue;
    for (const one of pathsOf(answer)) found.set(one, (found.get(one) ?? new Set()).add(who.name));
  }
  return found;
}

/** One question: whoever is given the same stands on one line, with what that is. */
function written(name: string, found: Given): string {
  const lines = new Map<string, string[]>();
  for (const [path, who] of found) {
    const names = [...who].join(' ');
    lines.set(names, [...(lines.get(names) ?? []), path]);
  }
  const told = [...lines].map(([who, paths]) => [`  ${who}`, ...paths.sort().map((path) => `    ${path}`)].join('\n'));
  return [name, ...told.sort()].join('\n');
}

/** Questions that take a post, each of the thing in everybody's own unit; streams too. */
async function withPost(run: Run): Promise<string[]> {
  const texts = [];
  for (const probe of PROBES.filter(({ name }) => isQuery(name) || name.startsWith('stream:'))) {
    const found = await given(run.hub.personas, async (who) => {
      const { input } = await prepare(run, { probe, place: 'S', who, transport: 'socket' }, false);
      return who.client.request(probe.name, input);
    });
    texts.push(written(`${probe.name} of ${probe.on} (${probe.action})`, found));
  }
  return texts;
}

/** Questions about oneself. */
async function withoutPost({ hub }: Run): Promise<string[]> {
  const texts = [];
  for (const [feature, table] of Object.entries(contract as Contract)) {
    for (const [verb, { kind, action }] of Object.entries(table)) {
      if (kind !== 'query' || !WITHOUT_POST.includes(action)) continue;
      const name = `${feature}:${verb}`;
      texts.push(written(name, await given(hub.personas, ({ client }) => client.request(name, {}))));
    }
  }
  return texts;
}

test('each role is answered the fields that stand in answers.txt, and nobody any other', async () => {
  const run = await startRun(({ condition }) => condition === 'active');
  const texts = [...(await withPost(run)), ...(await withoutPost(run))];
  await expect(`${texts.join('\n\n')}\n`).toMatchFileSnapshot('answers.txt');
}, 120_000);
