import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromHex, toHex } from '#shared/wire/ids.ts';

const SEED = 20261129;

test(`bytes written as hexadecimal are those that are read, in either case (seed ${SEED})`, () => {
  const property = fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
    const text = Buffer.from(bytes).toString('hex');
    expect(toHex(bytes)).toBe(text);
    expect(fromHex(text)).toEqual(bytes);
    expect(fromHex(text.toUpperCase())).toEqual(bytes);
  });
  fc.assert(property, { seed: SEED, numRuns: 500 });
  const every = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  expect(fromHex(toHex(every))).toEqual(every);
});
