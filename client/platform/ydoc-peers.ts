import type { Awareness } from 'y-protocols/awareness';

/** Somebody else who has a text open. */
export interface Peer {
  client: number;
  id: string;
  name: string;
  /** The part of the text they are in, as their page said it. */
  item: string | undefined;
}

function peerOf(client: number, state: Readonly<Record<string, unknown>>): Peer | undefined {
  const user = state['user'] as { id?: unknown; name?: unknown } | undefined;
  if (typeof user?.name !== 'string') return undefined;
  const id = typeof user.id === 'string' ? user.id : user.name;
  return { client, id, name: user.name, item: typeof state['item'] === 'string' ? state['item'] : undefined };
}

/** The others, one entry a person however many pages they have open; the page they write in counts. */
export function peersOf(awareness: Awareness): Peer[] {
  const all = [...awareness.getStates()]
    .filter(([client]) => client !== awareness.clientID)
    .flatMap(([client, state]) => peerOf(client, state) ?? []);
  const first = (peer: Peer): Peer => all.find(({ id, item }) => id === peer.id && item !== undefined) ?? peer;
  return all
    .filter((peer, at) => all.findIndex(({ id }) => id === peer.id) === at)
    .map(first)
    .sort((a, b) => a.name.localeCompare(b.name, 'zh-CN'));
}
