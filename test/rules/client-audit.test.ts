import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { linesOf, tableOf } from '#client/people/audit/audit.export.ts';
import { typesOf, typeWords } from '#client/people/audit/audit.types.ts';
import { forumUnitEvents, roomEvents } from '#shared/forum/forum.events.ts';
import { incidentsEvents } from '#shared/incidents/incidents.events.ts';
import { minutesEvents } from '#shared/minutes/minutes.events.ts';
import { unitEvents } from '#shared/people/people.events.ts';
import { responsesEvents } from '#shared/responses/responses.events.ts';
import type { Stored } from '#shared/people/audit.schema.ts';
import type { StreamKind } from '#shared/wire/stream.ts';
import { allSources } from '../support/sources.ts';

/** What the server notes in the security log, by its source. */
const noted = allSources()
  .filter(({ file }) => file.startsWith('server/'))
  .flatMap(({ text }) => [...text.matchAll(/\bnote\(\s*(?:[a-zA-Z]+ \? )?'([a-z.-]+)'(?: : '([a-z.-]+)')?/g)])
  .flatMap(([, one, other]) => [one, other])
  .filter((type) => type !== undefined && type !== 'nobody' && type !== 'origin');

test('an auditor is told in words, in both languages, of every type of event there is', () => {
  expect(new Set(noted).size).toBeGreaterThan(10);
  const all: Partial<Record<StreamKind, object>> = {
    ...{ room: roomEvents, incident: incidentsEvents, meeting: minutesEvents, response: responsesEvents },
    ...{
      unit: { ...unitEvents, ...forumUnitEvents },
      log: Object.fromEntries<true>(noted.map((type) => [type ?? '', true])),
    },
  };
  for (const [kind, types] of Object.entries(all) as [StreamKind, object][]) {
    for (const type of Object.keys(types)) expect(typesOf(kind), kind).toContain(type);
    for (const type of typesOf(kind)) {
      expect(typeWords(kind, type, 'zh')).toMatch(/\p{Script=Han}/u);
      expect(typeWords(kind, type, 'en')).toMatch(/^[A-Z]/);
    }
  }
  expect(typeWords('room', 'of_tomorrow', 'zh')).toBe('of_tomorrow');
});

const event = (seq: number, text: string): Stored => ({
  ...{ stream: 'room:a', seq, id: 'e', type: text, actor: text, at: '2026-11-28T00:00:00.000Z' },
  ...{ data: { text }, prev: 'p', hash: 'h' },
});
const naming = {
  columns: '序号,时间,编号,姓名,类型,做了什么,数据,事件编号,前一条,指纹',
  nameOf: (person: string) => person,
  what: (type: string) => type,
};

test('no cell of a table that is taken away begins a formula, and its words are whole (seed 20261128)', () => {
  const seed = 20261128;
  const text = fc.oneof(
    fc.constantFrom('=cmd|calc!A0', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '＝1', '他说"好"，\n就走了'),
    fc.string({ maxLength: 20 }),
  );
  const property = fc.property(fc.array(text, { minLength: 1, maxLength: 5 }), (texts) => {
    const rows = parse(
      tableOf(
        texts.map((one, n) => event(n + 1, one)),
        naming,
      ),
      { bom: true },
    );
    expect(rows.length).toBe(texts.length + 1);
    for (const [n, row] of rows.slice(1).entries()) {
      for (const cell of row) expect(cell).not.toMatch(/^[=+\-@\t\r\n＝＋－＠]/);
      expect(row[3]?.replace(/^'/, '')).toBe(texts[n]?.replace(/^'/, ''));
    }
  });
  fc.assert(property, { seed, numRuns: 200 });
});

test('lines that are taken away are the events of the stream, one each', () => {
  const events = [event(1, '停水\n通知'), event(2, '好')];
  const lines = linesOf(events).trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line) as Stored)).toEqual(events);
});
