import * as v from 'valibot';

/*
 * Who has a stream on screen now, and who is typing: volatile, rate-limited, never stored, sent only to people who
 * follow the same stream. There is no "last seen": whoever leaves is simply no longer in the list.
 */

interface Present {
  person: string;
  /** Streams this socket may follow, as the socket layer knows them. */
  open: ReadonlySet<string>;
}

const Body = v.strictObject({ stream: v.pipe(v.string(), v.maxLength(100)) });
const EVERY_MS = 1_000; // one typing or presence signal a second; more are dropped in silence
const TYPING_MS = 4_000;
const MAX_SHOWN = 50; // beyond this a room shows a number, so that presence never grows with its square

export type Presence = ReturnType<typeof createPresence>;

export function createPresence(deps: { emit: (ids: readonly string[], event: string, body: object) => void }) {
  const here = new Map<string, Map<string, string>>(); // stream → socket → person
  const typing = new Map<string, Map<string, { person: string; until: number }>>();
  const dirty = new Set<string>();
  const last = new Map<string, number>();

  const people = (stream: string): string[] => [...new Set(here.get(stream)?.values() ?? [])].slice(0, MAX_SHOWN);

  function typists(stream: string, now: number): string[] {
    const found = typing.get(stream);
    if (found === undefined) return [];
    for (const [socket, entry] of found) if (entry.until <= now) found.delete(socket);
    return [...new Set([...found.values()].map((entry) => entry.person))];
  }

  const flush = setInterval(() => {
    const now = Date.now();
    for (const stream of dirty) {
      const ids = [...(here.get(stream)?.keys() ?? [])];
      deps.emit(ids, 'presence:people', { stream, people: people(stream) });
      const writing = typists(stream, now);
      deps.emit(ids, 'typing:people', { stream, people: writing });
      if (writing.length === 0) dirty.delete(stream);
    }
    if (last.size > 10_000) last.clear();
  }, EVERY_MS);

  function remove(socket: string, stream: string): void {
    const there = here.get(stream);
    if (there?.delete(socket) === true) dirty.add(stream);
    if (there?.size === 0) here.delete(stream);
    typing.get(stream)?.delete(socket);
    if (typing.get(stream)?.size === 0) typing.delete(stream);
  }

  return {
    /** Takes `presence:here` and `typing:on`; true when the name was one of them, whatever came of it. */
    take: (socket: string, who: Present, name: string, body: unknown): boolean => {
      if (name !== 'presence:here' && name !== 'typing:on') return false;
      const parsed = v.safeParse(Body, body);
      // Only of streams this socket follows: nobody appears where they may not read.
      if (!parsed.success || !who.open.has(parsed.output.stream)) return true;
      const { stream } = parsed.output;
      const now = Date.now();
      if (now - (last.get(`${socket} ${name}`) ?? 0) < EVERY_MS) return true;
      last.set(`${socket} ${name}`, now);
      const there = here.get(stream) ?? new Map<string, string>();
      here.set(stream, there.set(socket, who.person));
      if (name === 'typing:on') {
        const writing = typing.get(stream) ?? new Map<string, { person: string; until: number }>();
        typing.set(stream, writing.set(socket, { person: who.person, until: now + TYPING_MS }));
      }
      dirty.add(stream);
      return true;
    },

    /** A socket has left these streams. */
    leave: (socket: string, streams: Iterable<string>): void => {
      for (const stream of streams) remove(socket, stream);
      last.delete(`${socket} presence:here`);
      last.delete(`${socket} typing:on`);
    },

    close: (): void => {
      clearInterval(flush);
    },
  };
}
