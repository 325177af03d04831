/*
 * Holds back both directions of a live text while an input method is composing. A remote change drawn into a
 * composition breaks it (minutes.md §5.2: leftover pinyin, text in the wrong place), and a composition sent as it is
 * typed shows everybody raw pinyin.
 *
 *   open ─begin► composing ─end► settling ─55 ms► open        either queue may also run out of its time
 */

/** After the composition ends the browser still writes the final characters into the page. ms */
const SETTLE = 55;
/** The longest others' text waits here. ms */
const HOLD_IN = 8000;
/** The longest ours waits: some phones compose every ordinary word. ms */
const HOLD_OUT = 3000;
/** Updates handed on at a time: merging is slow in the number of updates, and one redraw should stay short. */
const AT_ONCE = 200;

export interface ComposeGateDeps {
  /** Draws what came from others, in one go. */
  receive: (updates: readonly Uint8Array[]) => void;
  /** Sends what was written here, in one go. */
  send: (updates: readonly Uint8Array[]) => void;
}

/** One direction: what waits, how long it may, and where it goes. */
class Held {
  readonly #limit: number;
  readonly #release: (updates: readonly Uint8Array[]) => void;
  #waiting: Uint8Array[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(limit: number, release: (updates: readonly Uint8Array[]) => void) {
    this.#limit = limit;
    this.#release = release;
  }

  add(update: Uint8Array): void {
    this.#waiting.push(update);
    this.#timer ??= setTimeout(() => {
      this.release();
    }, this.#limit);
  }

  release(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const all = this.#waiting;
    this.#waiting = [];
    for (let at = 0; at < all.length; at += AT_ONCE) this.#release(all.slice(at, at + AT_ONCE));
  }

  drop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting = [];
  }
}

/** The gate of one document. The editor says when a composition begins and ends. */
export class ComposeGate {
  readonly #deps: ComposeGateDeps;
  readonly #in: Held;
  readonly #out: Held;
  #holding = false;
  #settling: ReturnType<typeof setTimeout> | undefined;

  constructor(deps: ComposeGateDeps) {
    this.#deps = deps;
    this.#in = new Held(HOLD_IN, deps.receive);
    this.#out = new Held(HOLD_OUT, deps.send);
  }

  begin(): void {
    clearTimeout(this.#settling);
    this.#holding = true;
  }

  end(): void {
    if (!this.#holding) return;
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => {
      this.flush();
    }, SETTLE);
  }

  /** Opens the gate at once: the field lost its focus, or the page is going away. */
  flush(): void {
    clearTimeout(this.#settling);
    this.#holding = false;
    // Ours first: what others wrote may be drawn over the same place.
    this.#out.release();
    this.#in.release();
  }

  /** An update from others. */
  remote(update: Uint8Array): void {
    if (this.#holding) this.#in.add(update);
    else this.#deps.receive([update]);
  }

  /** An update made on this page. */
  local(update: Uint8Array): void {
    if (this.#holding) this.#out.add(update);
    else this.#deps.send([update]);
  }

  /** Forgets what waits; the document it belonged to is gone. */
  stop(): void {
    clearTimeout(this.#settling);
    this.#holding = false;
    this.#in.drop();
    this.#out.drop();
  }
}
