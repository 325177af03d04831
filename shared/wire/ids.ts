/** SHA-256 over the parts, one after the other. Handed in: the floor both sides share imports no crypto. */
export type Sha256 = (...parts: readonly (Uint8Array | string)[]) => Uint8Array;

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += HEX[byte] ?? '';
  return text;
}

/** The value of a hexadecimal digit by its character code, in either case. */
const digit = (code: number): number => (code <= 57 ? code - 48 : (code | 32) - 87);

export function fromHex(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++)
    bytes[i] = digit(text.charCodeAt(2 * i)) * 16 + digit(text.charCodeAt(2 * i + 1));
  return bytes;
}

function uuidOf(bytes: Uint8Array, version: number): string {
  const b = bytes.slice(0, 16);
  b[6] = ((b[6] ?? 0) & 0x0f) | (version << 4);
  b[8] = ((b[8] ?? 0) & 0x3f) | 0x80;
  return toHex(b).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/**
 * A UUIDv7 (RFC 9562 §5.7): 48 bits of milliseconds, then random bits. `random` is 16 fresh random bytes.
 * Time is there for locality of storage alone; nothing is ever ordered by it.
 */
export function uuidv7(now: number, random: Uint8Array): string {
  const b = random.slice(0, 16);
  let ms = now;
  for (let i = 5; i >= 0; i--) {
    b[i] = ms % 256;
    ms = Math.floor(ms / 256);
  }
  return uuidOf(b, 7);
}

/**
 * The id of a follow-up event the server makes: UUIDv8 over SHA-256 of (source event id, purpose). A crash between
 * the source and the follow-up then repeats harmlessly, because the second attempt carries the same id.
 */
export function derivedId(sha256: Sha256, source: string, purpose: string): string {
  return uuidOf(sha256(`${source} ${purpose}`), 8);
}

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** A code people can read out: prefix and ten Crockford base32 characters of SHA-256(id), as `I-7K3M9-Q2TX4`. */
export function publicCode(sha256: Sha256, prefix: string, id: string): string {
  const hash = sha256(id);
  let bits = 0n;
  for (let i = 0; i < 7; i++) bits = (bits << 8n) | BigInt(hash[i] ?? 0);
  bits >>= 6n; // 56 bits read, 50 used
  let text = '';
  for (let i = 0; i < 10; i++) {
    text = (CROCKFORD[Number(bits & 31n)] ?? '') + text;
    bits >>= 5n;
  }
  return `${prefix}-${text.slice(0, 5)}-${text.slice(5)}`;
}
