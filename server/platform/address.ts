import type { IncomingMessage } from 'node:http';

/** Whether the peer at an address, so many hops away, is believed about who stands before it: Express's own setting. */
export type Believed = (address: string, hop: number) => boolean;

const LOOPBACK = /^(::1$|127\.|::ffff:127\.)/;
const PASSED_ON = ['forwarded', 'x-forwarded-for', 'via'] as const;

/** Whether a request comes from this machine, and not by way of a proxy on it that speaks for somebody else. */
export function isFromHere({ socket, headers }: IncomingMessage): boolean {
  return LOOPBACK.test(socket.remoteAddress ?? '') && !PASSED_ON.some((name) => headers[name] !== undefined);
}

/**
 * The address somebody asks from, the nearest that no believed proxy vouches for; a limit for one address may rest on
 * it, a right never. Undefined where it is not known: behind a proxy of this machine that nobody told us of everybody
 * has the same address, and a limit for one would be a limit for all of them.
 */
export function addressOf(request: IncomingMessage, isBelieved: Believed): string | undefined {
  const direct = request.socket.remoteAddress;
  if (direct === undefined) return undefined;
  if (!isBelieved(direct, 0)) {
    const isHidden = LOOPBACK.test(direct) && !isFromHere(request);
    return isHidden ? undefined : networkOf(direct);
  }
  const said = [request.headers['x-forwarded-for'] ?? []].flat().join(',').split(',');
  const chain = said.map((address) => address.trim()).filter((address) => address !== '');
  const path = [direct, ...chain.reverse()];
  return networkOf(path.find((address, hop) => !isBelieved(address, hop)) ?? path.at(-1) ?? direct);
}

/** One household or office has all of an IPv6 /64: whoever may choose among them is still one. */
export function networkOf(address: string): string {
  if (address.startsWith('::ffff:') && address.includes('.')) return address.slice('::ffff:'.length);
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const gap = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  const groups = [...before, ...Array<string>(gap).fill('0'), ...after].slice(0, 4);
  return `${groups.map((group) => group.replace(/^0+(?=.)/, '')).join(':')}::/64`;
}
