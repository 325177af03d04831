import { tick } from 'svelte';

/** So close to the end counts as at the end, in px: a finger rarely stops at the very last one. */
const NEAR_END = 48;
/** Older messages are fetched before the reader meets the beginning of what is here, in px. */
const NEAR_START = 600;

/**
 * Where the reader is in a list that grows at both ends. At the end it stays at the end, whatever loads or resizes;
 * elsewhere what the reader looks at stays where it is: a message is the anchor, not a number of pixels.
 */
export class Scroller {
  /** Reactive: the newest message is on screen. */
  atEnd = $state(true);
  readonly #onstart: () => void;
  #node: HTMLElement | undefined;
  #held = false;
  /** Where the reader was when it was last looked, in px. */
  #top = 0;

  /** `onstart` is called whenever the reader comes near the beginning. */
  constructor(onstart: () => void) {
    this.#onstart = onstart;
  }

  /** For `{@attach}` on the scrolling element; its first child is the content. */
  attach = (node: HTMLElement): (() => void) => {
    this.#node = node;
    const look = (): void => {
      if (this.#held) return;
      // What came in since the scrolling may have put the end further away: only who moves up leaves it.
      if (this.#isNear(node)) this.atEnd = true;
      else if (node.scrollTop < this.#top) this.atEnd = false;
      this.#top = node.scrollTop;
      if (node.scrollTop < NEAR_START) this.#onstart();
    };
    const sizes = new ResizeObserver(() => {
      if (this.atEnd && !this.#held) this.toEnd();
    });
    sizes.observe(node);
    if (node.firstElementChild !== null) sizes.observe(node.firstElementChild);
    node.addEventListener('scroll', look, { passive: true });
    return () => {
      sizes.disconnect();
      node.removeEventListener('scroll', look);
      this.#node = undefined;
    };
  };

  toEnd = (): void => {
    this.atEnd = true;
    if (this.#node === undefined) return;
    this.#node.scrollTop = this.#node.scrollHeight;
    this.#top = this.#node.scrollTop;
  };

  /** Runs something that puts rows above, and keeps the row at the top of the screen where it is. */
  async keep(change: () => Promise<unknown>): Promise<void> {
    const anchor = this.#topRow();
    const before = anchor?.getBoundingClientRect().top ?? 0;
    await change();
    this.#held = true;
    await tick();
    if (anchor?.isConnected === true && this.#node !== undefined && !this.atEnd) {
      this.#node.scrollTop += anchor.getBoundingClientRect().top - before;
    }
    this.#held = false;
  }

  /** Brings a row into view, a little below the top. */
  show(row: Element): void {
    if (this.#node === undefined) return;
    const away = row.getBoundingClientRect().top - this.#node.getBoundingClientRect().top;
    this.#node.scrollTop += away - this.#node.clientHeight / 4;
    this.atEnd = this.#isNear(this.#node);
  }

  find(selector: string): HTMLElement | undefined {
    return this.#node?.querySelector<HTMLElement>(selector) ?? undefined;
  }

  #isNear(node: HTMLElement): boolean {
    return node.scrollHeight - node.scrollTop - node.clientHeight < NEAR_END;
  }

  #topRow(): Element | undefined {
    const node = this.#node;
    if (node === undefined) return undefined;
    const top = node.getBoundingClientRect().top;
    return [...node.querySelectorAll('[data-row]')].find((row) => row.getBoundingClientRect().bottom > top);
  }
}
