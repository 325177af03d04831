import type { Link } from './ydocs.link.ts';
import { awarenessMessage, type AwarenessEntry } from './ydocs.protocol.ts';

const MAX_SHOWN = 50; // cursors of one document; beyond it people see a number
const ALLOWED = ['cursor', 'item', 'field', 'viewport'] as const;
const COLOURS = ['#7a3e6e', '#3d4c94', '#1d6470', '#7a4f2a'] as const;

/** A colour for a person in one text: the same for everybody who looks, never a rank or a state. */
function colourOf(person: string): string {
  let sum = 0;
  for (const char of person) sum = (sum * 31 + char.charCodeAt(0)) % 9973;
  return COLOURS[sum % COLOURS.length] ?? COLOURS[0];
}

/**
 * Who is in the text and where. Names come from the session whatever a client says, each connection speaks for its own
 * client id alone, and whoever leaves is gone at once. Nothing of it is stored.
 */
export function createAwareness(links: ReadonlySet<Link>) {
  const entries = new Map<number, AwarenessEntry>();

  const tell = (changed: readonly AwarenessEntry[]): void => {
    if (changed.length === 0) return;
    const message = awarenessMessage(changed);
    // The sender included: a stock client takes its own echo for a sign of life.
    for (const link of links) link.sendLive(message);
  };

  const cleaned = (link: Link, state: Record<string, unknown>): Record<string, unknown> => {
    const kept = Object.fromEntries(ALLOWED.flatMap((key) => (key in state ? [[key, state[key]]] : [])));
    const user = { id: link.person, name: link.name, color: colourOf(link.person), role: link.role };
    return { ...kept, user };
  };

  return {
    /** Takes what a connection says of itself; `owns` tells whether a client id is this person's to use. */
    take: (link: Link, said: readonly AwarenessEntry[], owns: (client: number) => boolean): void => {
      const changed: AwarenessEntry[] = [];
      for (const { client, clock, state } of said) {
        const known = entries.get(client);
        const isOwn = link.shown.has(client) || (known === undefined && link.shown.size === 0 && owns(client));
        if (!isOwn || (known !== undefined && clock < known.clock)) continue;
        if (state !== null && known === undefined && entries.size >= MAX_SHOWN) continue;
        const entry = { client, clock, state: state === null ? null : cleaned(link, state) };
        if (state === null) {
          entries.delete(client);
          link.shown.delete(client);
        } else {
          entries.set(client, entry);
          link.shown.add(client);
        }
        changed.push(entry);
      }
      tell(changed);
    },

    /** Everybody, for somebody who has just come. */
    all: (): Uint8Array => awarenessMessage([...entries.values()]),

    leave: (link: Link): void => {
      const gone: AwarenessEntry[] = [];
      for (const client of link.shown) {
        const entry = entries.get(client);
        entries.delete(client);
        if (entry !== undefined) gone.push({ client, clock: entry.clock + 1, state: null });
      }
      link.shown.clear();
      tell(gone);
    },
  };
}
