import type { Name } from '#shared/contract.ts';
import type { ErrorDetails } from '#shared/wire/error.ts';
import type { AnswerTo, AskFor } from './line.ts';

/* One command in the outbox, as the page shows it, the device keeps it and the tabs tell each other. */

export type EntryState = 'held' | 'sending' | 'sent' | 'failed';

export interface Entry {
  readonly id: string;
  /** Order within the outbox. */
  readonly n: number;
  readonly name: string;
  readonly lane: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly state: EntryState;
  /** True once it is on this device and survives a reload (在本机). */
  readonly durable: boolean;
  /** How often it went out without an answer: above 0 and `held` reads "not confirmed, trying again". */
  readonly tries: number;
  /** Of a refusal. */
  readonly code?: string;
  readonly details?: ErrorDetails | undefined;
  /** Of an ack. */
  readonly output?: Readonly<Record<string, unknown>>;
}

/** Decides on `stale`, after the gap up to `current` is closed: the input to send now, or nothing: the person is asked. */
export type Again<N extends Name> = (
  input: AskFor<N>,
  current: number,
) => AskFor<N> | undefined | Promise<AskFor<N> | undefined>;

export interface Order<N extends Name> {
  name: N;
  input: AskFor<N>;
  /** The stream it writes to, wherever there is one. */
  lane: string;
  again?: Again<N>;
}

export interface Sending<N extends Name> {
  id: string;
  /** The output, or the refusal. May stay open: an entry outlives the page. Nobody has to wait for it. */
  done: Promise<AnswerTo<N>>;
}

export type News = { entry: Entry } | { gone: string };

/** To this person's other tabs. */
export interface Channel {
  say: (news: News) => void;
  hear: (listen: (news: News) => void) => void;
  close: () => void;
}

/** An entry as it may go out (again): without the refusal it met. */
export function held(entry: Entry, input: Readonly<Record<string, unknown>> = entry.input): Entry {
  const { id, n, name, lane, durable, tries } = entry;
  return { id, n, name, lane, input, durable, tries: entry.state === 'failed' ? 0 : tries, state: 'held' };
}

/** What the device keeps: where an entry was under way, nobody knows the outcome, so it is held. */
export const stored = (entry: Entry): Entry => (entry.state === 'failed' ? entry : held(entry));
