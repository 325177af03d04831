import type { Link } from './ydocs.link.ts';
import { awarenessMessage, ProtocolError, type AwarenessEntry, type Said } from './ydocs.protocol.ts';

const MAX_SHOWN = 50; // cursors of one document; beyond it people see a number
const MAX_STATE = 2 * 1024; // characters of one state
const GAP = 100; // ms between two announcements: ten a second, each with the latest of everybody
const ALLOWED = ['cursor', 'item', 'field', 'viewport'] as const;
const COLOURS = ['#7a3e6e', '#3d4c94', '#1d6470', '#7a4f2a'] as const;

/** A colour for a person in one text: the same for everybody who looks, never a rank or a state. */
function colourOf(person: string): string {
  let sum = 0;
  for (const char of person) sum = (sum * 31 + char.charCodeAt(0)) % 9973;
  return COLOURS[sum % COLOURS.length] ?? COLOURS[0];
}

function parse(json: string): Record<string, unknown> | null {
  try {
    const state: unknown = JSON.parse(json);
    if (typeof state === 'object' && !Array.isArray(state)) return state as Record<string, unknown> | null;
  } catch {
    // no JSON at all is as wrong as the wrong JSON
  }
  throw new ProtocolError('no awareness state');
}

/**
 * Who is in the text and where. Names come from the session whatever a client says, each connection speaks for its own
 * client id alone, and whoever leaves is gone at once. Nothing of it is stored.
 */
export function createAwareness(links: ReadonlySet<Link>) {
  const entries = new Map<number, AwarenessEntry>();
  const changed = new Map<number, AwarenessEntry>();
  let toldAt = 0;
  let timer: NodeJS.Timeout | undefined;

  function tell(): void {
    clearTimeout(timer);
    timer = undefined;
    toldAt = Date.now();
    if (changed.size === 0) return;
    const message = awarenessMessage([...changed.values()]);
    changed.clear();
    // The sender included: a stock client takes its own echo for a sign of life.
    for (const link of links) link.sendCursor(message);
  }

  function note(entry: AwarenessEntry): void {
    changed.set(entry.client, entry);
    const wait = toldAt + GAP - Date.now();
    if (wait <= 0) tell();
    else timer ??= setTimeout(tell, wait).unref();
  }

  const cleaned = (link: Link, state: Record<string, unknown>): Record<string, unknown> => {
    const kept = Object.fromEntries(ALLOWED.flatMap((key) => (key in state ? [[key, state[key]]] : [])));
    const user = { id: link.person, name: link.name, color: colourOf(link.person), role: link.role };
    return { ...kept, user };
  };

  function takeOne(link: Link, { client, clock, json }: Said): void {
    const known = entries.get(client);
    if (json.length > MAX_STATE || (known !== undefined && clock < known.clock)) return;
    const state = parse(json);
    if (state !== null && known === undefined && entries.size >= MAX_SHOWN) return;
    const entry = { client, clock, state: state === null ? null : cleaned(link, state) };
    if (state === null) entries.delete(client);
    else entries.set(client, entry);
    note(entry);
  }

  return {
    /**
     * Takes what a connection says of itself. The first id it may claim is its own from then on; a stock client also
     * repeats what it heard of others, which is passed over.
     */
    take: (link: Link, said: readonly Said[], claims: (client: number) => boolean): void => {
      for (const one of said) {
        const isFree = link.client === undefined && !entries.has(one.client) && claims(one.client);
        if (isFree) link.client = one.client;
        if (one.client === link.client) takeOne(link, one);
      }
    },

    /** Everybody, for somebody who has just come. */
    all: (): Uint8Array => awarenessMessage([...entries.values()]),

    /**
     * Gone at once. At the same clock, which is enough for peers to take it and leaves the next one to the client
     * itself, which may be coming back (y-protocols/awareness.js).
     */
    leave: (link: Link): void => {
      const entry = link.client === undefined ? undefined : entries.get(link.client);
      if (entry === undefined) return;
      entries.delete(entry.client);
      changed.set(entry.client, { ...entry, state: null });
      tell();
    },

    stop: (): void => {
      clearTimeout(timer);
    },
  };
}
