import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { forumPersonEvents, forumUnitEvents, roomEvents } from '#shared/forum/forum.events.ts';
import { incidentsEvents } from '#shared/incidents/incidents.events.ts';
import { minutesEvents } from '#shared/minutes/minutes.events.ts';
import { PERSONAL } from '#shared/people/closing.rules.ts';
import { unitEvents } from '#shared/people/people.events.ts';
import { responsesEvents } from '#shared/responses/responses.events.ts';
import { allSources } from '../support/sources.ts';

/* docs/personal-data.md is the inventory: whoever adds a type of event or a field says there what it holds of whom. */

const page = readFileSync('docs/personal-data.md', 'utf8');
const [, rows = '', events = ''] = /\n## Rows\n([^]*)\n## Events\n([^]*?)\n## /.exec(page) ?? [];
const sources = allSources().filter(({ file }) => /^(server|shared)\//.test(file));
const named = (text: string): Set<string> => new Set([...text.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name));

test('every type of event stands in the inventory, and what goes with an account is marked so', () => {
  const typed = /interface PersonEvents \{([^]*?)\n\}/.exec(
    readFileSync('shared/people/people.events.ts', 'utf8'),
  )?.[1];
  const personal = [...(typed ?? '').matchAll(/^ {2}'([\w.]+)'/gm)].map(([, type = '']) => type);
  const logged = sources.flatMap(({ text }) => [...text.matchAll(/\.note\('([\w.-]+)'/g)].map(([, type = '']) => type));
  const tables = [unitEvents, roomEvents, forumPersonEvents, forumUnitEvents, minutesEvents, incidentsEvents];
  const types = [...tables, responsesEvents].flatMap((table) => Object.keys(table));
  expect(personal.length).toBeGreaterThan(10);
  expect(logged.length).toBeGreaterThan(8);
  expect([...types, ...personal, ...logged].filter((type) => !named(events).has(type))).toEqual([]);
  const going = events.split('\n').filter((line) => line.endsWith('| until closing |'));
  const goes = [...named(going.join('\n'))].filter((name) => name.startsWith('people.'));
  expect(goes.sort()).toEqual([...PERSONAL].sort());
});

test('every row stands in the inventory with each of its fields', () => {
  const told = new Map<string, string>();
  let row = '';
  for (const line of rows.split('\n')) {
    row = /^\| `(\w+)`/.exec(line)?.[1] ?? (line.startsWith('| |') ? row : '');
    told.set(row, `${told.get(row) ?? ''}${line}`);
  }
  const apart = named(/^About no person: .*$/m.exec(rows)?.[0] ?? '');
  const missing = sources
    .filter(({ file }) => file.endsWith('.model.ts'))
    .flatMap(({ text }) => [...text.matchAll(/^(?:export )?interface (\w+)[^{]*\{\n([^]*?)\n\}/gm)])
    .filter(([, name = '']) => !apart.has(name))
    .flatMap(([, name = '', body = '']) => {
      const fields = [...body.matchAll(/^ {2}(\w+)\??:/gm)].map(([, field = '']) => field);
      return fields.filter((field) => !named(told.get(name) ?? '').has(field)).map((field) => `${name}.${field}`);
    });
  expect(missing).toEqual([]);
  expect(told.size).toBeGreaterThan(15);
});
