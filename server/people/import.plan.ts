import * as v from 'valibot';
import { sha256 } from '#server/platform/crypto.ts';
import type { Unit } from '#shared/people/people.schema.ts';
import { Login, Name } from '#shared/people/people.schema.ts';
import type { EventDraft } from '#shared/wire/stream.ts';
import { isFailure, type Failure } from '#shared/wire/error.ts';
import { derivedId } from '#shared/wire/ids.ts';
import type { Directory } from './people.directory.ts';
import type { Problem, Row } from './import.table.ts';
import { skeletonOf, type Alike } from './people.alike.ts';

/** Somebody the hub does not know yet, or whose enrolment was broken off. */
export interface NewPerson {
  id: string;
  login: string;
  name: string;
  unit: string;
}

export interface NewPost {
  line: number;
  input: { id: string; unit: string; person: string; role: Row['role']; from?: string; until: string | null };
  /** Waits for a second administrator. */
  waits: boolean;
}

export interface Plan {
  people: NewPerson[];
  posts: NewPost[];
  problems: Problem[];
  /** What is done all the same, and should be looked at. */
  warnings: Problem[];
  /** Posts that stand already, of an earlier run. */
  there: number;
}

interface Facts {
  directory: Directory;
  /** What an administrator's command would come to, were it given now. */
  judge: (input: NewPost['input']) => EventDraft | Failure;
  /** Whether the event of this id stands on the unit's stream. */
  stands: (unit: string, id: string) => Promise<boolean>;
  /** Whether somebody could sign in under this name. */
  hasPassword: (login: string) => Promise<boolean>;
  /** Whether it was the sign-in name of an account that is closed. */
  isSpent: (login: string) => boolean;
  /** Whose name looks like that of this person, of those who are known in the tree of the unit. */
  alike: (unit: string, name: string, person: string) => readonly Alike[];
  /** What a code says to whoever reads the list. */
  textOf: (code: string) => string;
}

/* Ids are derived from what a line says: the same line is the same post, however often it is brought. */
const personId = (login: string): string => derivedId(sha256, 'import-people', `person ${login}`);
const postId = (row: Row, unit: string): string =>
  derivedId(sha256, 'import-people', ['post', row.login, row.role, unit, row.from ?? '', row.until ?? ''].join(' '));

const ms = (moment: string | null | undefined, otherwise: number): number =>
  typeof moment === 'string' ? Date.parse(moment) : otherwise;

function isTogether(a: Row, b: Row): boolean {
  return ms(a.from, 0) < ms(b.until, Infinity) && ms(b.from, 0) < ms(a.until, Infinity);
}

function unitNamed(directory: Directory, text: string): Unit | string {
  const code = directory.unitByCode(text.toLowerCase());
  if (code !== undefined) return code;
  const named = directory.units().filter(({ name, closed }) => name === text && closed !== true);
  const [unit] = named;
  if (unit === undefined) return `there is no unit "${text}"`;
  return named.length === 1 ? unit : `"${text}" is the name of ${named.length} units: give the code`;
}

/** What is wrong with somebody as a line names them, or their id and whether they must be enrolled. */
function personIn(row: Row, { directory, isSpent }: Facts): { id: string; isOurs: boolean } | string {
  const { login, name }: { login: string; name: string } = row;
  if (!v.safeParse(Login, login).success) return `"${login}" cannot be a sign-in name`;
  // The names stand in a file of passwords that is opened as a table.
  if (!v.safeParse(Name, name).success || /^[=+\-@]/.test(name)) return `"${name}" cannot be a name`;
  if (isSpent(login)) return `${login} was the sign-in name of an account that is closed`;
  const id = personId(login);
  const known = directory.withLogin(login);
  if (known === undefined) return { id, isOurs: true };
  return known.name === name ? { id: known._id, isOurs: known._id === id } : `${login} is ${known.name}`;
}

/** What there is to do for a table, and everything that stands in the way. Nothing is written. */
export async function planImport(rows: readonly Row[], facts: Facts): Promise<Plan> {
  const { directory } = facts;
  const plan: Plan = { people: [], posts: [], problems: [], warnings: [], there: 0 };
  const names = new Map<string, Row>();
  const seen: { row: Row; unit: string }[] = [];
  const newcomers = new Map<string, Row>(); // by what their names look like

  function warn({ line, name }: Row, { said, where }: { said: string; where: string }): void {
    plan.warnings.push({ line, reason: `${name} looks like ${said} (${where})` });
  }

  function enrol(row: Row, id: string, unit: string): void {
    plan.people.push({ id, login: row.login, name: row.name, unit });
    for (const { name, unitName } of facts.alike(unit, row.name, id)) warn(row, { said: name, where: unitName });
    const before = newcomers.get(skeletonOf(row.name));
    if (before !== undefined) warn(row, { said: before.name, where: `line ${before.line}` });
    newcomers.set(skeletonOf(row.name), row);
  }

  async function take(row: Row): Promise<string | undefined> {
    const unit = unitNamed(directory, row.unit);
    if (typeof unit === 'string') return unit;
    const person = personIn(row, facts);
    if (typeof person === 'string') return person;
    const namesake = names.get(row.login);
    if (namesake !== undefined && namesake.name !== row.name)
      return `line ${namesake.line} calls them ${namesake.name}`;
    const isSame = (one: (typeof seen)[number]): boolean =>
      one.row.login === row.login && one.row.role === row.role && one.unit === unit.id && isTogether(one.row, row);
    const twin = seen.find(isSame);
    if (twin !== undefined) return `line ${twin.row.line} gives the same post for the same time`;
    seen.push({ row, unit: unit.id });

    const id = postId(row, unit.id);
    const times = { until: row.until, ...(row.from !== undefined && { from: row.from }) };
    const input = { id, unit: unit.id, person: person.id, role: row.role, ...times };
    if (await facts.stands(unit.id, id)) plan.there++;
    else {
      const decided = facts.judge(input);
      if (isFailure(decided)) return facts.textOf(decided.failed);
      plan.posts.push({ line: row.line, input, waits: decided.type === 'people.proposed' });
    }
    if (namesake === undefined && person.isOurs && !(await facts.hasPassword(row.login)))
      enrol(row, person.id, unit.id);
    names.set(row.login, row);
    return undefined;
  }

  for (const row of rows) {
    const reason = await take(row);
    if (reason !== undefined) plan.problems.push({ line: row.line, reason });
  }
  return plan;
}
