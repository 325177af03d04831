import type { Stored } from '#shared/people/audit.schema.ts';

/* What an auditor takes away. Pure: names and words are handed in. */

/** The events as their stream has them, one a line: what a program checks the chain with. */
export const linesOf = (events: readonly Stored[]): string =>
  events.map((event) => `${JSON.stringify(event)}\n`).join('');

/** First letters that make a table calculator take a cell for a formula, the full-width ones among them. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;

/** A cell that is text whatever it begins with (security #50). */
const cell = (text: string): string => `"${(FORMULA.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;

interface Naming {
  /** Heads of the ten columns, with commas between. */
  columns: string;
  nameOf: (person: string) => string;
  what: (type: string) => string;
}

/** The events as a table, with a byte order mark: without it table calculators do not read Chinese. */
export function tableOf(events: readonly Stored[], { columns, nameOf, what }: Naming): string {
  const lines = events.map(({ seq, at, actor, type, data, id, prev, hash }) =>
    [String(seq), at, actor, nameOf(actor), type, what(type), JSON.stringify(data ?? null), id, prev, hash]
      .map(cell)
      .join(','),
  );
  return `\ufeff${[columns.split(',').map(cell).join(','), ...lines].join('\r\n')}\r\n`;
}
