import * as v from 'valibot';
import { contract, errorTexts } from '#shared/contract.ts';
import type { Bindings, Contract, Row } from '#shared/wire/define.ts';
import type { Actor } from '#shared/people/people.rules.ts';
import { AppError } from '#shared/wire/error.ts';
import { canonical } from '#shared/wire/stream.ts';
import type { Caller } from './caller.ts';
import type { Log } from './log.ts';
import { newId } from './crypto.ts';
import { isStoreAway, storageFailure } from './store-errors.ts';

type Call = (caller: Caller, input: never) => Promise<object>;

/** Every feature's bindings, in the shape of the contract: a missing or extra one does not compile. */
export type AllBindings = { [F in keyof typeof contract]: Bindings<(typeof contract)[F], Caller> };

/** Told of a refusal before it is answered. */
export type Refused = (caller: Caller, name: string, code: string) => Promise<void>;

/** Codes that say somebody tried what is not theirs, or somebody else's code or password. */
const REFUSALS: ReadonlySet<string> = new Set([
  ...['forbidden', 'people.code_wrong', 'people.password_wrong', 'people.old_code_wrong', 'people.vouch_code_wrong'],
]);

/**
 * Whether a failure is one that is kept: a right that was refused, or a wrong guess. Missing and forbidden are answered
 * alike, so what was not found counts where something was to be done, or the record to be read.
 */
function isRefusal({ kind, action }: Row, { code }: AppError): boolean {
  if (code === 'not_found') return kind === 'command' || action === 'audit.read';
  return REFUSALS.has(code) || (code === 'rate_limited' && action === 'own-account');
}

/** What an answer is held against before it leaves. */
export interface Rights {
  /** Rises whenever anybody's rights may have changed. */
  version: () => number;
  /** Where other processes change rights too: resolves when what they changed by now is known here. */
  current?: (() => Promise<void>) | undefined;
  /** Somebody with the posts they hold now. */
  actorOf: (person: string) => Actor | undefined;
}

const ASKED_AGAIN = 5; // times, while rights of others change all the time; then one's own posts must be the same

interface Bound {
  row: Row;
  call: Call;
}

export type Dispatch = ReturnType<typeof createDispatch>;

const MAX_DEPTH = 16; // no command is deeper than four; a bomb is thousands deep

/**
 * NFC for every string, so that the same word typed on two systems is the same word (security #49). Half a surrogate
 * pair cannot be stored as UTF-8: it would come back as another text than the one that was hashed.
 */
export function normalised(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return value.normalize('NFC').replace(/\p{Cs}/gu, '\ufffd');
  if (typeof value !== 'object' || value === null) return value;
  if (depth === MAX_DEPTH) throw new AppError('bad_input', 'The input is not as expected.');
  if (Array.isArray(value)) return value.map((member) => normalised(member, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, normalised(member, depth + 1)]));
}

/**
 * Ids of what follows from an event are derived from it, version 8. Nobody may take one before its time: the follow-up
 * would find its place taken, for ever. Ids of commands are random.
 */
const isDerived = (id: unknown): boolean => typeof id === 'string' && id[14] === '8';

/** The first thing wrong with an input, named by its path; never the value, which may be anything. */
function complaint(issues: readonly [v.BaseIssue<unknown>, ...v.BaseIssue<unknown>[]]): AppError {
  const [issue] = issues;
  const field = v.getDotPath(issue) ?? undefined;
  return new AppError('bad_input', `${field ?? 'The input'} is not as expected (${issue.type}).`, { field });
}

/**
 * An answer under the rights its reader has when it leaves: what was read may have been written after they lost one
 * (security §3.4, 5). It is read again where any changed meanwhile.
 */
async function asOfNow(
  { version, current, actorOf }: Rights,
  caller: Caller,
  answer: (caller: Caller) => Promise<object>,
): Promise<object> {
  let who = caller;
  for (let asked = 1; ; asked++) {
    const before = version();
    const found = await answer(who);
    if (current !== undefined) await current();
    const actor = actorOf(who.actor.person);
    if (actor === undefined) throw new AppError('unauthenticated');
    if (version() === before) return found;
    if (asked >= ASKED_AGAIN && canonical(actor) === canonical(who.actor)) return found;
    who = { ...who, actor };
  }
}

/**
 * The command table bound to the services: name → parse, run, answer. Sockets and HTTP both end here, so a call
 * means the same whichever way it came. Throws at start if a row has no binding or a binding no row.
 */
export function createDispatch(
  bindings: AllBindings,
  log: Log,
  { refused = () => Promise.resolve(), rights }: { refused?: Refused; rights?: Rights } = {},
) {
  const bound = new Map<string, Bound>();
  for (const [feature, table] of Object.entries(contract as Contract)) {
    const calls = bindings[feature as keyof AllBindings] as Record<string, Call>;
    const extra = Object.keys(calls).find((verb) => !(verb in table));
    if (extra !== undefined) throw new Error(`${feature}:${extra} is bound but stands in no table`);
    for (const [verb, row] of Object.entries(table)) {
      const call = calls[verb];
      if (call === undefined) throw new Error(`${feature}:${verb} stands in the table but is not bound`);
      bound.set(`${feature}:${verb}`, { row, call });
    }
  }

  /** Parses the input and runs the call. Throws AppError only. */
  async function run(name: string, caller: Caller, input: unknown): Promise<object> {
    const entry = bound.get(name);
    if (entry === undefined) throw new AppError('not_found', 'There is no such command.');
    const parsed = v.safeParse(entry.row.input, normalised(input ?? {}));
    if (!parsed.success) throw complaint(parsed.issues);
    if (entry.row.fresh === true && caller.refusal !== undefined) throw new AppError(caller.refusal);
    const answer = (who: Caller): Promise<object> => entry.call(who, parsed.output as never);
    return entry.row.kind === 'query' && rights !== undefined ? asOfNow(rights, caller, answer) : answer(caller);
  }

  return {
    has: (name: string): boolean => bound.has(name),
    row: (name: string): Row | undefined => bound.get(name)?.row,
    names: (): string[] => [...bound.keys()],

    run,

    /** The same for what comes from outside, where nobody may name an id that the hub will derive. */
    ask: async (name: string, caller: Caller, input: unknown): Promise<object> => {
      if (bound.get(name)?.row.kind === 'command' && isDerived((input as { id?: unknown } | null | undefined)?.id)) {
        throw new AppError('bad_input', 'id is not as expected.', { field: 'id' });
      }
      try {
        return await run(name, caller, input);
      } catch (error) {
        const row = bound.get(name)?.row;
        if (row !== undefined && error instanceof AppError && isRefusal(row, error))
          await refused(caller, name, error.code);
        throw error;
      }
    },

    /** Any throw as an AppError: what nobody foresaw becomes `internal` with an id that stands in the log. */
    asAppError: (thrown: unknown, where: string): AppError => {
      const error = isStoreAway(thrown) ? storageFailure(thrown) : thrown;
      if (error instanceof AppError) {
        if (error.code === 'storage') log.error({ error, cause: error.cause, where }, 'the store refused a write');
        const text = errorTexts[error.code];
        return error.message === error.code && text !== undefined
          ? new AppError(error.code, text, error.details)
          : error;
      }
      const id = newId();
      log.error({ error, where, id }, 'unexpected');
      return new AppError('internal', 'Something went wrong on our side. What you wrote is kept; please try again.', {
        id,
      });
    },
  };
}
