import { CsvError, parse } from 'csv-parse/sync';
import { ROLES, type Role } from '#shared/people/people.policy.ts';
import { ROLE_WORDS } from '#shared/people/people.words.ts';

/* A table as offices export it: Chinese or English headings, UTF-8 or what Excel writes in China, dates of a day. */

export interface Problem {
  /** As a spreadsheet counts them: the headings are line 1. */
  line: number;
  reason: string;
}

/** One line: somebody, and a post they get. Moments are ISO 8601; `until` is null for a post without an end. */
export interface Row {
  line: number;
  login: string;
  name: string;
  /** Code or name. */
  unit: string;
  role: Role;
  from: string | undefined;
  until: string | null;
}

const HEADINGS = {
  login: ['登录名', '账号', '用户名', 'login', 'sign-in name', 'username'],
  name: ['姓名', '名字', 'name', 'full name'],
  unit: ['单位', '单位代号', '单位代码', '单位名称', '社区', 'unit', 'unit code', 'unit name'],
  role: ['岗位', '角色', '职务', 'role', 'post'],
  from: ['起', '开始', '开始日期', '起始日期', 'from', 'start'],
  until: ['止', '结束', '结束日期', '截止日期', 'until', 'end'],
} as const;
type Column = keyof typeof HEADINGS;
const COLUMNS = Object.keys(HEADINGS) as Column[];
const NEEDED: readonly Column[] = ['login', 'name', 'unit', 'role'];

/** The bytes as text: UTF-8, with a mark or without, else GB18030. Undefined for what is neither. */
export function decode(bytes: Uint8Array): string | undefined {
  for (const encoding of ['utf-8', 'gb18030']) {
    try {
      return new TextDecoder(encoding, { fatal: true }).decode(bytes);
    } catch {
      // the next one
    }
  }
  return undefined;
}

/** Midnight in China at which a day begins, or the one at which it is over; undefined for what is no day. */
function midnight(text: string, { after = false } = {}): string | undefined {
  const found = /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?$/.exec(text);
  const [year, month, day] = (found ?? []).slice(1).map(Number);
  if (year === undefined || month === undefined || day === undefined) return undefined;
  const date = new Date(Date.UTC(year, month - 1, day));
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined; // 30 February
  const CHINA = 8 * 3600_000;
  return new Date(date.getTime() - CHINA + (after ? 24 * 3600_000 : 0)).toISOString();
}

function roleOf(text: string): Role | undefined {
  const wanted = text.toLowerCase();
  return ROLES.find((role) =>
    [role, ROLE_WORDS.zh[role], ROLE_WORDS.en[role].toLowerCase()].some((word) => word === wanted),
  );
}

type Cells = Readonly<Record<Column, string>>;

function toRow(line: number, cells: Cells): Row | Problem {
  const missing = NEEDED.filter((column) => cells[column] === '');
  if (missing.length > 0) return { line, reason: `${missing.join(' and ')} missing` };
  const role = roleOf(cells.role);
  if (role === undefined) return { line, reason: `there is no post "${cells.role}"` };
  const from = cells.from === '' ? undefined : midnight(cells.from);
  const until = cells.until === '' ? null : midnight(cells.until, { after: true });
  if (cells.from !== '' && from === undefined) return { line, reason: `"${cells.from}" is no day` };
  if (until === undefined) return { line, reason: `"${cells.until}" is no day` };
  const { name, unit } = cells;
  return { line, login: cells.login.toLowerCase(), name, unit, role, from, until };
}

/** Which column stands where, what is not read, and what is wrong with the headings. */
function readHeadings(headings: readonly string[]) {
  const at = new Map<Column, number>();
  const unread: string[] = [];
  const problems: Problem[] = [];
  for (const [n, heading] of headings.entries()) {
    const column = COLUMNS.find((one) => (HEADINGS[one] as readonly string[]).includes(heading.toLowerCase()));
    if (column === undefined) unread.push(heading);
    else if (at.has(column)) problems.push({ line: 1, reason: `"${heading}" says ${column} a second time` });
    else at.set(column, n);
  }
  for (const column of NEEDED) {
    if (!at.has(column)) problems.push({ line: 1, reason: `no column ${HEADINGS[column][0]} (${column})` });
  }
  return { at, unread, problems };
}

/** Reads the table. Every line that cannot be read is named; `unread` are columns that say nothing to us. */
export function readTable(text: string): { rows: Row[]; problems: Problem[]; unread: string[] } {
  const first = text.slice(0, text.indexOf('\n') + 1 || undefined);
  const delimiter = first.includes('\t') ? '\t' : first.includes(';') && !first.includes(',') ? ';' : ',';
  let lines: { record: string[]; info: { lines: number } }[];
  try {
    const options = { delimiter, bom: true, trim: true, info: true, skip_empty_lines: true, relax_column_count: true };
    lines = parse(text.normalize('NFC'), options) as unknown as typeof lines;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    return {
      rows: [],
      problems: [{ line: Number(error['lines'] ?? 1), reason: 'cannot be read as a table' }],
      unread: [],
    };
  }
  const { at, unread, problems } = readHeadings(lines[0]?.record ?? []);
  const rows: Row[] = [];
  if (problems.length > 0) return { rows, problems, unread };
  for (const { record, info } of lines.slice(1)) {
    if (record.every((cell) => cell === '')) continue; // what a spreadsheet leaves below the last line
    const cell = (column: Column): string => record[at.get(column) ?? -1] ?? '';
    const cells = Object.fromEntries(COLUMNS.map((column) => [column, cell(column)])) as Cells;
    const row = toRow(info.lines, cells);
    if ('reason' in row) problems.push(row);
    else rows.push(row);
  }
  return { rows, problems, unread };
}
