import type { Key } from '#server/platform/secrets.ts';
import { newSecret, sha256 } from '#server/platform/crypto.ts';
import { toHex } from '#shared/wire/ids.ts';

const KEPT = 180 * 24 * 3600; // seconds

/** A device that somebody signed in from: the cookie says so to the throttle, and nothing else. It lets nobody in. */
export interface Devices {
  /** The device's own name where the cookie was given to this login; undefined for a stranger. */
  read: (login: string, cookie: string | undefined, now: Date) => string | undefined;
  /** What the cookie says from now on. */
  give: (login: string, now: Date) => { value: string; seconds: number };
}

/** One cookie for each login, so that those who share a machine do not take it from each other. */
export const deviceCookie = (login: string): string => `device-${toHex(sha256(login)).slice(0, 16)}`;

export function createDevices(key: Key): Devices {
  const signed = (login: string, device: string, until: string): string => `device ${login} ${device} ${until}`;
  return {
    read: (login, cookie, now) => {
      const [device, until, signature] = (cookie ?? '').split('.');
      if (device === undefined || until === undefined || signature === undefined) return undefined;
      if (!key.isSigned(signed(login, device, until), signature)) return undefined;
      return Number(until) * 1000 > now.getTime() ? device : undefined;
    },
    give: (login, now) => {
      const device = newSecret().slice(0, 22);
      const until = String(Math.floor(now.getTime() / 1000) + KEPT);
      return { value: `${device}.${until}.${key.sign(signed(login, device, until))}`, seconds: KEPT };
    },
  };
}
