import { newId } from './ids.ts';
import type { Db } from './db.ts';

/* The copy of a live text on this device: one a person and document, so that it opens, and can be written, offline. */

/** What a page keeps of its text. */
export interface Kept {
  /** The whole state, a Yjs update. */
  update: Uint8Array;
  /** The server has not confirmed all of it. */
  unsent: boolean;
  /** What the person might do with it when it was last heard. */
  role: string;
  /** Plain text that came too late to get in, until the person has taken it along. */
  aside?: string | undefined;
}

interface Copy extends Kept {
  /** ms since 1970, for tidying up only. */
  at: number;
  tab: string;
}

/** A copy is written so long after the first change that is not in it. ms */
const QUIET = 800;
/** Copies with nothing unsent that are kept. */
const KEPT = 12;
const STORE = 'kv';
const PLACE = 'ydoc';
/** Two tabs may have the same text open, each with writing of its own. */
const TAB = newId();

/** Texts open on this page: each has one line and one copy at a time. */
export const openTexts = new Set<string>();

export class LocalCopy {
  readonly #db: Db;
  readonly #id: string;
  readonly #now: () => Kept;
  readonly #merge: (updates: Uint8Array[]) => Uint8Array;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #writes: Promise<void> = Promise.resolve();
  #gone = false;

  constructor(deps: { db: Db; id: string; now: () => Kept; merge: (updates: Uint8Array[]) => Uint8Array }) {
    this.#db = deps.db;
    this.#id = deps.id;
    this.#now = deps.now;
    this.#merge = deps.merge;
  }

  /** What this device has. A device that keeps nothing, or whose storage fails, has nothing. */
  async load(): Promise<Copy | undefined> {
    const found = await this.#db.get(STORE, [PLACE, this.#id]).catch(() => undefined);
    return found as Copy | undefined;
  }

  /** The text changed: it is written in a moment. */
  touch(): void {
    this.#timer ??= setTimeout(() => void this.flush(), QUIET);
  }

  /** Writes now. Resolves when it is on the device, or cannot be. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writes = this.#writes.then(() => this.#write()).catch(() => undefined);
    return this.#writes;
  }

  /** The person lost the right to it: nothing of it stays here. */
  remove(): void {
    this.#gone = true;
    clearTimeout(this.#timer);
    this.#writes = this.#writes
      .then(() => this.#db.change([{ store: STORE, key: [PLACE, this.#id] }]))
      .catch(() => undefined);
  }

  async #write(): Promise<void> {
    if (this.#gone) return;
    const mine = this.#now();
    const there = await this.load();
    // Another tab's copy may hold writing this one has never seen: lay them together.
    const other = there !== undefined && there.tab !== TAB ? there : undefined;
    const copy: Copy = {
      ...mine,
      update: other === undefined ? mine.update : this.#merge([other.update, mine.update]),
      unsent: mine.unsent || other?.unsent === true,
      at: Date.now(),
      tab: TAB,
    };
    await this.#db.change([{ store: STORE, key: [PLACE, this.#id], value: copy }]);
  }
}

/** Documents this device has writing for that the server has not confirmed. */
export async function unsentCopies(db: Db): Promise<string[]> {
  const rows = await db.list(STORE, { from: [PLACE], to: [PLACE, '\uffff'] }).catch(() => []);
  return rows.flatMap(({ key, value }) => ((value as Copy).unsent ? [String(key[1])] : []));
}

/** Lets go of old copies the server has in full. */
export async function tidyCopies(db: Db): Promise<void> {
  const rows = await db.list(STORE, { from: [PLACE], to: [PLACE, '\uffff'] }).catch(() => []);
  const old = rows
    .map(({ key, value }) => ({ key, ...(value as Copy) }))
    .filter(({ unsent, aside }) => !unsent && aside === undefined)
    .sort((a, b) => b.at - a.at)
    .slice(KEPT);
  await db.change(old.map(({ key }) => ({ store: STORE, key }))).catch(() => undefined);
}
