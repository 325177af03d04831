import { uuidv7 } from '#shared/wire/ids.ts';

/**
 * A fresh UUIDv7, made before the first try of a command. Only `crypto.getRandomValues` is used: `randomUUID` and
 * `subtle` are missing where the page is served over plain HTTP on a local network, and a phone there must work too.
 */
export function newId(): string {
  return uuidv7(Date.now(), crypto.getRandomValues(new Uint8Array(16)));
}
