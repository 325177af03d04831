import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { App } from '#server/app.ts';
import { ConfigError, type Config } from '#server/config.ts';
import { keepPasswords, PasswordFileError } from '#server/people/import.passwords.ts';
import { planImport, type Plan } from '#server/people/import.plan.ts';
import { decode, readTable, type Problem } from '#server/people/import.table.ts';
import { hashPassword } from '#server/people/people.passwords.ts';
import { errorTexts } from '#shared/contract.ts';
import { inForce, type Actor } from '#shared/people/people.rules.ts';
import { AppError } from '#shared/wire/error.ts';
import { closedApp } from './closed-app.ts';
import { config } from './store.ts';

const USAGE = 'linli import-people <file.csv> [--by <login of the administrator>] [--apply]';

interface Asked {
  file: string;
  by: string | undefined;
  apply: boolean;
}

function readArgs(args: readonly string[]): Asked {
  try {
    const options = { by: { type: 'string' }, apply: { type: 'boolean' } } as const;
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const [file] = positionals;
    if (file === undefined || positionals.length > 1) throw new ConfigError(`Usage: ${USAGE}`);
    return { file: path.resolve(file), by: values.by, apply: values.apply ?? false };
  } catch {
    throw new ConfigError(`Usage: ${USAGE}`);
  }
}

/** In whose name it is done, and recorded: the one named, or the only one of the unit at the top. */
function administrator({ features, clock }: App, by: string | undefined): Actor {
  const { directory } = features;
  if (by !== undefined) {
    const actor = directory.actor(directory.withLogin(by)?._id ?? '');
    if (actor === undefined) throw new ConfigError(`Nobody signs in as ${by}.`);
    return actor;
  }
  const isTop = ({ unit }: { unit: string }): boolean => directory.tree.path(unit).length === 1;
  const posts = [...directory.posts()].filter((post) => post.role === 'admin' && isTop(post));
  const people = [...new Set(posts.filter((post) => inForce(post, clock.now())).map(({ person }) => person))];
  const actor = directory.actor(people[0] ?? '');
  if (people.length !== 1 || actor === undefined)
    throw new ConfigError(`Say in whose name: --by <login>. ${people.length} administer the unit at the top.`);
  return actor;
}

const textOf = (code: string): string =>
  code === 'not_found' ? 'this unit is not yours to administer' : (errorTexts[code] ?? code);

function plan({ features, streams }: App, by: Actor, rows: Parameters<typeof planImport>[0]): Promise<Plan> {
  const { directory, people } = features;
  return planImport(rows, {
    directory,
    judge: (input) => people.wouldAppoint(by, input),
    stands: async (unit, id) => (await streams.find(`unit:${unit}`, id)) !== undefined,
    hasPassword: people.hasPassword,
    isSpent: people.isSpent,
    alike: people.alikeIn,
    textOf,
  });
}

async function apply({ features, consumers }: App, by: Actor, { people: all, posts }: Plan, file: string) {
  const { people } = features;
  const passwords = await keepPasswords(file, all);
  for (const { id, unit, login, name } of all) {
    const hash = await hashPassword(passwords.get(login) ?? '');
    await people.enrolHashed(by, unit, { id, login, name, hash });
  }
  for (const { input } of posts) await people.appoint(by, input);
  await consumers.settled();
}

const list = (problems: readonly Problem[]): string =>
  [...problems]
    .sort((a, b) => a.line - b.line)
    .map(({ line, reason }) => `line ${line}: ${reason}`)
    .join('\n');

/** What there is to say of a run; the passwords never are. */
export interface Outcome {
  /** On standard output. */
  told: string;
  /** On standard error; nothing was written then. */
  problems: string;
}

/** One run on a closed hub. Writes everything or nothing; a run that died is completed by the next. */
export async function importPeople(settings: Config, { file, by, apply: isReal }: Asked): Promise<Outcome> {
  const text = decode(await readFile(file));
  if (text === undefined) throw new ConfigError(`${file} is neither UTF-8 nor GB18030.`);
  const table = readTable(text);
  const app = await closedApp(settings);
  try {
    const actor = administrator(app, by);
    const planned = await plan(app, actor, table.rows);
    const problems = [...table.problems, ...planned.problems];
    if (problems.length > 0) return { told: '', problems: `${list(problems)}\nNothing was imported.` };
    const waiting = planned.posts.filter(({ waits }) => waits).length;
    const told = [
      `${planned.people.length} people to enrol, ${planned.posts.length - waiting} posts to give, ` +
        `${waiting} to propose to a second administrator, ${planned.there} there already.`,
      ...(planned.warnings.length === 0 ? [] : [list(planned.warnings)]),
      ...(table.unread.length === 0 ? [] : [`Not read: ${table.unread.join(', ')}.`]),
    ];
    if (!isReal) return { told: [...told, 'Nothing was written: run it again with --apply.'].join('\n'), problems: '' };
    const secrets = `${file}.passwords.csv`;
    await apply(app, actor, planned, secrets);
    if (planned.people.length > 0) told.push(`Start passwords are in ${secrets}: hand them out, then delete it.`);
    return { told: [...told, 'Done.'].join('\n'), problems: '' };
  } catch (error) {
    if (error instanceof PasswordFileError) throw new ConfigError(error.message);
    if (!(error instanceof AppError)) throw error;
    throw new ConfigError(`Broken off: ${textOf(error.code)} Run it again to complete it; nothing is done twice.`);
  } finally {
    await app.close();
  }
}

/** `linli import-people`: people and their posts from a table. Says what it would do; `--apply` does it. */
export async function importPeopleVerb(args: readonly string[]): Promise<void> {
  const { told, problems } = await importPeople(config(), readArgs(args));
  if (told !== '') console.log(told);
  if (problems === '') return;
  console.error(problems);
  process.exitCode = 65; // EX_DATAERR
}
