import { setTimeout as wait } from 'node:timers/promises';
import type { Actor } from '#shared/people/people.rules.ts';
import { AppError, isFailure, orThrow, type Failure } from '#shared/wire/error.ts';
import { toHex } from '#shared/wire/ids.ts';
import { canonical, type EventDraft, type StreamEvent } from '#shared/wire/stream.ts';
import { sha256 } from './crypto.ts';
import { SeqClash } from './insert.ts';
import { type Streams } from './streams.ts';

/** Pure state of one kind of stream: the same two functions run on the client. */
export interface FoldRules<State> {
  /** `incident`, `room` …: the stream is `<kind>:<id>`. */
  kind: string;
  initial: (id: string) => State;
  evolve: (state: State, event: StreamEvent) => State;
}

/** A command as it reaches a stream. `expected` is the head the client saw, where the command names one. */
export interface Write {
  /** The command's id: the event's id. */
  id: string;
  actor: string;
  expected?: number | undefined;
  /** The whole input, to tell a repeat from another command under the same id. */
  input: unknown;
}

export interface Written {
  event: StreamEvent;
  repeated: boolean;
}

interface Held<State> {
  state: State;
  seq: number;
}

type Decided = EventDraft | Failure | Promise<EventDraft | Failure>;
type Decide<State> = (state: State, seq: number) => Decided;
type DecideFor<State> = (state: State, actor: Actor, seq: number) => Decided;

/** A person with their posts as of now; undefined for nobody. */
export type ActorOf = (person: string) => Actor | undefined;

export type Fold<State> = ReturnType<typeof createFold<State>>;

const MAX_HELD = 5_000; // states kept in memory, the least used go first
const MAX_TRIES = 24; // clashes with other processes before we say overloaded; see below
const BATCH = 500;

/** Fingerprint of a command: everything it says but the version it was based on, which a retry may renew. */
function printOf(input: unknown): string {
  const { expected, ...rest } = input as Record<string, unknown>;
  return toHex(sha256(canonical(rest)));
}

/**
 * Load → decide → append on streams of one kind. States are folds kept in memory and brought to the head before each
 * decision, so what is decided is decided on everything that was committed before it: `actorOf` says who somebody is
 * by then. A fold that is not told has nobody who may ask.
 */
export function createFold<State>(streams: Streams, rules: FoldRules<State>, actorOf: ActorOf = () => undefined) {
  const held = new Map<string, Held<State>>();
  const readings = new Map<string, Promise<Held<State>>>();
  const nameOf = (id: string): string => `${rules.kind}:${id}`;

  function hold(id: string, entry: Held<State>): void {
    held.delete(id);
    held.set(id, entry);
    if (held.size > MAX_HELD) {
      for (const oldest of held.keys()) {
        held.delete(oldest);
        break;
      }
    }
  }

  /** Reads a state forward to the durable head as it is now. */
  async function bringForward(id: string): Promise<Held<State>> {
    const stream = nameOf(id);
    const head = await streams.head(stream);
    let { state, seq } = held.get(id) ?? { state: rules.initial(id), seq: 0 };
    while (seq < head.seq) {
      const events = await streams.read(stream, seq + 1, head.seq, BATCH);
      if (events.length === 0) throw new AppError('storage', `${stream} ends before its head`);
      for (const event of events) state = rules.evolve(state, event);
      seq += events.length;
    }
    // An append may have been faster; the one that saw more stays.
    if ((held.get(id)?.seq ?? 0) <= seq) hold(id, { state, seq });
    return { state, seq };
  }

  /** The state at the durable head. All who ask at once share the reading: after a restart a whole room does. */
  async function load(id: string): Promise<Held<State>> {
    const head = await streams.head(nameOf(id));
    const known = held.get(id);
    if (known !== undefined) hold(id, known); // used just now
    let entry = known ?? { state: rules.initial(id), seq: 0 };
    while (entry.seq < head.seq) {
      const reading = readings.get(id) ?? bringForward(id).finally(() => readings.delete(id));
      readings.set(id, reading);
      entry = await reading; // begun before us, it may end below the head we saw
    }
    return entry;
  }

  /** What an earlier try of the same command left behind, if anything. A repeat is known before its version is asked. */
  async function repeatOf(id: string, write: Write, print: string): Promise<Written | 'taken' | undefined> {
    const first = await streams.find(nameOf(id), write.id);
    if (first === undefined) return undefined;
    // Another actor or another content learns nothing of the first.
    if (first.event.actor !== write.actor || first.print !== print) return 'taken';
    return { event: first.event, repeated: true };
  }

  async function attempt(id: string, write: Write, decide: Decide<State>): Promise<Written> {
    const print = printOf(write.input);
    await streams.reach(nameOf(id), write.expected ?? 0); // seen by its sender, by way of another process
    const repeated = await repeatOf(id, write, print);
    if (typeof repeated === 'object') return repeated;
    const { state, seq } = await load(id);
    const decided = await decide(state, seq);
    // What is written is held against the store by its place. A refusal is not: it must not rest on an old state.
    if (isFailure(decided) && (await streams.hear(nameOf(id))) > seq) throw new SeqClash();
    // The right is asked before the version: a stranger must not learn the head of what they may not see.
    if (isFailure(decided) && (decided.failed === 'not_found' || decided.failed === 'forbidden')) orThrow(decided);
    if (repeated === 'taken') throw new AppError('id_reused'); // nor does a stranger learn that something is there
    if (write.expected !== undefined && write.expected !== seq)
      throw new AppError('stale', undefined, { current: seq });
    const draft = orThrow<EventDraft>(decided);
    const event = await streams.append(nameOf(id), { id: write.id, actor: write.actor, print, ...draft }, seq);
    hold(id, { state: rules.evolve(state, event), seq: event.seq });
    return { event, repeated: false };
  }

  /** In the stream's turn, again after each clash with another process. */
  const inTurn = (id: string, write: Write, decide: Decide<State>): Promise<Written> =>
    streams.inTurn(nameOf(id), async () => {
      for (let tried = 0; tried < MAX_TRIES; tried++) {
        const began = performance.now();
        try {
          return await attempt(id, write, decide);
        } catch (error) {
          if (!(error instanceof SeqClash)) throw error;
          // Another process wrote, or an earlier try of ours had arrived: what is there has been read, decide again.
          // Jitter of about a try's length and no growing pause: two processes in step would clash for ever, on a slow
          // store too, but one that waits longer after each loss never gets a turn beside one that keeps writing. Half
          // the tries win, so 24 are enough.
          await wait(Math.random() * Math.max(4, performance.now() - began)); // ms
        }
      }
      throw new AppError('overloaded', undefined, { retryAfter: 1 });
    });

  function mustBe(person: string): Actor {
    const actor = actorOf(person);
    if (actor === undefined) throw new AppError('unauthenticated');
    return actor;
  }

  /** Whoever waited in `decide` may have lost a post meanwhile: it is then decided again, without it. */
  async function decideFor(person: string, decide: (actor: Actor) => Decided): Promise<EventDraft | Failure> {
    for (;;) {
      const actor = mustBe(person);
      const decided = decide(actor);
      if (!(decided instanceof Promise)) return decided;
      const waited = await decided;
      if (canonical(mustBe(person)) === canonical(actor)) return waited;
    }
  }

  return {
    load,

    /**
     * Decides and appends in the stream's turn. `decide` may run several times; it must be pure but for reads.
     * Throws the failure it returns, `stale`, `id_reused`, `storage`, or `overloaded` after 24 clashes.
     */
    write: inTurn,

    /**
     * The same for what a person asks. `decide` is handed them with the posts they hold in the turn: those they held
     * when the call came may have been ended since, and whoever ended them has been told that it is done.
     */
    ask: (id: string, write: Write, decide: DecideFor<State>): Promise<Written> => {
      const decided = (state: State, seq: number) => decideFor(write.actor, (actor) => decide(state, actor, seq));
      const { current } = streams;
      if (current === undefined) return inTurn(id, write, decided);
      return inTurn(id, write, async (state, seq) => {
        await current(); // by another process, too
        return decided(state, seq);
      });
    },

    /** Appends what follows from another event, under an id derived from it; a repeat changes nothing. */
    follow: (id: string, event: { id: string; actor: string }, draft: EventDraft): Promise<Written> =>
      inTurn(id, { ...event, input: draft }, () => draft),
  };
}
