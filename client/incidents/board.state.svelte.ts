import { clock } from '#client/platform/i18n.svelte.ts';
import type { Following } from '#client/platform/follow.svelte.ts';
import type { Hub } from '#client/platform/hub.ts';
import { nextDue } from '#shared/incidents/incidents.clocks.ts';
import type { Severity } from '#shared/incidents/incidents.events.ts';
import { OPEN, type State } from '#shared/incidents/incidents.rules.ts';
import type { IncidentLine, IncidentView } from '#shared/incidents/incidents.schema.ts';
import { AppError } from '#shared/wire/error.ts';
import { isWhole, type WireEvent } from '#shared/wire/stream.ts';

export type BoardHub = Pick<Hub, 'request' | 'streams' | 'db' | 'line' | 'outbox'>;
export type Sort = 'heat' | 'due';
export type StateFilter = State | 'open' | 'all';

/** Changes within so many ms are asked for together. */
const TOGETHER = 250;
/** More changes than this at once, and the whole page is asked for instead. */
const ONE_BY_ONE = 8;
const PAGE = 50;
const SOON = 2 * 3_600_000;

const lineOf = (view: IncidentView): IncidentLine => ({ ...view, at: view.flaggedAt });

/**
 * The live board of one unit and everything below it. Pointers on the unit's stream say what was touched; only those
 * lines are asked for again. What was seen last is shown until the hub answers. Made by the view, which calls `show`
 * for each unit and `stop` when it goes.
 */
export class Board {
  readonly #hub: BoardHub;
  #lines = $state.raw<readonly IncidentLine[]>([]);
  #known = $state(false);
  #fresh = $state(false);
  #failed = $state<unknown>();
  #cursor = $state<string | undefined>();
  #unit: string | undefined;
  #follow: Following | undefined;
  /** Not shown: what waits to be asked for. */
  #touched: string[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #turn = 0;
  readonly #off: () => void;
  sort = $state<Sort>('heat');
  state = $state<StateFilter>('open');
  levels = $state.raw<readonly Severity[]>([]);

  constructor(hub: BoardHub) {
    this.#hub = hub;
    this.#off = hub.line.onStatus((status) => {
      if (status === 'online' && this.#unit !== undefined) void this.load();
    });
  }

  get known(): boolean {
    return this.#known;
  }
  /** What is shown came from the hub and not from this device. */
  get fresh(): boolean {
    return this.#fresh;
  }
  get failed(): unknown {
    return this.#failed;
  }
  /** There is more than what is shown. */
  get more(): boolean {
    return this.#cursor !== undefined;
  }

  readonly lines: readonly IncidentLine[] = $derived.by(() => {
    const shown = this.#lines.filter((line) => this.levels.length === 0 || this.levels.includes(line.severity));
    return shown.toSorted(this.sort === 'heat' ? hotter : sooner);
  });

  /** Late, due within two hours, and open, of what is loaded. */
  readonly summary: { late: number; soon: number; open: number } = $derived.by(() => {
    const open = this.#lines.filter((line) => OPEN.includes(line.state));
    const left = open.map((line) => dueIn(line, clock.now)).filter((ms) => ms !== undefined);
    return {
      late: left.filter((ms) => ms < 0).length,
      soon: left.filter((ms) => ms >= 0 && ms <= SOON).length,
      open: open.length,
    };
  });

  /** Turns to a unit; the same one again changes nothing. */
  show(unit: string | undefined): void {
    if (unit === this.#unit || unit === undefined) return;
    this.#unit = unit;
    this.#lines = [];
    this.#known = false;
    this.#fresh = false;
    this.#follow?.close();
    const follower = { reset: () => undefined, apply: this.#hear };
    this.#follow = this.#hub.streams.follow(`unit:${unit}`, follower, { from: 'head', page: 1 });
    void this.#remembered(unit).then(() => this.load());
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#follow?.close();
    this.#off();
  }

  /** Asks for the first page; what is shown stays until it is here. */
  load = async (): Promise<void> => {
    const turn = ++this.#turn;
    const [unit, state] = [this.#unit, this.state];
    try {
      const { incidents, cursor } = await this.#ask(undefined);
      if (turn !== this.#turn) return; // another unit or filter has been asked for meanwhile
      this.#lines = incidents;
      this.#cursor = cursor;
      this.#known = this.#fresh = true;
      this.#failed = undefined;
      if (state === 'open' && unit !== undefined) {
        await this.#hub.db.change([{ store: 'kv', key: keyOf(unit), value: incidents }]).catch(() => undefined);
      }
    } catch (error) {
      if (turn === this.#turn) this.#failed = error;
    }
  };

  /** Asks for the next page. Throws what the hub answered. */
  loadMore = async (): Promise<void> => {
    const turn = this.#turn;
    const { incidents, cursor } = await this.#ask(this.#cursor);
    if (turn !== this.#turn) return;
    const isNew = ({ id }: IncidentLine): boolean => !this.#lines.some((line) => line.id === id);
    this.#lines = [...this.#lines, ...incidents.filter(isNew)];
    this.#cursor = cursor;
  };

  #ask(cursor: string | undefined) {
    const unit = this.#unit === undefined ? {} : { unit: this.#unit };
    const after = cursor === undefined ? {} : { cursor };
    const { state, sort } = this;
    return this.#hub.request('incidents:feed', { ...unit, ...after, state, sort, limit: PAGE });
  }

  async #remembered(unit: string): Promise<void> {
    const kept = await this.#hub.db.get('kv', keyOf(unit)).catch(() => undefined);
    if (!Array.isArray(kept) || this.#unit !== unit || this.#known) return;
    this.#lines = kept as IncidentLine[];
    this.#known = true;
  }

  readonly #hear = (event: WireEvent): void => {
    if (!isWhole(event) || event.type !== 'incidents.touched') return;
    const { stream } = event.data as { stream: string };
    const id = stream.slice('incident:'.length);
    if (!this.#touched.includes(id)) this.#touched.push(id);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const ids = this.#touched;
      this.#touched = [];
      if (ids.length > ONE_BY_ONE) void this.load();
      else for (const id of ids) void this.#refresh(id);
    }, TOGETHER);
  };

  async #refresh(id: string): Promise<void> {
    try {
      const { incident } = await this.#hub.request('incidents:view', { incident: id });
      this.#put(id, this.#fits(incident) ? lineOf(incident) : undefined);
    } catch (error) {
      if (error instanceof AppError && error.code === 'not_found') this.#put(id, undefined);
    }
  }

  #fits({ state }: IncidentView): boolean {
    return this.state === 'all' || (this.state === 'open' ? OPEN.includes(state) : this.state === state);
  }

  #put(id: string, line: IncidentLine | undefined): void {
    const others = this.#lines.filter((other) => other.id !== id);
    this.#lines = line === undefined ? others : [...others, line];
  }
}

const keyOf = (unit: string): readonly string[] => ['incidents:board', unit];

/** Milliseconds until the next clock runs out, below zero when it has; undefined where none runs. */
export function dueIn(line: Pick<IncidentLine, 'clocks'>, now: number): number | undefined {
  const next = nextDue(line.clocks);
  return next === undefined ? undefined : Date.parse(next.due) - now;
}

const hotter = (a: IncidentLine, b: IncidentLine): number => b.heat - a.heat || (a.at < b.at ? 1 : -1);
const sooner = (a: IncidentLine, b: IncidentLine): number =>
  (dueIn(a, 0) ?? Number.MAX_VALUE) - (dueIn(b, 0) ?? Number.MAX_VALUE);

export const GROUPS = ['late', 'soon', 'today', 'later', 'none'] as const;

/** The group of a clock that runs out in `ms`. */
export function groupOf(ms: number | undefined): (typeof GROUPS)[number] {
  if (ms === undefined) return 'none';
  if (ms < 0) return 'late';
  if (ms <= SOON) return 'soon';
  return ms <= 12 * SOON ? 'today' : 'later';
}
