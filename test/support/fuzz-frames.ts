import type { Random } from '#server/demo/random.ts';
import { contract } from '#shared/contract.ts';
import type { Contract } from '#shared/wire/define.ts';
import { createSamples, HOSTILE, NOBODY, PUTS_OUT, scrambled, spoiled } from './fuzz-inputs.ts';

/** A frame of Engine.IO. `ends`: it may well cost the connection, so it is sent last. */
export interface Frame {
  data: string | Buffer;
  ends: boolean;
}

const NAMES = Object.entries(contract as Contract).flatMap(([feature, table]) =>
  Object.entries(table).map(([verb, row]) => ({ name: `${feature}:${verb}`, input: row.input })),
);

/** Names of no command: what objects have by birth, what Socket.IO keeps for itself, what nobody has. */
const STRANGE = [
  ...['__proto__', 'constructor', 'toString', 'valueOf', 'hasOwnProperty', 'isPrototypeOf', '__defineGetter__'],
  ...['connect', 'disconnect', 'disconnecting', 'connect_error', 'newListener', 'removeListener', 'error', 'message'],
  ...['stream', 'stream:', 'forum:', ':post', 'forum:__proto__', 'forum:constructor', 'people:toString', '*', '', ' '],
];

const RAW = [
  ...['', '4', '42', '40', '41', '43', '44', '45', '46', '47', '48', '0', '1', '3', '5', '6', '7', '9', 'b', 'bAAAA'],
  ...['2probe', '3probe', '42[]', '42{}', '42null', '42[1,2]', '42[{}]', '42[null]', '42["', '42["a"', '42[["a"],1]'],
  ...[
    '43',
    '43[]',
    '431[]',
    '4399999999999999999999[]',
    '44{}',
    '44"x"',
    '40/admin,',
    '40/admin,{}',
    '40,{}',
    '42/,1["a"]',
  ],
  ...[
    '451-["a",{"_placeholder":true,"num":0}]',
    '451-1["a",{"_placeholder":true,"num":9}]',
    '45-1-["a"]',
    '4599999999-["a"]',
  ],
  ...[
    '461-1[{"_placeholder":true,"num":0}]',
    '450-["forum:rooms",{}]',
    '42-1["a",{}]',
    '421e3["a",{}]',
    '42\u0000',
    '4\u2028',
  ],
];

export type Frames = ReturnType<typeof createFrames>;

/** An endless supply of frames nobody should send, the greater part of them close to what people do send. */
export function createFrames(random: Random, pool: { ids: readonly string[]; streams: readonly string[] }) {
  const words = [
    '停水了',
    'forum',
    '\ud83d\ude42',
    'a',
    '{"$gt":""}',
    '社区',
    'x'.repeat(200),
    ...pool.streams,
    ...pool.ids,
  ];
  const samples = createSamples(random, { ids: pool.ids, words });
  const aboutNobody = createSamples(random, { ids: [NOBODY], words });
  let ack = 0;

  const packet = (name: string, input: string, more = ''): string =>
    `42${String(++ack)}[${JSON.stringify(name)},${input}${more}]`;

  const command = (): { name: string; input: unknown } => {
    if (random.below(5) === 0) {
      const stream = random.pick(words);
      const [from, to] = [random.below(50), random.below(400)];
      return random.pick([
        { name: 'stream:open', input: { stream, have: from } },
        { name: 'stream:range', input: { stream, from, to } },
        { name: 'stream:close', input: { stream } },
        { name: 'presence:here', input: { stream } },
        { name: 'typing:on', input: { stream } },
      ]);
    }
    const { name, input } = random.pick(NAMES);
    return { name, input: (PUTS_OUT.has(name) ? aboutNobody : samples).of(input) };
  };

  const KINDS: readonly [weight: number, make: () => Frame][] = [
    [20, () => whole(({ name, input }) => packet(name, JSON.stringify(input)))],
    [50, () => whole(({ name, input }) => packet(name, spoiled(input, random)))],
    [6, () => whole(({ name, input }) => `42[${JSON.stringify(name)},${spoiled(input, random)}]`)], // no callback
    [4, () => whole(({ name, input }) => packet(name, spoiled(input, random), `,${random.pick(HOSTILE)}`))],
    [3, () => whole(({ name }) => `42${++ack}[${JSON.stringify(name)}]`)],
    [
      2,
      () =>
        whole(
          ({ name, input }) =>
            `42${'9'.repeat(1 + random.below(40))}[${JSON.stringify(name)},${JSON.stringify(input)}]`,
        ),
    ],
    [3, () => ({ data: packet(random.pick(STRANGE), spoiled(command().input, random)), ends: true })],
    [3, () => ({ data: packet('', '1').replace('""', random.pick(HOSTILE)), ends: true })],
    [4, () => ({ data: random.pick(RAW), ends: true })],
    [3, () => ({ data: scrambled(Buffer.from(known()), random), ends: true })],
    [2, () => ({ data: Buffer.from(Array.from({ length: random.below(60) }, () => random.below(256))), ends: true })],
  ];
  const whole = (make: (of: { name: string; input: unknown }) => string): Frame => ({
    data: make(command()),
    ends: false,
  });
  const known = (): string => {
    const { name, input } = command();
    return packet(name, JSON.stringify(input));
  };
  const total = KINDS.reduce((sum, [weight]) => sum + weight, 0);

  return {
    next: (): Frame => {
      let at = random.below(total);
      for (const [weight, make] of KINDS) {
        if (at < weight) return make();
        at -= weight;
      }
      throw new Error('no kind');
    },
    /** A well-formed call and its acknowledgement's number: whoever hears it knows that all before it was taken. */
    barrier: (): { data: string; ack: string } => {
      const data = packet('people:me', '{}');
      return { data, ack: String(ack) };
    },
  };
}
