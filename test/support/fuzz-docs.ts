import * as encoding from 'lib0/encoding';
import * as Y from 'yjs';
import type { Random } from '#server/demo/random.ts';
import { frameOf } from './doc-line.ts';
import { mutated, scribble } from './yjs-fuzz.ts';

/** A frame of `/collab`. `ends`: it may well cost the connection, so it is sent last. */
export interface DocFrame {
  data: Uint8Array;
  ends: boolean;
}

const EDIT = [0, 2];
const MAX_WORD = 2 ** 32;

function bytesOf(write: (encoder: encoding.Encoder) => void): Uint8Array {
  const encoder = encoding.createEncoder();
  write(encoder);
  return encoding.toUint8Array(encoder);
}

const numbers = (...all: number[]): Uint8Array =>
  bytesOf((encoder) => {
    for (const number of all) encoding.writeVarUint(encoder, number);
  });

/** Announces far more structs, clients or deletions than it brings. */
function bomb(random: Random): Uint8Array {
  const many = 30_000_000 + random.below(1_000_000);
  return random.pick([
    numbers(1, many, 1, 0),
    numbers(many, 1, 1, 0, 10, 1),
    numbers(1, 1, 1, 0, 0, many, 0),
    numbers(0, many, 1, 1, 0, 1),
    numbers(0, 1, 1, many, 0, 1),
    numbers(1, 1, 1, 0, 8, 1, 0, many),
    numbers(1, 1, 1, 2 ** 52, 0, 1, 0),
  ]);
}

/** A deletion of what nobody has written yet. */
const farDelete = (random: Random): Uint8Array =>
  numbers(0, 1, random.below(MAX_WORD), 1, random.below(2 ** 30), 1 + random.below(2 ** 30));

const awareness = (entries: [client: number, clock: number, state: string][]): Uint8Array =>
  frameOf(
    [1],
    bytesOf((encoder) => {
      encoding.writeVarUint(encoder, entries.length);
      for (const [client, clock, state] of entries) {
        encoding.writeVarUint(encoder, client);
        encoding.writeVarUint(encoder, clock);
        encoding.writeVarString(encoder, state);
      }
    }),
  );

const STATES = [
  '{"user":{"name":"管理员","id":"x"}}',
  'null',
  '{"cursor":{"__proto__":1}}',
  '{',
  '[]',
  '1',
  '{"user":null}',
  '""',
];

export type DocFrames = ReturnType<typeof createDocFrames>;

/** An endless supply of frames for one document, made from real edits of a real one. */
export function createDocFrames(random: Random) {
  const doc = new Y.Doc();
  const edits: Uint8Array[] = [];
  doc.on('update', (update: Uint8Array) => edits.push(update));
  while (edits.length < 60) scribble(doc, random.below);
  const full = Y.encodeStateAsUpdate(doc);
  const edit = (): Uint8Array => random.pick(edits);
  /** What somebody types on. */
  const next = (): Uint8Array => {
    scribble(doc, random.below);
    return edits.at(-1) ?? full;
  };
  const stranger = (): number => random.below(MAX_WORD);

  /** A whole document of somebody's, small, under a client id of its own or a forged one. */
  const strange = (client: number): Uint8Array => {
    const other = new Y.Doc();
    other.clientID = client;
    scribble(other, random.below);
    scribble(other, random.below);
    const update = Y.encodeStateAsUpdate(other);
    other.destroy();
    return update;
  };
  const spoof = (): Uint8Array =>
    awareness(Array.from({ length: 1 + random.below(3) }, () => [stranger(), random.below(9), STATES[0] ?? '']));

  const on =
    (...headers: number[]) =>
    (body: Uint8Array) =>
      frameOf(headers, body);
  const sent = on(...EDIT);
  const KINDS: readonly [weight: number, make: () => Uint8Array, ends: boolean][] = [
    [6, () => sent(next()), false],
    [3, () => sent(Y.encodeStateAsUpdate(doc)), false],
    [4, () => sent(edit()), false], // mostly a gap: what it builds on was never sent
    [3, () => on(0, 1)(edit()), false],
    [4, () => sent(farDelete(random)), false],
    [30, spoof, false],
    [10, () => on(0, 0)(Y.encodeStateVector(doc)), false],
    [30, () => on(103 + random.below(20))(edit()), false], // a message of a newer client
    [16, () => on(102)(numbers(random.below(4))), false],
    [12, () => numbers(3), false],
    [4, () => sent(strange(stranger())), false],
    [1, () => sent(strange(doc.clientID)), true],
    [6, () => sent(mutated(edit(), random.below)), true],
    [3, () => sent(mutated(full, random.below)), true],
    [4, () => mutated(sent(edit()), random.below), true],
    [4, () => sent(bomb(random)), true],
    [2, () => on(0, 0)(mutated(Y.encodeStateVector(doc), random.below)), true],
    [2, () => awareness([[stranger(), random.below(9), random.pick(STATES)]]), true],
    [1, () => mutated(spoof(), random.below), true],
    [1, () => Uint8Array.from({ length: random.below(40) }, () => random.below(256)), true],
    [1, () => numbers(0, 2, 2 ** 40), true],
    [1, () => Uint8Array.of(0, 2, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255), true],
  ];
  const total = KINDS.reduce((sum, [weight]) => sum + weight, 0);

  return {
    next: (): DocFrame => {
      let at = random.below(total);
      for (const [weight, make, ends] of KINDS) {
        if (at < weight) return { data: make(), ends };
        at -= weight;
      }
      throw new Error('no kind');
    },
  };
}
