import { newId } from '#client/platform/ids.ts';
import type { Entry } from '#client/platform/entry.ts';
import type { Following } from '#client/platform/follow.svelte.ts';
import type { Hub } from '#client/platform/hub.ts';
import type { Emoji } from '#shared/forum/forum.emoji.ts';
import type { Message, RoomLine } from '#shared/forum/forum.schema.ts';
import type { WireEvent } from '#shared/wire/stream.ts';
import { HeldMessages } from './held.ts';

export type RoomHub = Pick<Hub, 'user' | 'request' | 'line' | 'outbox' | 'streams'>;

/** Events asked for at once when somebody reads upwards. */
const OLDER = 100;
const NEWEST = 60;
/** Messages that fill any screen. */
const ENOUGH = 30;

/**
 * One open room: its messages as the stream tells them, what waits on this device, and how far this person has read.
 * Made by the view that shows it, which calls `close()`.
 */
export class Room {
  readonly id: string;
  readonly stream: string;
  readonly me: string;
  readonly #hub: RoomHub;
  readonly #following: Following;
  readonly #held = new HeldMessages();
  #messages = $state.raw<readonly Message[]>([]);
  /** What is shown until the stream has said anything: a question is answered before there is a line. */
  #ahead = $state.raw<readonly Message[]>();
  #told = false;
  #gone = $state(false);
  #gap = $state(false);
  #loading = $state(false);
  /** Undefined until the hub has said how far this person had read. */
  #filling = false;
  #read: number | undefined;
  #unread = $state<{ after: number; count: number }>();

  /** What this person has asked for in this room and the server has not confirmed, in order. */
  readonly waiting: readonly Entry[] = $derived.by(() => this.#hub.outbox.entries(this.stream));

  constructor(hub: RoomHub, id: string, head?: number) {
    this.#hub = hub;
    this.id = id;
    this.me = hub.user.id;
    this.stream = `room:${id}`;
    const options = { from: 'head' as const, page: NEWEST, ...(head !== undefined && { head }) };
    this.#following = hub.streams.follow(
      this.stream,
      {
        reset: (events, { gap }) => {
          this.#held.clear();
          this.#gap = gap;
          this.#take(events);
          this.#fillSoon();
        },
        apply: (event) => {
          this.#take([event]);
          this.#fillSoon();
        },
        refused: () => {
          this.#held.clear();
          this.#ahead = undefined;
          this.#messages = [];
          this.#gone = true;
        },
      },
      options,
    );
    if (hub.line.status === 'connecting') void this.#ask();
  }

  /** What the list says when the room is opened, from the hub itself. Once: the line does not move while one reads. */
  begin({ readSeq, unread }: Pick<RoomLine, 'readSeq' | 'unread'>): void {
    if (this.#read !== undefined) return;
    this.#read = readSeq;
    if (unread > 0) this.#unread = { after: readSeq, count: unread };
  }

  /** Ascending. */
  get messages(): readonly Message[] {
    return this.#ahead ?? this.#messages;
  }

  /** What was unread when the room was opened. */
  get unread(): { after: number; count: number } | undefined {
    const first = this.#ahead?.[0]?.seq ?? 0;
    return this.#unread !== undefined && this.#unread.after + 1 >= first ? this.#unread : undefined;
  }

  /** `opening` shows the last known state; `refused`: this person may not, or no longer, read here. */
  get state(): Following['state'] {
    return this.#gone ? 'refused' : this.#following.state;
  }

  /** The lowest seq that is here. */
  get low(): number {
    return this.complete ? 1 : this.#following.low;
  }

  /** Nothing is left above what is shown. */
  get complete(): boolean {
    return this.#ahead === undefined && this.#following.complete;
  }

  /** The reader was far behind: between what they knew and what is shown lies more. */
  get gap(): boolean {
    return this.#gap && !this.complete;
  }

  get loading(): boolean {
    return this.#loading || this.#ahead !== undefined;
  }

  message(seq: number): Message | undefined {
    return this.messages.find((message) => message.seq === seq);
  }

  /** The newest messages by a question of its own. Refused or unanswered: then the stream has the word. */
  async #ask(): Promise<void> {
    const answer = await this.#hub.request('forum:messages', { room: this.id, limit: ENOUGH }).catch(() => undefined);
    if (!this.#told && !this.#gone) this.#ahead = answer?.messages;
  }

  #take(events: readonly WireEvent[]): void {
    if (events.length > 0) {
      this.#told = true;
      this.#ahead = undefined;
    }
    for (const message of this.#held.take(events)) this.#forget(message);
    this.#messages = this.#held.list();
  }

  /** What was taken back goes from this device too. */
  #forget({ seq, edits }: Message): void {
    for (const one of [seq, ...edits.map((edit) => edit.seq)]) this.#hub.streams.blank(this.stream, one);
  }

  /** What the list has open, or a page of reactions, may be less than a screen: then there is more to fetch at once. */
  #fillSoon(): void {
    if (this.#filling || this.#held.size >= ENOUGH) return;
    this.#filling = true;
    // A stream tells its followers before it knows them: not in the same turn.
    queueMicrotask(() => void this.#fill());
  }

  async #fill(): Promise<void> {
    while (this.#held.size < ENOUGH && (await this.older()));
    this.#filling = false;
  }

  /** Brings older messages in; false once there are none, or while that is under way. */
  older = async (): Promise<boolean> => {
    if (this.#loading || this.complete || this.#gone) return false;
    this.#loading = true;
    try {
      const events = await this.#following.older(OLDER);
      this.#take(events);
      return events.length > 0;
    } catch {
      return false; // no line: what is here stays, and reading upwards asks again
    } finally {
      this.#loading = false;
    }
  };

  /** Brings the message in if it is above what is shown. False: it is not there for this person. */
  reach = async (seq: number): Promise<boolean> => {
    while (this.#following.low > seq) if (!(await this.older())) break;
    return this.#held.find(seq) !== undefined;
  };

  post(text: string, more: { replyTo?: number; mentions?: readonly string[]; files?: readonly string[] } = {}): string {
    const { replyTo, mentions = [], files = [] } = more;
    const input = {
      ...{ id: newId(), room: this.id, text },
      ...(replyTo !== undefined && { replyTo }),
      ...(mentions.length > 0 && { mentions: [...mentions] }),
      ...(files.length > 0 && { files: [...files] }),
    };
    return this.#hub.outbox.send({ name: 'forum:post', lane: this.stream, input }).id;
  }

  edit(seq: number, text: string, mentions: readonly string[] = []): void {
    const input = { ...this.#about(seq), text, ...(mentions.length > 0 && { mentions: [...mentions] }) };
    this.#hub.outbox.send({ name: 'forum:edit', lane: this.stream, input });
  }

  retract(seq: number, reason?: string): void {
    const input = { ...this.#about(seq), ...(reason !== undefined && { reason }) };
    this.#hub.outbox.send({ name: 'forum:retract', lane: this.stream, input });
  }

  react(seq: number, emoji: Emoji, on: boolean): void {
    this.#hub.outbox.send({ name: 'forum:react', lane: this.stream, input: { ...this.#about(seq), emoji, on } });
  }

  retry(entry: Entry): void {
    this.#hub.outbox.retry(entry.id);
  }

  discard(entry: Entry): void {
    this.#hub.outbox.discard(entry.id);
  }

  #about(seq: number): { id: string; room: string; seq: number } {
    return { id: newId(), room: this.id, seq };
  }

  /** Everything up to `seq` was on screen in a window somebody looked at. Only forward; answers whether it moved. */
  read = async (seq: number): Promise<boolean> => {
    if (this.#read === undefined || seq <= this.#read || this.#gone) return false;
    const before = this.#read;
    this.#read = seq;
    try {
      await this.#hub.request('forum:mark-read', { room: this.id, seq });
      return true;
    } catch {
      if (this.#read === seq) this.#read = before; // not said: the next look says it again
      return false;
    }
  };

  close = (): void => {
    this.#following.close();
  };
}
