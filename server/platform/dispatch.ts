import * as v from 'valibot';
import { contract, errorTexts } from '#shared/contract.ts';
import type { Bindings, Contract, Row } from '#shared/wire/define.ts';
import { AppError } from '#shared/wire/error.ts';
import type { Caller } from './caller.ts';
import type { Log } from './log.ts';
import { newId } from './crypto.ts';

type Call = (caller: Caller, input: never) => Promise<object>;

/** Every feature's bindings, in the shape of the contract: a missing or extra one does not compile. */
export type AllBindings = { [F in keyof typeof contract]: Bindings<(typeof contract)[F], Caller> };

interface Bound {
  row: Row;
  call: Call;
}

export type Dispatch = ReturnType<typeof createDispatch>;

/** NFC for every string, so that the same word typed on two systems is the same word (security #49). */
function normalised(value: unknown): unknown {
  if (typeof value === 'string') return value.normalize('NFC');
  if (Array.isArray(value)) return value.map(normalised);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, normalised(member)]));
}

/** The first thing wrong with an input, named by its path; never the value, which may be anything. */
function complaint(issues: readonly [v.BaseIssue<unknown>, ...v.BaseIssue<unknown>[]]): AppError {
  const [issue] = issues;
  const field = v.getDotPath(issue) ?? undefined;
  return new AppError('bad_input', `${field ?? 'The input'} is not as expected (${issue.type}).`, { field });
}

/**
 * The command table bound to the services: name → parse, run, answer. Sockets and HTTP both end here, so a call
 * means the same whichever way it came. Throws at start if a row has no binding or a binding no row.
 */
export function createDispatch(bindings: AllBindings, log: Log) {
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

  return {
    has: (name: string): boolean => bound.has(name),
    row: (name: string): Row | undefined => bound.get(name)?.row,
    names: (): string[] => [...bound.keys()],

    /** Parses the input and runs the call. Throws AppError only. */
    run: async (name: string, caller: Caller, input: unknown): Promise<object> => {
      const entry = bound.get(name);
      if (entry === undefined) throw new AppError('not_found', 'There is no such command.');
      const parsed = v.safeParse(entry.row.input, normalised(input ?? {}));
      if (!parsed.success) throw complaint(parsed.issues);
      return entry.call(caller, parsed.output as never);
    },

    /** Any throw as an AppError: what nobody foresaw becomes `internal` with an id that stands in the log. */
    asAppError: (error: unknown, where: string): AppError => {
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
