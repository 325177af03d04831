import { Router } from 'express';
import * as v from 'valibot';
import { normalised } from '#server/platform/dispatch.ts';
import type { Need } from '#shared/people/account.rules.ts';
import { Setup } from '#shared/people/people.schema.ts';
import { line } from '#shared/wire/define.ts';
import { AppError } from '#shared/wire/error.ts';
import { createCookies } from './people.cookies.ts';
import type { Devices } from './people.devices.ts';
import type { Directory } from './people.directory.ts';
import { oidcRoutes, type Oidc } from './people.oidc.ts';
import type { PeopleService } from './people.service.ts';
import type { SessionService } from './people.sessions.ts';
import type { SetupCode } from './people.setup.ts';
import type { SignIn } from './people.signin.ts';

const Given = v.strictObject({ name: line(40), password: line(128), code: v.optional(line(20)) });

interface Deps {
  people: PeopleService;
  sessions: SessionService;
  signIn: SignIn;
  devices: Devices;
  directory: Directory;
  setup: SetupCode;
  /** Signing in by way of another provider, where one is set. */
  oidc: Oidc | undefined;
  origins: () => readonly string[];
  demo: { logins: readonly string[] } | undefined;
  now: () => Date;
}

/** Read as the dispatch reads commands: a password given there in one form of its characters opens this door too. */
function parse<S extends v.GenericSchema>(schema: S, input: unknown): v.InferOutput<S> {
  const parsed = v.safeParse(schema, normalised(input));
  if (parsed.success) return parsed.output;
  const field = v.getDotPath(parsed.issues[0]) ?? undefined;
  throw new AppError('bad_input', `${field ?? 'The input'} is not as expected.`, { field });
}

/** Signing in, out, who am I, and the first set-up: what stands in no table because there is no caller yet. */
export function peopleRoutes(deps: Deps): Router {
  const { people, sessions, signIn, devices, directory, setup, origins, demo, now, oidc } = deps;
  const router = Router();
  const cookies = createCookies(origins);

  /** Where somebody who is not let in goes instead: to the set-up, the demo's names, or what their session needs. */
  const elsewhere = (need: Need | undefined) => ({
    ...(demo && { demo: true, logins: demo.logins }),
    ...(directory.isEmpty() && { setup: true }),
    ...(oidc && { oidc: true }),
    ...(need && { need }),
  });

  router.get('/session', async (request, response) => {
    const secret = cookies.session(request);
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
    const before = cookies.session(request);
    const known = (login: string) => devices.read(login, cookies.device(request, login), now());
    const from = { address: request.ip ?? '', device, known };
    const begun = await signIn.begin({ name, password, code: code?.trim(), ...from });
    if (before !== undefined) await sessions.end(before);
    cookies.setSession(response, begun.secret);
    cookies.setDevice(response, begun.login, begun.known);
    const holder = await sessions.holder(begun.secret);
    // Let in as far as the account goes: the page sees to what is missing, and asks once more who is signed in.
    if (holder?.need !== undefined) response.json({ ok: true, need: holder.need });
    else response.json({ ok: true, user: directory.user(begun.person, now()) });
  });

  if (oidc !== undefined) oidcRoutes(router, { oidc, cookies, sessions, origins, now });

  router.delete('/session', async (request, response) => {
    const secret = cookies.session(request);
    if (secret !== undefined) await sessions.end(secret);
    cookies.dropSession(response);
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
