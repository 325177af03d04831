import { cpus } from 'node:os';
import process from 'node:process';

const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);

/** The middle value; of an even number the lower one. */
export const median = (values: readonly number[]): number => sorted(values)[Math.floor((values.length - 1) / 2)] ?? NaN;

/** The value below which `share` of them lie. */
export const percentile = (values: readonly number[], share: number): number =>
  sorted(values)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? NaN;

/** `median (min–max)`. */
export function spread(values: readonly number[], digits = 0): string {
  const all = sorted(values);
  const show = (value: number | undefined): string => (value ?? NaN).toFixed(digits);
  return `${show(median(all))} (${show(all[0])}–${show(all.at(-1))})`;
}

/** Prints rows under their headings, as a table Markdown reads too. */
export function print(headings: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = headings.map((heading, i) => Math.max(heading.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`;
  console.log(line(headings));
  console.log(`|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`);
  for (const row of rows) console.log(line(row));
  console.log('');
}

export const machine = (): string =>
  `${cpus().length} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), node ${process.versions.node}`;
