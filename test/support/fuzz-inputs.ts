import type { GenericSchema } from 'valibot';
import type { Random } from '#server/demo/random.ts';

/* Hostile input with a seed: what a schema would take, and what nobody should ever have to take. */

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
const objects = (depth: number): string => '{"a":'.repeat(depth) + '1' + '}'.repeat(depth);

/** JSON, each a value that has broken somebody's server. */
export const HOSTILE: readonly string[] = [
  ...['null', 'true', '0', '-1', '1e308', '1e400', '-0', '9007199254740993', '1.5', '[]', '{}', '[[]]', '""', '" "'],
  ...['{"$ne":null}', '{"$gt":""}', '{"$where":"sleep(1000)"}', '{"$regex":".*"}', '{"$in":[null]}', '{"$expr":{}}'],
  ...[
    '{"__proto__":{"polluted":1}}',
    '{"constructor":{"prototype":{"polluted":1}}}',
    '{"toString":1}',
    '{"length":-1}',
  ],
  ...[
    '{"then":1}',
    '{"toJSON":1}',
    '{"_bsontype":"ObjectId","id":1}',
    '{"_placeholder":true,"num":0}',
    '{"type":"Buffer"}',
  ],
  ...[
    '"__proto__"',
    '"constructor"',
    '"$where"',
    '"\\u0000"',
    '"\\ud800"',
    '"\\udfff\\ud800"',
    '"\\u202e\\u2066"',
    '"e\\u0301"',
  ],
  ...[
    '"../../etc/passwd"',
    '"<script>alert(1)</script>"',
    '"room:"',
    '"doc:x"',
    '"log:2026-11-24"',
    '"NaN"',
    '"0"',
    '"-1"',
  ],
  ...[nested(200), objects(200), `"${'x'.repeat(9_000)}"`, `"${'社'.repeat(2_800)}"`, `[${'1,'.repeat(2_000)}1]`],
  ...[
    '"2026-02-30T25:61:61Z"',
    '"0000-01-01T00:00:00.000Z"',
    '"+275760-09-13T00:00:00.001Z"',
    '"\\r\\nSet-Cookie: a=b"',
  ],
];

type Shape = Record<string, unknown> & { type: string };

const isShape = (value: unknown): value is Shape => typeof value === 'object' && value !== null && 'type' in value;

/** Makes inputs a schema would take, with ids that are somebody's; `ids` and `words` are drawn from. */
/** By which an administrator rightly puts people out: said about nobody, or a storm would end by itself. */
export const PUTS_OUT: ReadonlySet<string> = new Set([
  'people:erase',
  'people:suspend',
  'people:end-sessions',
  'people:reset-password',
  'people:close-unit',
]);
/** An id that nothing has. */
export const NOBODY = '01900000-0000-7000-8000-000000000000';

export function createSamples(random: Random, { ids, words }: { ids: readonly string[]; words: readonly string[] }) {
  const newId = (): string =>
    '00000000-0000-7000-8000-000000000000'.replace(/0/g, () => '0123456789abcdef'[random.below(16)] ?? '0');

  const text = ({ pipe }: Shape): string => {
    const rules = (pipe as Shape[] | undefined) ?? [];
    if (rules.some((rule) => rule.type === 'regex' && String(rule['requirement']).includes('[89ab]')))
      return random.below(4) === 0 ? newId() : random.pick(ids);
    if (rules.some((rule) => rule.type.startsWith('iso'))) return '2026-11-24T08:00:00.000Z';
    return random.pick(words);
  };

  const MAKE: Readonly<Record<string, (shape: Shape) => unknown>> = {
    string: text,
    number: () => random.below(40),
    boolean: () => random.below(2) === 0,
    null: () => null,
    literal: (shape) => shape['literal'],
    picklist: (shape) => random.pick(shape['options'] as readonly string[]),
    optional: (shape) => (random.below(2) === 0 ? undefined : sample(shape['wrapped'])),
    nullable: (shape) => (random.below(3) === 0 ? null : sample(shape['wrapped'])),
    array: (shape) => Array.from({ length: random.below(3) }, () => sample(shape['item'])),
    union: (shape) => sample(random.pick(shape['options'] as readonly unknown[])),
    strict_object: (shape) => members(shape['entries'] as Record<string, unknown>),
    object: (shape) => members(shape['entries'] as Record<string, unknown>),
  };

  const members = (entries: Record<string, unknown>): Record<string, unknown> => {
    const all = Object.entries(entries).map(([key, entry]) => [key, sample(entry)] as const);
    return Object.fromEntries(all.map(([key, value]) => [key, key === 'id' ? newId() : value]));
  };

  function sample(schema: unknown): unknown {
    return isShape(schema) ? (MAKE[schema.type]?.(schema) ?? null) : null;
  }
  return { of: (schema: GenericSchema): unknown => sample(schema), newId };
}

const HOLE = '\u0001hole\u0001'; // stands in no sample

/** The input as JSON with one place of it, or a new one, made hostile. */
export function spoiled(input: unknown, random: Random): string {
  const hostile = random.pick(HOSTILE);
  if (typeof input !== 'object' || input === null) return hostile;
  const copy = structuredClone(input) as Record<string, unknown>;
  const keys = Object.keys(copy);
  const kind = random.below(8);
  if (kind === 0 || keys.length === 0) return hostile;
  const key = random.pick(keys);
  if (kind === 1) Reflect.deleteProperty(copy, key);
  else if (kind === 2)
    copy[random.pick(['$set', '_id', 'role', 'actor', 'unit', 'seq', 'constructor', key.toUpperCase()])] = HOLE;
  else if (kind === 3) return JSON.stringify(copy).replace(`"${key}"`, '"__proto__"');
  else if (kind === 4) copy[key] = [copy[key]];
  else copy[key] = HOLE;
  return JSON.stringify(copy).replace(JSON.stringify(HOLE), () => hostile);
}

/** A text with a few bytes of it flipped, cut, doubled or put in; perhaps no UTF-8 any more. */
export function scrambled(bytes: Buffer, random: Random): Buffer {
  let copy = Buffer.from(bytes);
  for (let times = 1 + random.below(3); times > 0; times--) {
    const at = random.below(copy.length + 1);
    const kind = random.below(4);
    if (kind === 0) copy[at] = random.below(256);
    else if (kind === 1) copy = copy.subarray(0, at);
    else if (kind === 2) copy = Buffer.concat([copy.subarray(0, at), copy.subarray(at + 1 + random.below(8))]);
    else
      copy = Buffer.concat([copy.subarray(0, at), copy.subarray(at - Math.min(at, 5)), Buffer.of(random.below(128))]);
  }
  return copy;
}
