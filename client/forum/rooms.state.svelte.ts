import { createContext } from 'svelte';
import type { Following } from '#client/platform/follow.svelte.ts';
import type { Hub } from '#client/platform/hub.ts';
import { evolveMessage, toLast } from '#shared/forum/forum.messages.rules.ts';
import type { RoomEvents } from '#shared/forum/forum.events.ts';
import type { RoomLine } from '#shared/forum/forum.schema.ts';
import { isWhole, type StreamEvent, type WireEvent } from '#shared/wire/stream.ts';

export type RoomsHub = Pick<Hub, 'user' | 'request' | 'line' | 'streams' | 'db'>;

/** Rooms whose new messages the list follows: what fits on a few screens. The others are right after each load. */
const FOLLOWED = 40;
const MAX_UNREAD = 100;
const KEPT = ['forum:rooms'] as const;
/** Several reasons to ask again within so many ms are one. */
const SOON = 400;

/**
 * The rooms this person may read, with what is new in each. One for each sign-in, made by the roof, which calls
 * `stop()`. What was last known is shown before the hub answers; the order stays while one looks at it.
 */
export class Rooms {
  readonly #hub: RoomsHub;
  #lines = $state.raw<readonly RoomLine[]>([]);
  #known = $state(false);
  #fresh = $state(false);
  #failed = $state<unknown>();
  #follows: { room: string; follow: Following }[] = [];
  readonly #offs: (() => void)[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asked = 0;

  /** In the order of the last load: nothing moves under the finger. */
  get lines(): readonly RoomLine[] {
    return this.#lines;
  }
  /** False on a first visit, until something can be shown. */
  get known(): boolean {
    return this.#known;
  }
  /** What is shown came from the hub, not from this device. */
  get fresh(): boolean {
    return this.#fresh;
  }
  get failed(): unknown {
    return this.#failed;
  }
  /** How often this person is named in what they have not read. */
  readonly mentions: number = $derived.by(() => this.#lines.reduce((sum, line) => sum + line.mentions, 0));

  constructor(hub: RoomsHub) {
    this.#hub = hub;
  }

  line(room: string): RoomLine | undefined {
    return this.#lines.find((line) => line.id === room);
  }

  start = (): void => {
    const { line, streams, user } = this.#hub;
    const follower = { reset: () => undefined, apply: this.#hear };
    const told = [`person:${user.id}`, ...user.appointments.map(({ unit }) => `unit:${unit.id}`)];
    for (const stream of told) this.#offs.push(streams.follow(stream, follower, { from: 'head', page: 1 }).close);
    this.#offs.push(
      line.on('read:moved', ({ stream, seq }) => {
        this.read(stream.slice('room:'.length), seq);
      }),
      line.onStatus((status) => {
        if (status === 'online') void this.load();
      }),
    );
    void this.#remembered();
    void this.load();
  };

  stop = (): void => {
    clearTimeout(this.#timer);
    for (const off of this.#offs.splice(0)) off();
    for (const { follow } of this.#follows.splice(0)) follow.close();
  };

  /** Asks the hub; what is shown stays until the answer is here. */
  load = async (): Promise<void> => {
    const turn = ++this.#asked;
    try {
      const { rooms } = await this.#hub.request('forum:rooms', {});
      if (turn !== this.#asked) return; // a later question has been asked
      this.#failed = undefined;
      this.#fresh = true;
      this.#show([...rooms].sort(latestFirst));
      await this.#hub.db.change([{ store: 'kv', key: KEPT, value: rooms }]).catch(() => undefined);
    } catch (error) {
      if (turn === this.#asked) this.#failed = error;
    }
  };

  /** This person has read a room up to `seq`, here or on another device. */
  read(room: string, seq: number): void {
    const line = this.line(room);
    if (line === undefined || seq <= line.readSeq) return;
    const all = seq >= (line.last?.seq ?? 0);
    this.#put({ ...line, readSeq: seq, ...(all && { unread: 0, mentions: 0 }) });
    if (!all) this.#soon();
  }

  async #remembered(): Promise<void> {
    const kept = await this.#hub.db.get('kv', KEPT).catch(() => undefined);
    if (Array.isArray(kept) && !this.#known) this.#show((kept as RoomLine[]).sort(latestFirst));
  }

  #show(lines: readonly RoomLine[]): void {
    this.#lines = lines;
    this.#known = true;
    const wanted = lines.slice(0, FOLLOWED);
    const isWanted = (room: string): boolean => wanted.some((line) => line.id === room);
    for (const { room, follow } of this.#follows) if (!isWanted(room)) follow.close();
    this.#follows = this.#follows.filter(({ room }) => isWanted(room));
    for (const line of wanted) if (!this.#follows.some(({ room }) => room === line.id)) this.#follow(line);
  }

  #follow({ id, head }: RoomLine): void {
    const follow = this.#hub.streams.follow(
      `room:${id}`,
      {
        reset: (events, { stored, gap }) => {
          if (gap) this.#soon();
          else if (!stored) for (const event of events) this.#apply(id, event);
        },
        apply: (event) => {
          this.#apply(id, event);
        },
        refused: () => {
          this.#soon();
        },
      },
      { from: 'head', page: 1, head },
    );
    this.#follows.push({ room: id, follow });
  }

  /** The same steps the hub's list takes. What cannot be known from one event is asked for. */
  #apply(room: string, event: WireEvent): void {
    const line = this.line(room);
    if (line === undefined || event.seq <= line.head) return;
    const next = { ...line, head: event.seq };
    if (!isWhole(event)) this.#put(next);
    else if (event.type === 'posted') this.#put(this.#withPosted(next, event));
    else {
      this.#put(next);
      const about = (event.data as Partial<RoomEvents['edited']>).seq;
      if (event.type === 'retracted' || (event.type === 'edited' && about === line.last?.seq)) this.#soon();
    }
  }

  #withPosted(line: RoomLine, event: StreamEvent): RoomLine {
    const message = evolveMessage(undefined, event);
    if (message === undefined) return line;
    const isNew = message.actor !== this.#hub.user.id && event.seq > line.readSeq;
    const named = isNew && message.mentions.includes(this.#hub.user.id);
    return {
      ...line,
      last: toLast(message),
      unread: Math.min(MAX_UNREAD, line.unread + (isNew ? 1 : 0)),
      mentions: line.mentions + (named ? 1 : 0),
    };
  }

  /** Rooms joined and left stand in the inbox, rooms opened with their unit. */
  readonly #hear = (event: WireEvent): void => {
    if ('type' in event && /^forum\.(joined|left|opened)$/.test(event.type)) this.#soon();
  };

  #put(line: RoomLine): void {
    this.#lines = this.#lines.map((other) => (other.id === line.id ? line : other));
  }

  #soon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.load(), SOON);
  }
}

/** The newest message first; a room without one at the end. The clock only sorts what is shown. */
function latestFirst(a: RoomLine, b: RoomLine): number {
  const [x, y] = [a.last?.at ?? '', b.last?.at ?? ''];
  return x === y ? a.title.localeCompare(b.title, 'zh') : x < y ? 1 : -1;
}

export const [useRooms, provideRooms] = createContext<Rooms>();
