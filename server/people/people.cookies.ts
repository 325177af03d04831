import type { IncomingMessage } from 'node:http';
import type { Response } from 'express';
import { cookieName, readCookie } from '#server/platform/origin.ts';
import { deviceCookie } from './people.devices.ts';

const WEEK = 7 * 24 * 3600; // seconds; the server ends sessions earlier
const DOOR = '/api/session'; // what only the door reads travels nowhere else

export type Cookies = ReturnType<typeof createCookies>;

/** Every cookie of the hub: none can be read by a script, none comes along with a request from another site's page. */
export function createCookies(origins: () => readonly string[]) {
  const isSecure = (): boolean => origins()[0]?.startsWith('https://') === true;
  const prefixed = (name: string): string => `${isSecure() ? '__Secure-' : ''}${name}`;

  function set(response: Response, name: string, { value, path, seconds }: Set): void {
    const secure = isSecure() ? '; Secure' : '';
    const kept = `HttpOnly; SameSite=Lax; Path=${path}; Max-Age=${seconds}${secure}`;
    response.append('Set-Cookie', `${name}=${value}; ${kept}`);
  }

  return {
    session: (request: IncomingMessage): string | undefined => readCookie(request, cookieName(origins())),
    setSession: (response: Response, value: string): void => {
      set(response, cookieName(origins()), { value, path: '/', seconds: WEEK });
    },
    dropSession: (response: Response): void => {
      set(response, cookieName(origins()), { value: '', path: '/', seconds: 0 });
    },
    device: (request: IncomingMessage, login: string): string | undefined =>
      readCookie(request, prefixed(deviceCookie(login))),
    setDevice: (response: Response, login: string, given: { value: string; seconds: number }): void => {
      set(response, prefixed(deviceCookie(login)), { ...given, path: DOOR });
    },
    /** What a way through another provider needs when it comes back. */
    way: (request: IncomingMessage): string | undefined => readCookie(request, prefixed('oidc')),
    setWay: (response: Response, value: string, seconds: number): void => {
      set(response, prefixed('oidc'), { value, path: DOOR, seconds });
    },
  };
}

interface Set {
  value: string;
  path: string;
  seconds: number;
}
