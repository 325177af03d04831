import { Router, type Request, type Response } from 'express';
import * as v from 'valibot';
import { cookieName, readCookie } from '#server/platform/origin.ts';
import type { Need } from '#shared/people/account.rules.ts';
import { Setup } from '#shared/people/people.schema.ts';
import { line } from '#shared/wire/define.ts';
import { AppError } from '#shared/wire/error.ts';
import { deviceCookie, type Devices } from './people.devices.ts';
import type { Directory } from './people.directory.ts';
import type { PeopleService } from './people.service.ts';
import type { SessionService } from './people.sessions.ts';
import type { SetupCode } from './people.setup.ts';
import type { SignIn } from './people.signin.ts';

const Given = v.strictObject({ name: line(40), password: line(128), code: v.optional(line(20)) });
const WEEK = 7 * 24 * 3600; // seconds; the server ends sessions earlier

interface Deps {
  people: PeopleService;
  sessions: SessionService;
  signIn: SignIn;
  devices: Devices;
  directory: Directory;
  setup: SetupCode;
  origins: () => readonly string[];
  demo: { logins: readonly string[] } | undefined;
  now: () => Date;
}

interface Cookie {
  name: string;
  value: string;
  path: string;
  seconds: number;
}

function parse<S extends v.GenericSchema>(schema: S, input: unknown): v.InferOutput<S> {
  const parsed = v.safeParse(schema, input);
  if (parsed.success) return parsed.output;
  const field = v.getDotPath(parsed.issues[0]) ?? undefined;
  throw new AppError('bad_input', `${field ?? 'The input'} is not as expected.`, { field });
}

/** Signing in, out, who am I, and the first set-up: what stands in no table because there is no caller yet. */
export function peopleRoutes(deps: Deps): Router {
  const { people, sessions, signIn, devices, directory, setup, origins, demo, now } = deps;
  const router = Router();
  const secretOf = (request: Request) => readCookie(request, cookieName(origins()));
  const deviceName = (login: string): string => `${isSecure() ? '__Secure-' : ''}${deviceCookie(login)}`;
  const isSecure = (): boolean => origins()[0]?.startsWith('https://') === true;

  function setCookie(response: Response, { name, value, path, seconds }: Cookie): void {
    const secure = isSecure() ? '; Secure' : '';
    response.append(
      'Set-Cookie',
      `${name}=${value}; HttpOnly; SameSite=Lax; Path=${path}; Max-Age=${seconds}${secure}`,
    );
  }
  const setSession = (response: Response, value: string, seconds: number): void => {
    setCookie(response, { name: cookieName(origins()), value, path: '/', seconds });
  };

  /** Where somebody who is not let in goes instead: to the set-up, the demo's names, or what their session needs. */
  const elsewhere = (need: Need | undefined) => ({
    ...(demo && { demo: true, logins: demo.logins }),
    ...(directory.isEmpty() && { setup: true }),
    ...(need && { need }),
  });

  router.get('/session', async (request, response) => {
    const secret = secretOf(request);
    const holder = secret === undefined ? undefined : await sessions.holder(secret);
    if (holder === undefined || holder.need !== undefined) {
      throw new AppError('unauthenticated', 'Please sign in.', elsewhere(holder?.need));
    }
    response.json({ ok: true, user: directory.user(holder.actor.person, now()) });
  });

  router.post('/session', async (request, response) => {
    const { name, password, code } = parse(Given, request.body);
    const device = (request.get('user-agent') ?? '').slice(0, 200);
    // A new secret at every sign-in; an older one that came along ends (security #23).
    const before = secretOf(request);
    const known = (login: string) => devices.read(login, readCookie(request, deviceName(login)), now());
    const from = { address: request.ip ?? '', device, known };
    const begun = await signIn.begin({ name, password, code: code?.trim(), ...from });
    if (before !== undefined) await sessions.end(before);
    setSession(response, begun.secret, WEEK);
    setCookie(response, { name: deviceName(begun.login), path: '/api/session', ...begun.known });
    const holder = await sessions.holder(begun.secret);
    // Let in as far as the account goes: the page sees to what is missing, and asks once more who is signed in.
    if (holder?.need !== undefined) response.json({ ok: true, need: holder.need });
    else response.json({ ok: true, user: directory.user(begun.person, now()) });
  });

  router.delete('/session', async (request, response) => {
    const secret = secretOf(request);
    if (secret !== undefined) await sessions.end(secret);
    setSession(response, '', 0);
    response.set('Clear-Site-Data', '"cache"').json({ ok: true });
  });

  router.post('/setup', async (request, response) => {
    const given = parse(Setup, request.body);
    if (!directory.isEmpty() || !setup.isRight(given.code)) throw new AppError('not_found');
    const unit = given.unit ?? { code: 'root', name: '本单位', level: 'district' as const };
    const { login, unitName } = await people.setUp({ ...given, unit });
    response.json({ ok: true, login, unit: unitName }); // an earlier attempt may have chosen others
  });

  return router;
}
