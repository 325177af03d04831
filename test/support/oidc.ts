import { createSign, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider from 'oidc-provider';
import { onTestFinished } from 'vitest';

export interface Token {
  header: Record<string, unknown>;
  claims: Record<string, unknown>;
}

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const read = (said = ''): Record<string, unknown> =>
  JSON.parse(Buffer.from(said, 'base64url').toString()) as Record<string, unknown>;

/** A token of a header and claims, with whatever signs it. */
export const tokenOf = ({ header, claims }: Token, sign: (said: string) => string): string => {
  const said = `${part(header)}.${part(claims)}`;
  return `${said}.${sign(said)}`;
};

/** RS256. */
export const signedBy =
  (key: KeyObject) =>
  (said: string): string =>
    createSign('sha256').update(said).sign(key).toString('base64url');

/** Has a provider's answer to the hub carry another identity token than it made. */
function changeToken(response: ServerResponse, forge: (token: string) => string): void {
  const end = response.end.bind(response) as (body: string) => ServerResponse;
  response.end = ((body: unknown) => {
    const answer = JSON.parse(String(body)) as { id_token?: string };
    const text = JSON.stringify({ ...answer, ...(answer.id_token && { id_token: forge(answer.id_token) }) });
    response.setHeader('content-length', Buffer.byteLength(text));
    return end(text);
  }) as typeof response.end;
}

/** A provider that signs everybody in whom the test names, without a page in between. Answers its issuer. */
export async function startProvider({ client, secret }: { client: string; secret: string }) {
  /** Whom it signs in, when it asked them (now, unless said, as whole seconds), and how often it has asked. */
  const who: { subject: string; at?: number; asked: number } = { subject: '', asked: 0 };
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  /** Makes another identity token of the provider's own, before the hub gets it. */
  const forging: { forge: ((token: Token) => string) | undefined } = { forge: undefined };
  const http = createServer();
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  /** It knows the hub's address once there is one. */
  const serve = (back: string): void => {
    const provider = new Provider(issuer, {
      clients: [{ client_id: client, client_secret: secret, redirect_uris: [back] }],
      pkce: { required: () => true },
      jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'test', alg: 'RS256', use: 'sig' }] },
      features: { devInteractions: { enabled: false } },
      cookies: { keys: ['only for this test'] },
      findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
      loadExistingGrant: async (context) => {
        const grant = new context.oidc.provider.Grant({
          clientId: context.oidc.client?.clientId ?? '',
          accountId: context.oidc.session?.accountId ?? '',
        });
        grant.addOIDCScope('openid');
        await grant.save();
        return grant;
      },
    });
    const pages = provider.callback();
    http.on('request', (request, response) => {
      const { forge } = forging;
      if (request.url === '/token' && forge !== undefined)
        changeToken(response, (token) => {
          const [header, claims] = token.split('.');
          return forge({ header: read(header), claims: read(claims) });
        });
      if (request.url?.startsWith('/interaction/') === true) {
        who.asked++;
        const login = { accountId: who.subject, ...(who.at !== undefined && { ts: who.at }) };
        void provider.interactionFinished(request, response, { login });
      } else void pages(request, response);
    });
  };
  onTestFinished(() => {
    http.close();
    http.closeAllConnections();
  });
  return { issuer, who, serve, forging, key: privateKey };
}

/** A browser that follows redirects and keeps cookies by port; answers where it ends and what it holds there. */
export async function browse(
  from: string,
  jar = new Map<string, Map<string, string>>(),
  until: (at: URL) => boolean = () => false,
) {
  let at = new URL(from);
  let site = 'same-origin';
  for (let hop = 0; hop < 12; hop++) {
    const held = jar.get(at.origin) ?? new Map<string, string>();
    jar.set(at.origin, held);
    const cookie = [...held].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(at, { redirect: 'manual', headers: { cookie, 'sec-fetch-site': site } });
    await response.arrayBuffer();
    for (const given of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(given) ?? [];
      if (value === '') held.delete(name);
      else held.set(name, value);
    }
    const to = response.headers.get('location');
    if (to === null) return { at, held };
    const next = new URL(to, at);
    if (next.origin !== at.origin) site = 'cross-site'; // a browser says so to the end of the chain (Fetch Metadata §2.3)
    at = next;
    if (until(at)) return { at, held: jar.get(at.origin) ?? new Map<string, string>() };
  }
  throw new Error(`redirected for ever, last to ${at.href}`);
}
