import { seedPeople } from '#server/demo/demo.people.ts';
import { codeAt } from '#server/people/people.totp.ts';
import { createClock } from '#server/platform/clock.ts';
import { DEMO_PASSWORD, startApp } from './app.ts';
import type { Answer } from './client.ts';

/* Signing in as people do who have a second factor. */

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The seed out of what an authenticator reads. */
export function seedIn(uri: string): Uint8Array {
  const secret = new URL(uri).searchParams.get('secret') ?? '';
  const bits = Array.from(secret, (letter) => BASE32.indexOf(letter).toString(2).padStart(5, '0')).join('');
  return Uint8Array.from(bits.match(/.{8}/g) ?? [], (byte) => parseInt(byte, 2));
}

/** What an authenticator shows at a moment. */
export const codeFor = (uri: string, at = new Date()): string => codeAt(seedIn(uri), Math.floor(at.getTime() / 30_000));

export interface Signed {
  status: number;
  body: Answer;
  /** Cookies as they would be sent back: of the session and of the device. */
  cookies: string[];
  retryAfter: string | null;
}

/** `POST /api/session` with what somebody types. */
export async function tryToSignIn(
  url: string,
  given: { name: string; password: string; code?: string },
  headers: Record<string, string> = {},
): Promise<Signed> {
  const response = await fetch(`${url}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url, 'x-linli': '1', ...headers },
    body: JSON.stringify(given),
  });
  const cookies = response.headers.getSetCookie().map((cookie) => cookie.split(';')[0] ?? '');
  const body = (await response.json()) as Answer;
  return { status: response.status, body, cookies, retryAfter: response.headers.get('retry-after') };
}

/** A command (or, without a body, a query) over HTTP, with these cookies; with the session's cookie as it is afterwards. */
export async function askAndKeep(
  url: string,
  cookie: string,
  name: string,
  body?: object,
): Promise<{ answer: Answer; cookie: string }> {
  const response = await fetch(`${url}/api/${name.replace(':', '/')}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { cookie, origin: url, 'x-linli': '1', 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const [given = cookie] = response.headers.getSetCookie().map((one) => one.split(';')[0] ?? '');
  return { answer: (await response.json()) as Answer, cookie: given };
}

/** The answer alone. */
export const ask = async (...call: Parameters<typeof askAndKeep>): Promise<Answer> =>
  (await askAndKeep(...call)).answer;

/** Enrols a second factor; answers its address, the recovery codes and the session's cookie from then on. */
export async function enrolFactor({ url }: { url: string }, cookie: string, at = new Date()) {
  const begun = await ask(url, cookie, 'people:begin-factor', {});
  if (!begun.ok) throw new Error(JSON.stringify(begun));
  const uri = String(begun['uri']);
  const confirm = { code: codeFor(uri, at) };
  const { answer, cookie: after } = await askAndKeep(url, cookie, 'people:confirm-factor', confirm);
  if (!answer.ok) throw new Error(JSON.stringify(answer));
  return { uri, recovery: answer['recovery'] as string[], cookie: after };
}

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

/** A hub for real use with the demo's people: nobody lets them off the second factor. It begins at 09:00 on a Monday. */
export async function startReal(env: Record<string, string> = {}) {
  const clock = createClock();
  clock.set(new Date('2026-11-23T01:00:00Z'));
  const app = await startApp({ seed: false, clock, env });
  await seedPeople(app.app, clock.now());
  const later = (ms: number): void => {
    clock.set(new Date(clock.now().getTime() + ms));
  };
  const enter = (name: string, more: { password?: string; code?: string } = {}, headers: Record<string, string> = {}) =>
    tryToSignIn(app.url, { name, password: DEMO_PASSWORD, ...more }, headers);
  /** Signs in and enrols where it must be; the session's cookie, the device's, and what the authenticator was given. */
  const enrolled = async (name: string) => {
    const { cookies } = await enter(name);
    const [entered = '', device = ''] = cookies;
    const { uri, recovery, cookie } = await enrolFactor(app, entered, clock.now());
    later(30 * SECOND); // the code that enrolled it was used
    return { cookie, device, uri, recovery, code: () => codeFor(uri, clock.now()) };
  };
  return { app, clock, later, enter, enrolled };
}
