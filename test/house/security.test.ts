import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/* docs/security.md says of each requirement what holds it. A page like that is worth something while it is true. */

const page = readFileSync('docs/security.md', 'utf8');
const [, items = '', standard = '', left = ''] = /\n## 2\.([^]*)\n## 3\.([^]*)\n### Left out([^]*)/.exec(page) ?? [];

interface Row {
  id: string;
  shown: string;
}

/** Rows of tables whose first column is a number. */
const rowsIn = (text: string): Row[] =>
  [...text.matchAll(/^\| ([\d.]+) \|.*\| (.*) \|$/gm)].map(([, id = '', shown = '']) => ({ id, shown }));

const REASON = /not yet[:,] \w|not applicable: \w|deployment|not met, on purpose: \w|there (?:is|are) none/;

/** Whether a row says what it rests on: a test, a place, an item, or a reason. */
const rests = ({ shown }: Row): boolean => REASON.test(shown) || /`[\w./-]+`|items? \d|as in \d/.test(shown);

test('each of the sixty-eight items and each requirement says what it rests on, once', () => {
  expect(rowsIn(items).map(({ id }) => Number(id))).toEqual(Array.from({ length: 68 }, (_, i) => i + 1));
  const required = rowsIn(standard).map(({ id }) => id);
  const out = left.match(/\b\d+\.\d+\.\d+\b/g) ?? [];
  expect(new Set([...required, ...out]).size).toBe(required.length + out.length);
  expect(required.length + out.length).toBe(253 + 13); // levels 1 and 2 whole, and thirteen of level 3
  expect([...rowsIn(items), ...rowsIn(standard)].filter((row) => !rests(row)).map(({ id }) => id)).toEqual([]);
  expect(page).not.toContain('PENDING'); // what is missing is said in words
});

test('every test the page of security names is there', () => {
  const missing = [...page.matchAll(/`(test\/[\w./-]+\.test\.ts)`((?:,? “[^”]+”)+)/g)].flatMap(
    ([, file = '', names = '']) => {
      const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
      const named = [...names.matchAll(/“([^”]+)”/g)].map(([, name = '']) => name);
      return named.filter((name) => !text.includes(name)).map((name) => `${file}: ${name}`);
    },
  );
  expect(missing).toEqual([]);
});

test('every path the page of security names is there, and a test is named with its name', () => {
  const paths = [...page.matchAll(/`((?:server|client|shared|test|docs|bench|\.ci)\/[\w./-]+)`/g)].map(
    ([, at = '']) => at,
  );
  expect(paths.filter((at) => !existsSync(at.replace(/\/$/, '')))).toEqual([]);
  const rows = page.split('\n').filter((line) => line.startsWith('| '));
  expect(rows.filter((line) => /`test\/[\w./-]+\.test\.ts`(?! “)/.test(line))).toEqual([]);
  const pointed = [...page.matchAll(/\bitems? \d+(?:, \d+)*(?: and \d+)?/g)].flatMap(
    ([found]) => found.match(/\d+/g) ?? [],
  );
  expect(pointed.filter((at) => Number(at) > 68)).toEqual([]);
});
