import { randomBytes } from 'node:crypto';
import type { Clock } from '#server/platform/clock.ts';
import { sha256 } from '#server/platform/crypto.ts';
import type { Key } from '#server/platform/secrets.ts';
import { AppError } from '#shared/wire/error.ts';
import { toHex } from '#shared/wire/ids.ts';
import type { AccountModel } from './people.account.model.ts';
import type { CredentialRow } from './people.model.ts';
import { keyUri, stepOf } from './people.totp.ts';

const SEED = 20; // bytes, as long as the hash (RFC 4226 §4)
const RECOVERY = 10; // codes
const CROCKFORD = '0123456789abcdefghjkmnpqrstvwxyz';
const ISSUER = '邻里 Linli';

const hashOf = (code: string): string => toHex(sha256(`recovery ${code}`));

/** Of paper: five bits a character, in groups of four. */
export function newCode(characters: number): string {
  const letters = [...randomBytes(characters)].map((byte) => CROCKFORD[byte & 31]).join('');
  return (letters.match(/.{4}/g) ?? []).join('-');
}

/** As people type it: any case, with or without dashes, letters that look like digits. */
export function asGiven(code: string): string {
  const plain = code.toLowerCase().replaceAll(/[\s-]/g, '').replaceAll('o', '0').replaceAll(/[il]/g, '1');
  return plain.length > 8 ? (plain.match(/.{4}/g) ?? []).join('-') : plain;
}

export type Factor = ReturnType<typeof createFactor>;

/** The second factor: codes of an authenticator (RFC 6238), each taken once, and recovery codes, each taken once. */
export function createFactor({ model, key, clock }: { model: AccountModel; key: Key; clock: Clock }) {
  const open = (person: string, sealed: string | undefined): Uint8Array | undefined => {
    const seed = sealed === undefined ? undefined : key.open(sealed, `seed ${person}`);
    return seed === undefined ? undefined : Buffer.from(seed, 'base64url');
  };
  const stepFor = (row: CredentialRow, code: string): number | undefined => {
    const seed = open(row._id, row.seed);
    return seed && stepOf(seed, code, clock.now());
  };
  // Sixteen characters, 80 bits: too many to be guessed from their hashes.
  const someCodes = (): string[] => Array.from({ length: RECOVERY }, () => newCode(16));

  return {
    /** Whether a code would be taken now; takes nothing. */
    matches: (row: CredentialRow, given: string): boolean => {
      const code = asGiven(given);
      const step = stepFor(row, code);
      return (step !== undefined && step > (row.step ?? 0)) || (row.recovery?.includes(hashOf(code)) ?? false);
    },

    /** Takes a code, for good and for every process: `recovery` where it was one of those. */
    take: async (row: CredentialRow, given: string): Promise<'code' | 'recovery' | undefined> => {
      const code = asGiven(given);
      const step = stepFor(row, code);
      if (step !== undefined) return (await model.useStep(row._id, step)) ? 'code' : undefined;
      return (await model.useRecovery(row._id, hashOf(code))) ? 'recovery' : undefined;
    },

    /** A new seed to be shown; it counts once `confirm` has seen a code of it. */
    begin: async (person: string, login: string): Promise<string> => {
      const seed = randomBytes(SEED);
      const sealed = key.seal(seed.toString('base64url'), `seed ${person}`);
      if (!(await model.setPending(person, sealed))) throw new AppError('not_found');
      return keyUri(seed, { issuer: ISSUER, login });
    },

    /** Whether a code is one of the seed that was shown last and does not count yet; takes nothing. */
    fits: ({ _id, pending }: CredentialRow, code: string): boolean => {
      const seed = open(_id, pending);
      return seed !== undefined && stepOf(seed, asGiven(code), clock.now()) !== undefined;
    },

    /** The recovery codes, said once; undefined for a wrong code. */
    confirm: async ({ _id, pending }: CredentialRow, code: string): Promise<string[] | undefined> => {
      const seed = open(_id, pending);
      const step = seed && stepOf(seed, asGiven(code), clock.now());
      if (step === undefined || pending === undefined) return undefined;
      const codes = someCodes();
      const since = clock.now().getTime();
      const recovery = codes.map(hashOf);
      return (await model.setFactor(_id, { pending, step, since, recovery })) ? codes : undefined;
    },

    /** Ten others; the earlier ones are worth nothing any more. */
    renew: async (person: string): Promise<string[]> => {
      const codes = someCodes();
      await model.setRecovery(person, codes.map(hashOf));
      return codes;
    },
  };
}
