import { createHmac } from 'node:crypto';

const STEP = 30; // seconds
const DIGITS = 6;
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The code of one step (RFC 6238 with SHA-1 and six digits: what every authenticator speaks). */
export function codeAt(seed: Uint8Array, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const hash = createHmac('sha1', seed).update(counter).digest();
  const offset = (hash.at(-1) ?? 0) & 15;
  return String((hash.readUInt32BE(offset) & 0x7fffffff) % 10 ** DIGITS).padStart(DIGITS, '0');
}

/** The step a code belongs to, one to either side of `now` forgiven; undefined for a wrong one. */
export function stepOf(seed: Uint8Array, code: string, now: Date): number | undefined {
  const at = Math.floor(now.getTime() / 1000 / STEP);
  return [at, at - 1, at + 1].find((step) => codeAt(seed, step) === code);
}

/** RFC 4648 without padding, as people may have to type it. */
export function base32(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{1,5}/g) ?? []).map((part) => BASE32[parseInt(part.padEnd(5, '0'), 2)]).join('');
}

/** What an authenticator reads from the QR code (Google's key URI format). */
export function keyUri(seed: Uint8Array, { issuer, login }: { issuer: string; login: string }): string {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(login)}`;
  return `otpauth://totp/${label}?secret=${base32(seed)}&issuer=${encodeURIComponent(issuer)}`;
}
