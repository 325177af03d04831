import type { Hub } from '#client/platform/hub.ts';
import type { MeetingLine } from '#shared/minutes/minutes.schema.ts';

export type MeetingsHub = Pick<Hub, 'request' | 'db'>;

const KEPT = 'minutes:list';

/** The meetings of one unit after the other. What was last known is shown before the hub answers. */
export class Meetings {
  readonly #hub: MeetingsHub;
  #unit: string | undefined;
  #lines = $state.raw<readonly MeetingLine[]>([]);
  #cursor = $state<string>();
  #known = $state(false);
  #failed = $state<unknown>();
  #turn = 0;

  constructor(hub: MeetingsHub) {
    this.#hub = hub;
  }

  /** In the hub's order, the latest first. */
  get lines(): readonly MeetingLine[] {
    return this.#lines;
  }

  /** False on a first visit until something can be shown. */
  get known(): boolean {
    return this.#known;
  }

  get failed(): unknown {
    return this.#failed;
  }

  /** There are earlier ones. */
  get more(): boolean {
    return this.#cursor !== undefined;
  }

  /** Shows the meetings of a unit, anew. */
  async load(unit: string): Promise<void> {
    const turn = ++this.#turn;
    if (unit !== this.#unit) {
      this.#unit = unit;
      this.#known = false;
      this.#lines = [];
      this.#cursor = undefined;
      await this.#remembered(unit, turn);
    }
    await this.#ask(turn, { unit });
  }

  /** Adds the next page. */
  async next(): Promise<void> {
    if (this.#unit !== undefined && this.#cursor !== undefined) {
      await this.#ask(++this.#turn, { unit: this.#unit, cursor: this.#cursor });
    }
  }

  async #ask(turn: number, input: { unit: string; cursor?: string }): Promise<void> {
    try {
      const { meetings, cursor } = await this.#hub.request('minutes:list', input);
      if (turn !== this.#turn) return; // another question has been asked meanwhile
      this.#lines = input.cursor === undefined ? meetings : [...this.#lines, ...meetings];
      this.#cursor = cursor;
      this.#known = true;
      this.#failed = undefined;
      if (input.cursor !== undefined) return;
      await this.#hub.db.change([{ store: 'kv', key: [KEPT, input.unit], value: meetings }]).catch(() => undefined);
    } catch (error) {
      if (turn === this.#turn) this.#failed = error;
    }
  }

  async #remembered(unit: string, turn: number): Promise<void> {
    const kept = await this.#hub.db.get('kv', [KEPT, unit]).catch(() => undefined);
    if (turn !== this.#turn || !Array.isArray(kept)) return;
    this.#lines = kept as MeetingLine[];
    this.#known = true;
  }
}
