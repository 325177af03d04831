/*
 * Keyboard shortcuts: one key, or two after each other (`g m`). None fires while an input method is composing, in a
 * text field, with a modifier, or while a dialog is open. Whoever adds a shortcut says what it does, for the map on `?`.
 */

export interface Shortcut {
  /** As `event.key` has it; two with a space between: `j`, `Enter`, `/`, `?`, `g m`. */
  keys: string;
  /** For the map, asked for in the language of the moment. */
  label: () => string;
  /** Returns false to leave the key to the browser. */
  run: () => unknown;
}

/** The second key of two must follow within so many ms. */
const TOGETHER = 1000;

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || target.matches('input, textarea, select, [role=textbox]'));

/** What Enter and Space mean on a control is the control's business. */
const isControl = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.matches('a, button, summary, [role=button], [role=menuitem], [role=tab]');

class Keys {
  readonly #shortcuts: Shortcut[] = [];
  #first: { key: string; at: number } | undefined;

  /** The last one added for the same keys wins, so that a page may take over what the frame has. Returns the removal. */
  add(...shortcuts: Shortcut[]): () => void {
    this.#shortcuts.push(...shortcuts);
    return () => {
      for (const shortcut of shortcuts) this.#shortcuts.splice(this.#shortcuts.indexOf(shortcut), 1);
    };
  }

  /** What can be pressed now, in the order it was added. */
  get map(): readonly Shortcut[] {
    return this.#shortcuts.filter((shortcut) => this.#find(shortcut.keys) === shortcut);
  }

  /** Starts to listen. Returns how to stop. */
  listen(target: Document | HTMLElement = document): () => void {
    const onkeydown = (event: Event): void => {
      if (event instanceof KeyboardEvent) this.#press(event);
    };
    target.addEventListener('keydown', onkeydown);
    return () => {
      target.removeEventListener('keydown', onkeydown);
    };
  }

  #find(keys: string): Shortcut | undefined {
    return this.#shortcuts.findLast((shortcut) => shortcut.keys === keys);
  }

  #press(event: KeyboardEvent): void {
    const { key, target, defaultPrevented } = event;
    const composing = event.isComposing || key === 'Process' || key === 'Unidentified';
    if (defaultPrevented || composing || event.ctrlKey || event.metaKey || event.altKey || isTyping(target)) return;
    if ((key === 'Enter' || key === ' ') && isControl(target)) return;
    if (document.querySelector('[role=dialog], dialog[open]') !== null) return;
    const first = this.#first;
    this.#first = undefined;
    const both =
      first !== undefined && event.timeStamp - first.at < TOGETHER ? this.#find(`${first.key} ${key}`) : undefined;
    const found = both ?? this.#find(key);
    if (found === undefined) {
      const begins = this.#shortcuts.some(({ keys }) => keys.startsWith(`${key} `));
      if (begins) this.#first = { key, at: event.timeStamp };
    } else if (found.run() !== false) {
      event.preventDefault();
    }
  }
}

/** The one keyboard of the page. */
export const keys = new Keys();
