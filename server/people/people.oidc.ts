import { readFile } from 'node:fs/promises';
import type { Router } from 'express';
import * as client from 'openid-client';
import { sha256 } from '#server/platform/crypto.ts';
import type { Log } from '#server/platform/log.ts';
import type { Key } from '#server/platform/secrets.ts';
import { toHex } from '#shared/wire/ids.ts';
import type { AccountModel } from './people.account.model.ts';
import { createAddresses } from './people.addresses.ts';
import type { SecurityLog } from './people.audit.ts';
import type { Cookies } from './people.cookies.ts';
import type { SessionService } from './people.sessions.ts';

/*
 * Signing in with an identity of another provider: authorization code with PKCE, `state` and `nonce` (OpenID Connect).
 * Who that is here an administrator has said by issuer and subject. It takes the place of the password alone: whoever
 * needs a second factor here is asked for it here.
 */

const WAY = 10 * 60; // seconds somebody may take at the other provider
const TIMEOUT = 10; // seconds the other provider may take to answer us
/**
 * Seconds since somebody was last asked who they are over there, 12 hours: as long as a session with a post lasts. Who
 * was asked longer ago is asked again. A session begun so counts from that moment, not from when they came here.
 */
const ASKED_WITHIN = 12 * 60 * 60;
const CLOCKS = 60_000; // ms by which its clock may be ahead of ours
const BACK = '/api/session/oidc/callback';

export interface OidcSettings {
  issuer: string;
  client: string;
  secretFile: string | undefined;
}

interface Around {
  model: AccountModel;
  sessions: SessionService;
  key: Key;
  log: SecurityLog;
  complain: Log;
  isSuspended: (person: string) => boolean;
  /** Resolves when whom other processes suspended or let back in by now is known here. */
  current: () => Promise<void>;
}

/** What must come back as it went out. */
interface Way {
  state: string;
  nonce: string;
  verifier: string;
  until: number;
}

/** The row of an identity: neither the issuer's nor the subject's characters matter to the store. */
export const identityOf = (issuer: string, subject: string): string => toHex(sha256(JSON.stringify([issuer, subject])));

export type Oidc = Awaited<ReturnType<typeof createOidc>>;

export async function createOidc(settings: OidcSettings, around: Around) {
  const { model, sessions, key, log, complain, isSuspended, current } = around;
  const secret = settings.secretFile === undefined ? undefined : (await readFile(settings.secretFile, 'utf8')).trim();
  const addresses = createAddresses();
  let found: Promise<client.Configuration> | undefined;

  /** Asked when first needed, and again after a failure: the hub starts without the other provider. */
  function provider(): Promise<client.Configuration> {
    const issuer = new URL(settings.issuer);
    const auth = secret === undefined ? client.None() : client.ClientSecretBasic(secret);
    // Plain http is allowed to a provider on this machine alone: see config.ts.
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- marked so that it stands out, and here it is meant
    const plain = issuer.protocol === 'http:' ? [client.allowInsecureRequests] : [];
    // Signatures too: of itself the library relies on the line to the provider, whatever ends its TLS (ASVS 6.8.2).
    found ??= client
      .discovery(issuer, settings.client, undefined, auth, {
        timeout: TIMEOUT,
        execute: [client.enableNonRepudiationChecks, ...plain],
      })
      .catch((error: unknown) => {
        found = undefined;
        throw error;
      });
    return found;
  }

  /** The identity that came back and when it was last asked for who it is, ms, or a throw. */
  async function identity(back: URL, way: Way): Promise<{ known: string; asked: number }> {
    const tokens = await client.authorizationCodeGrant(await provider(), back, {
      pkceCodeVerifier: way.verifier,
      expectedState: way.state,
      expectedNonce: way.nonce,
      idTokenExpected: true,
      maxAge: ASKED_WITHIN, // what was asked for is checked as well: a provider may pay no heed to it
    });
    const claims = tokens.claims();
    if (claims?.auth_time === undefined) throw new Error('no ID token came, or none that says when they were asked');
    return { known: identityOf(claims.iss, claims.sub), asked: claims.auth_time * 1000 };
  }

  return {
    /** Where to send somebody, and what their browser keeps meanwhile, sealed. */
    begin: async (origin: string, now: Date): Promise<{ to: URL; way: string; seconds: number }> => {
      const verifier = client.randomPKCECodeVerifier();
      const [state, nonce] = [client.randomState(), client.randomNonce()];
      const to = client.buildAuthorizationUrl(await provider(), {
        ...{ redirect_uri: `${origin}${BACK}`, scope: 'openid', state, nonce },
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        max_age: String(ASKED_WITHIN),
      });
      const way: Way = { state, nonce, verifier, until: now.getTime() + WAY * 1000 };
      return { to, way: key.seal(JSON.stringify(way), 'oidc'), seconds: WAY };
    },

    /**
     * The session of whoever came back, or undefined: the reason stands in the log, and is nobody else's business. Where
     * too many came back with nothing the next is not looked at, asks nobody and fills no log. Throws `rate_limited`.
     */
    finish: async (
      back: URL,
      sealed: string | undefined,
      from: { address: string; device: string; now: Date },
    ): Promise<string | undefined> => {
      const { address, device, now } = from;
      addresses.check(address);
      const kept = sealed === undefined ? undefined : key.open(sealed, 'oidc');
      try {
        if (kept === undefined) throw new Error('nobody of this browser is under way');
        const way = JSON.parse(kept) as Way;
        if (now.getTime() > way.until) throw new Error('it took too long');
        const { known, asked } = await identity(back, way);
        if (asked > now.getTime() + CLOCKS) throw new Error('it says they were asked at a time to come');
        await current();
        const person = await model.boundTo(known);
        if (person === undefined) throw new Error('the identity is bound to nobody');
        if (isSuspended(person)) throw new Error('who it is bound to is suspended'); // else it would run on after that
        const row = await model.credentialOf(person);
        const asks = row?.seed === undefined ? null : ('code' as const);
        const holds = async (): Promise<boolean> =>
          (await model.boundTo(known)) === person &&
          (await model.credentialOf(person))?.seed === row?.seed &&
          !isSuspended(person);
        const askedThere = Math.min(asked, now.getTime()); // its clock may be ahead of ours
        const begun = await sessions.begin(person, { address, device, asks, proved: false, askedThere }, holds);
        await log.note('signed-in', person, { address, session: begun.session, by: 'oidc' });
        return begun.secret;
      } catch (error) {
        addresses.take(address);
        complain.warn({ error }, 'not signed in by the other provider');
        await log.note('sign-in.refused', 'nobody', { address, by: 'oidc' });
        return undefined;
      }
    },
  };
}

interface Routes {
  oidc: Oidc;
  cookies: Cookies;
  sessions: SessionService;
  origins: () => readonly string[];
  now: () => Date;
}

/** There and back. Coming back is a GET from another site: the sealed cookie and `state` say that it was begun here. */
export function oidcRoutes(router: Router, { oidc, cookies, sessions, origins, now }: Routes): void {
  const origin = (): string => origins()[0] ?? '';
  router.get('/session/oidc', async (_request, response) => {
    const { to, way, seconds } = await oidc.begin(origin(), now());
    cookies.setWay(response, way, seconds);
    response.redirect(303, to.href);
  });

  router.get('/session/oidc/callback', async (request, response) => {
    const from = { address: request.ip ?? '', device: (request.get('user-agent') ?? '').slice(0, 200), now: now() };
    const secret = await oidc.finish(new URL(request.originalUrl, origin()), cookies.way(request), from);
    cookies.setWay(response, '', 0); // once: neither the code nor the way leads here again
    if (secret === undefined) {
      response.redirect(303, '/sign-in?oidc=refused');
      return;
    }
    const before = cookies.session(request);
    if (before !== undefined) await sessions.end(before);
    cookies.setSession(response, secret);
    response.redirect(303, '/');
  });
}
