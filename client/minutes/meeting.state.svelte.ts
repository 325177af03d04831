import { newId } from '#client/platform/ids.ts';
import type { Entry } from '#client/platform/entry.ts';
import type { Following } from '#client/platform/follow.svelte.ts';
import type { Hub } from '#client/platform/hub.ts';
import type { AttendanceStatus } from '#shared/minutes/minutes.events.ts';
import { evolve, noMeeting, type Meeting as Fold } from '#shared/minutes/minutes.rules.ts';
import type { MeetingView, Verb } from '#shared/minutes/minutes.schema.ts';
import { AppError } from '#shared/wire/error.ts';
import { isWhole, type WireEvent } from '#shared/wire/stream.ts';

export type MeetingHub = Pick<Hub, 'request' | 'db' | 'outbox' | 'streams'>;

/** What both the hub's view and the fold of the stream say of a meeting. */
export type MeetingRecord = Omit<MeetingView, 'contentHash' | 'may'>;

const KEPT = 'minutes:view';
/** Several events within so many ms are one reason to ask for the view again. */
const SOON = 250;

/**
 * One open meeting's counted record. The stream tells it as it happens, folded by the rules both sides share; the
 * hub's view adds what only it knows: the fingerprint of the text as it stands and what this person may do.
 * Made by the view that shows it, which calls `start` and `stop`.
 */
export class Meeting {
  readonly id: string;
  readonly stream: string;
  readonly #hub: MeetingHub;
  #view = $state.raw<MeetingView>();
  #fold = $state.raw<Fold>();
  #failed = $state<unknown>();
  #missing = $state(false);
  #following: Following | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #turn = 0;
  #stopped = false;

  /** Undefined until something is known. */
  readonly record: MeetingRecord | undefined = $derived.by(() => {
    const fold = this.#fold;
    const known = this.#view;
    if (fold === undefined || fold.state === 'none' || (known !== undefined && known.version >= fold.version))
      return known;
    return toRecord(fold, fold.state);
  });
  /** What this person has changed in the record and the hub has not confirmed, in order. */
  readonly waiting: readonly Entry[] = $derived.by(() => this.#hub.outbox.entries(this.stream));

  constructor(hub: MeetingHub, id: string) {
    this.#hub = hub;
    this.id = id;
    this.stream = `meeting:${id}`;
  }

  /** There is no such meeting, or it is not visible. */
  get missing(): boolean {
    return this.#missing;
  }

  /** Why the view could not be had; what was known is still shown. */
  get failed(): unknown {
    return this.#failed;
  }

  /** Of the text and record as they stood when last asked for; once frozen it stays. */
  get contentHash(): string | undefined {
    return this.#view?.contentHash;
  }

  /** May this person do it now, as far as the hub last said? */
  may(verb: Verb): boolean {
    return this.#view?.may.includes(verb) === true;
  }

  /** Attendance this person has set and the hub has not confirmed. */
  pending(person: string): AttendanceStatus | undefined {
    const mine = this.waiting.filter((entry) => entry.state !== 'sent' && entry.input['person'] === person);
    return mine.at(-1)?.input['status'] as AttendanceStatus | undefined;
  }

  start = (): void => {
    void this.#remembered();
    void this.load();
    this.#following = this.#hub.streams.follow(this.stream, {
      reset: (events, { stored }) => {
        this.#fold = events.reduce(step, noMeeting(this.id));
        if (!stored) this.#soon();
      },
      apply: (event) => {
        this.#fold = step(this.#fold ?? noMeeting(this.id), event);
        this.#soon();
      },
      refused: () => {
        this.#gone();
      },
    });
  };

  stop = (): void => {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#following?.close();
  };

  /** Asks the hub; what is shown stays until the answer is here. */
  load = async (): Promise<void> => {
    const turn = ++this.#turn;
    try {
      const { meeting } = await this.#hub.request('minutes:view', { meeting: this.id });
      if (turn !== this.#turn || this.#stopped) return;
      this.#view = meeting;
      this.#failed = undefined;
      this.#missing = false;
      await this.#hub.db.change([{ store: 'kv', key: [KEPT, this.id], value: meeting }]).catch(() => undefined);
    } catch (error) {
      if (turn !== this.#turn || this.#stopped) return;
      if (error instanceof AppError && error.code === 'not_found') this.#gone();
      else this.#failed = error;
    }
  };

  addItem(title: string): Promise<unknown> {
    const input = { id: newId(), meeting: this.id, title };
    return this.#hub.outbox.send({ name: 'minutes:add-item', input, lane: this.stream }).done;
  }

  /** Rows of different people never get in each other's way: what is named is this row's own version. */
  setAttendance(person: string, status: AttendanceStatus): Promise<unknown> {
    const expected = this.record?.attendance.find((row) => row.person === person)?.v ?? 0;
    const input = { id: newId(), meeting: this.id, expected, person, status };
    return this.#hub.outbox.send({ name: 'minutes:set-attendance', input, lane: this.stream }).done;
  }

  /** Freezes text and record. Throws like `Line.request`; never by itself a second time. */
  submit = async (): Promise<void> => {
    await this.#hub.request('minutes:submit', this.#named());
    await this.load();
  };

  sendBack = async (comment: string): Promise<void> => {
    const said = comment.trim() === '' ? {} : { comment: comment.trim() };
    await this.#hub.request('minutes:send-back', { ...this.#named(), ...said });
    await this.load();
  };

  /** Signs the bytes behind `contentHash`, as they were shown. */
  sign = async (contentHash: string): Promise<void> => {
    await this.#hub.request('minutes:sign', { ...this.#named(), contentHash });
    await this.load();
  };

  #named(): { id: string; meeting: string; expected: number } {
    return { id: newId(), meeting: this.id, expected: this.record?.version ?? 0 };
  }

  async #remembered(): Promise<void> {
    const kept = await this.#hub.db.get('kv', [KEPT, this.id]).catch(() => undefined);
    if (kept !== undefined && this.#view === undefined && !this.#missing) this.#view = kept as MeetingView;
  }

  #gone(): void {
    this.#missing = true;
    this.#view = undefined;
    this.#fold = undefined;
    this.#hub.db.change([{ store: 'kv', key: [KEPT, this.id] }]).catch(() => undefined);
  }

  #soon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.load(), SOON);
  }
}

/** One event later. One that cannot be read here only moves the version. */
const step = (state: Fold, event: WireEvent): Fold =>
  isWhole(event) ? evolve(state, event) : { ...state, version: event.seq };

function toRecord(fold: Fold, state: MeetingView['state']): MeetingRecord {
  const { id, unit, title, body, startsAt, version, creator, signer, doc } = fold;
  const { people, items, attendance, signatures, sentBack } = fold;
  return {
    id,
    unit,
    title,
    body,
    startsAt,
    state,
    version,
    creator,
    signer,
    doc,
    people: people === null ? null : [...people],
    items: [...items],
    attendance: [...attendance],
    signatures: [...signatures],
    sentBack,
  };
}
