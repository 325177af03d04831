import { clock } from '#client/platform/i18n.svelte.ts';
import type { Draft } from '#client/platform/draft.svelte.ts';
import type { Hub, UnitRef } from '#client/platform/hub.ts';
import { newId } from '#client/platform/ids.ts';
import type { AskFor, AnswerTo } from '#client/platform/line.ts';
import type { Severity, Similar } from '#shared/incidents/incidents.events.ts';
import { flaggable } from './asking.ts';
import { titleOf } from './phrases.ts';

export type FlagHub = Pick<Hub, 'user' | 'unitOf' | 'request' | 'line' | 'outbox' | 'drafts' | 'db'>;

/** The message a flag begins with, as the person sees it in the room. */
export interface FromMessage {
  room: string;
  seq: number;
  text: string;
  author: string;
  at: string;
}

export type Source = 'saw' | 'resident' | 'phone' | 'web';

interface Fields {
  what: string;
  unit: string;
  where: string;
  source: Source | '';
  severity: Severity | '';
  exercise: boolean;
  /** ISO; when it was first known. */
  knownAt: string;
}

/** Asking what is alike waits for a pause of so many ms, and for so many characters. */
const PAUSE = 600;
const ENOUGH = 6;
const PLACES = ['incidents:places'] as const;
const KEPT_PLACES = 6;

const isoOf = (ms: number): string => new Date(ms).toISOString();

/**
 * What is being flagged, kept on this machine from the first letter: it survives a reload and a dead zone, and goes
 * out through the outbox. Made by the form, which calls `stop`.
 */
export class Flag {
  readonly #hub: FlagHub;
  readonly #draft: Draft;
  readonly from: FromMessage | undefined;
  units = $state.raw<readonly UnitRef[]>([]);
  places = $state.raw<readonly string[]>([]);
  similar = $state.raw<readonly Similar[]>([]);
  /** The units are not known yet: nothing can be said about whether this person may flag. */
  asking = $state(true);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #turn = 0;

  constructor(hub: FlagHub, from: FromMessage | undefined, unit: string | undefined) {
    this.#hub = hub;
    this.from = from;
    this.#draft = hub.drafts.of(from === undefined ? 'flag' : `flag:${from.room}:${from.seq}`);
    this.#preferred = unit;
    void this.#load();
  }
  readonly #preferred: string | undefined;

  readonly fields: Fields = $derived.by(() => this.#read(this.#draft.text));

  get ready(): boolean {
    return this.#draft.ready;
  }
  /** Something was written, and this machine has it. */
  get kept(): boolean {
    return this.#draft.text !== '' && this.fields.what.trim() !== '';
  }
  get unit(): UnitRef | undefined {
    const { unit } = this.fields;
    return (
      this.units.find((one) => one.id === unit) ?? this.units.find((one) => one.id === this.#preferred) ?? this.units[0]
    );
  }
  get complete(): boolean {
    return this.fields.what.trim() !== '' && this.unit !== undefined;
  }

  set(change: Partial<Fields>): void {
    this.#draft.text = JSON.stringify({ ...this.fields, ...change });
    if ('what' in change || 'unit' in change) this.#askSimilar();
  }

  /** Orders it. Resolves with the code and what it is like; rejects with the refusal; stays open without a line. */
  send(sourceName: (source: Source) => string): { id: string; done: Promise<AnswerTo<'incidents:flag'>> } {
    const { what, where, source, severity, exercise, knownAt } = this.fields;
    const id = newId();
    const place = where.trim();
    const input: AskFor<'incidents:flag'> = {
      id,
      unit: this.unit?.id ?? '',
      title: titleOf(what),
      what: what.trim(),
      knownAt,
      ...(place === '' ? {} : { where: place }),
      ...(source === '' ? {} : { source: sourceName(source) }),
      ...(severity === '' ? {} : { severity }),
      ...(exercise ? { exercise } : {}),
      ...(this.from === undefined ? {} : { from: { room: this.from.room, seq: this.from.seq } }),
    };
    if (place !== '') void this.#remember(place);
    const { done } = this.#hub.outbox.send({ name: 'incidents:flag', input, lane: `incident:${id}` });
    this.clear();
    return { id, done };
  }

  /** Adds what was written to an incident that is the same. */
  addTo(incident: string, sourceName: (source: Source) => string): Promise<unknown> {
    const { what, source } = this.fields;
    const told = source === '' ? {} : { source: sourceName(source) };
    const input = { id: newId(), incident, unit: this.unit?.id ?? '', text: what.trim().slice(0, 2000), ...told };
    const { done } = this.#hub.outbox.send({ name: 'incidents:report', input, lane: `incident:${incident}` });
    this.clear();
    return done;
  }

  clear(): void {
    this.#draft.text = '';
    this.similar = [];
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#turn++;
  }

  /** What was kept; for an empty one, the message it begins with and this moment. */
  #read(text: string): Fields {
    const fresh: Fields = {
      what: this.from?.text ?? '',
      unit: '',
      where: '',
      source: '',
      severity: '',
      exercise: false,
      knownAt: this.#opened,
    };
    try {
      return text === '' ? fresh : { ...fresh, ...(JSON.parse(text) as Partial<Fields>) };
    } catch {
      return { ...fresh, what: text }; // kept by an older version as plain text
    }
  }
  readonly #opened = isoOf(clock.now);

  async #load(): Promise<void> {
    const kept = await this.#hub.db.get('kv', PLACES).catch(() => undefined);
    if (Array.isArray(kept)) this.places = kept as string[];
    const own = this.#hub.user.appointments.map(({ unit }) => ({ ...unit, parent: null }));
    const found = await this.#hub.request('people:units', {}).then(
      (answer) => answer.units,
      () => own, // without a line: the units of this person's own posts
    );
    this.units = flaggable(this.#hub, found, clock.now);
    this.asking = false;
    this.#askSimilar();
  }

  #askSimilar(): void {
    clearTimeout(this.#timer);
    const turn = ++this.#turn;
    this.#timer = setTimeout(() => {
      const text = this.fields.what.trim().slice(0, 1000);
      const unit = this.unit?.id;
      if (Array.from(text).length < ENOUGH || unit === undefined || this.#hub.line.status !== 'online') return;
      this.#hub.request('incidents:similar', { unit, text }).then(
        (answer) => {
          if (turn === this.#turn) this.similar = answer.similar;
        },
        () => undefined, // a help that does not come; nobody waits for it
      );
    }, PAUSE);
  }

  async #remember(place: string): Promise<void> {
    this.places = [place, ...this.places.filter((other) => other !== place)].slice(0, KEPT_PLACES);
    await this.#hub.db.change([{ store: 'kv', key: PLACES, value: [...this.places] }]).catch(() => undefined);
  }
}
