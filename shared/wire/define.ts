import * as v from 'valibot';

/** A schema without side effects: what crosses the wire is written once, as one of these. */
type Schema = v.GenericSchema;

/**
 * One row of a feature's table. `action` is what the policy table is asked for, `signed-in`, or `own-account`: one's
 * own account, which a session that may do nothing else yet can see to. `errors` are the feature's own codes this row
 * may answer with, besides the platform's. `fresh`: only within five minutes of having proved who one is (step-up).
 */
export interface Row<
  Kind extends 'command' | 'query' = 'command' | 'query',
  Input extends Schema = Schema,
  Output extends Schema = Schema,
> {
  kind: Kind;
  action: string;
  input: Input;
  output: Output;
  errors: readonly string[];
  fresh?: boolean;
}

export type Table = Readonly<Record<string, Row>>;
export type Contract = Readonly<Record<string, Table>>;

interface Spec<Input extends Schema, Output extends Schema> {
  action: string;
  input: Input;
  output: Output;
  errors?: readonly string[];
  fresh?: boolean;
}

/** A row that may append an event: `POST /api/<feature>/<verb>` and `<feature>:<verb>` on the socket. */
export function command<Input extends Schema, Output extends Schema>(
  spec: Spec<Input, Output>,
): Row<'command', Input, Output> {
  return { kind: 'command', errors: [], ...spec };
}

/** A row that only reads: `GET /api/<feature>/<query>` and the same name on the socket. */
export function query<Input extends Schema, Output extends Schema>(
  spec: Spec<Input, Output>,
): Row<'query', Input, Output> {
  return { kind: 'query', errors: [], ...spec };
}

/** `forum:post`, `people:me` …: every name a contract gives. */
export type NameOf<C extends Contract> = {
  [F in keyof C & string]: { [V in keyof C[F] & string]: `${F}:${V}` }[keyof C[F] & string];
}[keyof C & string];

export type RowOf<C extends Contract, Name extends string> = Name extends `${infer F}:${infer V}`
  ? F extends keyof C
    ? V extends keyof C[F]
      ? C[F][V]
      : never
    : never
  : never;

export type InputOf<R> = R extends Row<'command' | 'query', infer I> ? v.InferOutput<I> : never;
/** What a client may send: fields with a default may be left out. */
export type AskOf<R> = R extends Row<'command' | 'query', infer I> ? v.InferInput<I> : never;
export type OutputOf<R> = R extends Row<'command' | 'query', Schema, infer O> ? v.InferOutput<O> : never;

/** What a feature hands to the sockets: one call for each row of its table, the actor first. */
export type Bindings<T extends Table, Caller> = {
  [V in keyof T]: (caller: Caller, input: InputOf<T[V]>) => Promise<OutputOf<T[V]>>;
};

/* The few shapes every feature's rows are made of. */

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** A UUID in lower case. Clients make version 7 (RFC 9562 §5.7); ids of follow-up events are version 8. */
export const Id = v.pipe(v.string(), v.regex(UUID));

/**
 * Something to look at: not joiners, fillers of Hangul, an empty cell of Braille or marks on nothing alone. What has no
 * name yet in this version of Unicode may be a new sign.
 */
const SEEN = /[^\p{DI}\p{Z}\p{Cc}\p{Cf}\p{M}\u2800]/u;

/**
 * A title of one line. What is not seen is left out, since it comes along with what people paste; what turns the
 * direction of writing would make it read as another (security #49). A joiner may stay: signs are made with it.
 */
export const Title = v.pipe(
  v.string(),
  v.transform((text) => text.replace(/[\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu, '')),
  v.transform((text) => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim()),
  v.regex(SEEN),
  v.minLength(1),
  v.maxLength(120),
);
/** A seq on a stream; 0 stands for "before the first". */
export const Seq = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER));
/** Whether a Date can be made of it. A zone in hours alone (`+08`) is ISO 8601 and is none that a Date reads. */
export const isReadable = (moment: string): boolean => !Number.isNaN(Date.parse(moment));
/**
 * A moment, ISO 8601 with zone, that every rule can compare: what is not a number is neither early nor late, and a
 * limit asked of it would hold for ever.
 */
export const Moment = v.pipe(
  v.string(),
  v.maxLength(40),
  v.isoTimestamp(),
  v.check(isReadable, 'a moment that can be read'),
);
/** How many rows a query may ask for. */
export const Limit = v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100)), 50);
/** SHA-256 in hex. */
export const Hash = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
/** A line of free text, `max` UTF-16 units at most. */
export const line = (max: number) => v.pipe(v.string(), v.minLength(1), v.maxLength(max));
