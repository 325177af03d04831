import { ZERO_HASH, type WireEvent } from '#shared/wire/stream.ts';

/** The hash of seq `n` in one life of a stream; another life is what a restored backup brings. */
export const hashOf = (seq: number, life = 0): string => (seq === 0 ? ZERO_HASH : `${life}-${seq}`);

/** An event that says where it stands and nothing else. */
export function event(seq: number, life = 0, prevLife = life): WireEvent {
  const prev = hashOf(seq - 1, prevLife);
  return {
    stream: 'room:1',
    seq,
    id: `e${seq}`,
    type: 'posted',
    actor: 'a',
    at: '',
    data: {},
    prev,
    hash: hashOf(seq, life),
  };
}
