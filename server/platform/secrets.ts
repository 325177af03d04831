import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import path from 'node:path';
import { secretFile } from './secret-file.ts';

const LENGTH = 32; // bytes

/** A key of the hub's own. Nothing it made can be read without the file it stands in. */
export interface Key {
  /** Readable text that only this key opens, for this purpose: AES-256-GCM, `about` is authenticated with it. */
  seal: (text: string, about: string) => string;
  /** Undefined for what this key did not seal, or not about this. */
  open: (sealed: string, about: string) => string | undefined;
  /** HMAC-SHA-256, URL-safe. */
  sign: (text: string) => string;
  isSigned: (text: string, signature: string) => boolean;
}

/** A key out of the secrets folder, made there at the first start and readable by the service alone. */
export async function loadKey(secrets: string, name: string): Promise<Key> {
  const bytes = await secretFile(secrets, name, () => randomBytes(LENGTH));
  if (bytes.length !== LENGTH) throw new Error(`${path.join(secrets, name)} is no key of ${LENGTH} bytes`);
  const sign = (text: string): string => createHmac('sha256', bytes).update(`sign ${text}`).digest('base64url');
  return {
    seal: (text, about) => {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', bytes, nonce).setAAD(Buffer.from(about));
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url');
    },
    open: (sealed, about) => {
      const all = Buffer.from(sealed, 'base64url');
      try {
        const cipher = createDecipheriv('aes-256-gcm', bytes, all.subarray(0, 12)).setAAD(Buffer.from(about));
        cipher.setAuthTag(all.subarray(12, 28));
        return Buffer.concat([cipher.update(all.subarray(28)), cipher.final()]).toString('utf8');
      } catch {
        return undefined;
      }
    },
    sign,
    isSigned: (text, signature) => {
      const right = Buffer.from(sign(text));
      const given = Buffer.from(signature);
      return right.length === given.length && timingSafeEqual(right, given);
    },
  };
}
