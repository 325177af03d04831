import { readFileSync, writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { expect, test } from 'vitest';
import { COLUMNS, policyPage, RELATIONS } from '../support/policy-page.ts';
import { POLICY, type Line } from '#shared/people/people.policy.ts';

const PAGE = 'docs/policy.md';

test('the page people read says what the table says', async () => {
  const page = await format(policyPage(), { ...(await resolveConfig(PAGE)), parser: 'markdown' });
  if (process.env['LINLI_WRITE'] === 'docs') writeFileSync(PAGE, page);
  expect(readFileSync(PAGE, 'utf8'), 'LINLI_WRITE=docs writes it anew').toBe(page);
});

test('a cell holds relations there are, each once, and no line is empty', () => {
  for (const [action, cells] of Object.entries(POLICY) as [string, Line][]) {
    expect(Object.keys(cells).length, action).toBeGreaterThan(0);
    for (const [column, cell] of Object.entries(cells)) {
      const letters = Array.from(cell);
      expect(COLUMNS, action).toContain(column);
      expect(
        letters.filter((letter) => !(letter in RELATIONS)),
        `${action} ${column}`,
      ).toEqual([]);
      expect(new Set(letters).size, `${action} ${column}`).toBe(letters.length);
      expect(cell.toLowerCase().split('a').length, `${action} ${column} has one kind of above`).toBeLessThan(3);
    }
  }
});
