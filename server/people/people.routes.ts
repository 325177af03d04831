import { Router, type Request, type Response } from 'express';
import * as v from 'valibot';
import { cookieName, readCookie } from '#server/platform/origin.ts';
import type { User } from '#shared/people/people.schema.ts';
import { Setup } from '#shared/people/people.schema.ts';
import { line } from '#shared/wire/define.ts';
import { AppError } from '#shared/wire/error.ts';
import { errorReply } from '#shared/wire/reply.ts';
import type { Directory } from './people.directory.ts';
import type { PeopleService } from './people.service.ts';
import type { SessionService } from './people.sessions.ts';
import type { SetupCode } from './people.setup.ts';

const SignIn = v.strictObject({ name: line(40), password: line(128), code: v.optional(line(20)) });
const WEEK = 7 * 24 * 3600; // seconds; the server ends sessions earlier

interface Deps {
  people: PeopleService;
  sessions: SessionService;
  directory: Directory;
  setup: SetupCode;
  origins: () => readonly string[];
  demo: { logins: readonly string[] } | undefined;
  now: () => Date;
}

function parse<S extends v.GenericSchema>(schema: S, input: unknown): v.InferOutput<S> {
  const parsed = v.safeParse(schema, input);
  if (parsed.success) return parsed.output;
  const field = v.getDotPath(parsed.issues[0]) ?? undefined;
  throw new AppError('bad_input', `${field ?? 'The input'} is not as expected.`, { field });
}

/** Signing in, out, who am I, and the first set-up: what stands in no table because there is no caller yet. */
export function peopleRoutes({ people, sessions, directory, setup, origins, demo, now }: Deps): Router {
  const router = Router();
  const secretOf = (request: Request) => readCookie(request, cookieName(origins()));

  function setCookie(response: Response, secret: string, seconds: number): void {
    const secure = origins()[0]?.startsWith('https://') === true ? '; Secure' : '';
    const cookie = `${cookieName(origins())}=${secret}; HttpOnly; SameSite=Lax; Path=/; Max-Age=${seconds}${secure}`;
    response.append('Set-Cookie', cookie);
  }

  async function userOf(request: Request): Promise<User | undefined> {
    const secret = secretOf(request);
    const caller = secret === undefined ? undefined : await sessions.caller(secret);
    return caller && directory.user(caller.actor.person, now());
  }

  router.get('/session', async (request, response) => {
    const user = await userOf(request);
    if (user !== undefined) {
      response.json({ ok: true, user });
      return;
    }
    // Where to go instead: to the set-up while there is nobody, or to the demo's sign-in names.
    const details = { ...(demo && { demo: true, logins: demo.logins }), ...(directory.isEmpty() && { setup: true }) };
    response.status(401).json(errorReply(new AppError('unauthenticated', 'Please sign in.', details)));
  });

  router.post('/session', async (request, response) => {
    const { name, password } = parse(SignIn, request.body);
    const address = request.socket.remoteAddress ?? '';
    const device = (request.get('user-agent') ?? '').slice(0, 200);
    // A new secret at every sign-in; an older one that came along ends (security #23).
    const before = secretOf(request);
    const { secret, person } = await sessions.begin({ name, password, address, device });
    if (before !== undefined) await sessions.end(before);
    setCookie(response, secret, WEEK);
    response.json({ ok: true, user: directory.user(person, now()) });
  });

  router.delete('/session', async (request, response) => {
    const secret = secretOf(request);
    if (secret !== undefined) await sessions.end(secret);
    setCookie(response, '', 0);
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
