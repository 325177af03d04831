import { createHash, randomBytes } from 'node:crypto';
import { uuidv7, type Sha256 } from '#shared/wire/ids.ts';

/** SHA-256 over the parts, one after the other: the hash function that shared code is handed. */
export const sha256: Sha256 = (...parts) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** A fresh UUIDv7, for what the server itself begins. */
export const newId = (): string => uuidv7(Date.now(), randomBytes(16));

/** 16 random bytes, hex, to stand beside what may be erased: no hash of it confirms a guess at a short value. */
export const newSalt = (): string => randomBytes(16).toString('hex');

/** 256 random bits as URL-safe text: session ids, set-up codes. */
export const newSecret = (): string => randomBytes(32).toString('base64url');
