/* eslint-disable svelte/prefer-svelte-reactivity -- what is asked for and under way is shown by nobody */
import { createContext } from 'svelte';
import type { Line } from '#client/platform/line.ts';
import type { Card, Unit, User } from '#shared/people/people.schema.ts';
import { unitTree } from './units.ts';

/** How many names one question asks for: 36 characters and a comma each, within the 4,000 a query takes. */
const AT_ONCE = 100;

interface Deps {
  user: User;
  line: Pick<Line, 'request'>;
  /** What this machine remembered: the unit chosen last. */
  remembered: (key: string) => string | null;
  remember: (key: string, value: string) => void;
}

/**
 * The signed-in person, the tree of units and which of them is looked at, and the names of everybody else. One for
 * each sign-in, made by the roof. A name is asked for when it is first needed; many at once go in one question.
 */
export class People {
  readonly user: User;
  readonly #deps: Deps;
  #units = $state.raw<readonly Unit[]>([]);
  #chosen = $state<string | null>(null);
  #cards = $state.raw<ReadonlyMap<string, Card>>(new Map());
  #wanted = new Set<string>();
  readonly #asked = new Set<string>();
  readonly #missed = new Set<string>();
  readonly tree = $derived(unitTree(this.#units));

  constructor(deps: Deps) {
    this.#deps = deps;
    this.user = deps.user;
    this.#chosen = deps.remembered(`unit:${deps.user.id}`);
  }

  /**
   * Takes the tree from the hub; what was there stays shown until the answer is here. Names that could not be had
   * before are asked for again. Throws like `Line.request`.
   */
  async load(): Promise<void> {
    for (const id of this.#missed) this.#want(id);
    this.#missed.clear();
    const { units } = await this.#deps.line.request('people:units', {});
    this.#units = units;
  }

  /** The unit the three places show, with all below it: the one chosen here, else that of the first post. */
  get unit(): Unit | undefined {
    const chosen = this.#chosen === null ? undefined : this.tree.find(this.#chosen);
    const own = this.user.appointments[0]?.unit;
    return (
      chosen ?? (own === undefined ? this.tree.below(null)[0] : (this.tree.find(own.id) ?? { ...own, parent: null }))
    );
  }

  /** Looks at this unit from now on, on this machine. */
  choose(unit: Unit): void {
    this.#chosen = unit.id;
    this.#deps.remember(`unit:${this.user.id}`, unit.id);
  }

  /** Does what belongs to this unit belong to what is looked at? */
  covers(unit: string): boolean {
    const outer = this.unit;
    return outer === undefined || this.tree.covers(outer.id, unit);
  }

  /** What is known of this person now; asks the hub if it is nothing yet, and the reader is told when it comes. */
  card(id: string): Card | undefined {
    const known = this.#cards.get(id);
    if (known === undefined && !this.#asked.has(id)) this.#want(id);
    return known;
  }

  #want(id: string): void {
    if (this.#wanted.size === 0) {
      queueMicrotask(() => {
        const ids = [...this.#wanted];
        this.#wanted = new Set();
        for (let at = 0; at < ids.length; at += AT_ONCE) void this.#ask(ids.slice(at, at + AT_ONCE));
      });
    }
    this.#wanted.add(id);
    this.#asked.add(id);
  }

  async #ask(ids: readonly string[]): Promise<void> {
    try {
      const { people } = await this.#deps.line.request('people:cards', { ids: ids.join(',') });
      this.#cards = new Map([...this.#cards, ...people.map((card) => [card.id, card] as const)]);
    } catch {
      // No line, no names yet: they are asked for again with the next load.
      for (const id of ids) this.#missed.add(id);
    }
  }
}

export const [usePeople, providePeople] = createContext<() => People>();
