import type { IncomingMessage } from 'node:http';

/** Cookie of the session: the `__Host-` prefix binds it to https and to this host alone. */
export const cookieName = (origins: readonly string[]): string =>
  origins[0]?.startsWith('https://') === true ? '__Host-sid' : 'sid';

/** The value of one cookie, or undefined. Values are ours: URL-safe, never quoted. */
export function readCookie(request: IncomingMessage, name: string): string | undefined {
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const cut = part.indexOf('=');
    if (cut > 0 && part.slice(0, cut).trim() === name) return part.slice(cut + 1).trim();
  }
  return undefined;
}

/**
 * Whether an upgrade comes from a page we serve. Browsers send cookies with cross-site WebSocket handshakes and no
 * preflight asks before, so the Origin is the only guard (security #1). A missing one is refused, from programs too.
 */
export function fromOurOrigin(request: IncomingMessage, origins: readonly string[]): boolean {
  const { origin } = request.headers;
  return origin !== undefined && origins.includes(origin);
}
