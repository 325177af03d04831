import type { Live, Tool } from './live.ts';

/**
 * The pen of one page: whichever part of its texts is being written in. A part takes it when it comes alive and lays
 * it down when it goes; the toolbar shows what it can do. One for all parts that share a toolbar.
 */
export class Pen {
  #live = $state.raw<Live>();
  #left: ((to: EventTarget | null) => void) | undefined;
  /** Rises with everything that may change what the toolbar shows. */
  #moves = $state(0);
  /** The toolbar, if one is shown: the focus may go there without ending the writing. */
  toolbar: HTMLElement | undefined;

  /** Reactive: is somebody writing here? */
  get live(): boolean {
    return this.#live !== undefined;
  }

  get canUndo(): boolean {
    return this.#moves >= 0 && this.#live?.canUndo === true;
  }

  get canRedo(): boolean {
    return this.#moves >= 0 && this.#live?.canRedo === true;
  }

  isOn(tool: Tool): boolean {
    return this.#moves >= 0 && this.#live?.isOn(tool) === true;
  }

  use(tool: Tool): void {
    this.#live?.use(tool);
  }

  undo(): void {
    this.#live?.undo();
  }

  redo(): void {
    this.#live?.redo();
  }

  /** From the toolbar back to where the caret was. */
  resume(): void {
    this.#live?.resume();
  }

  /** To the toolbar, by keyboard. */
  toTools(): void {
    this.toolbar?.querySelector<HTMLElement>('button:not(:disabled)')?.focus();
  }

  /** The focus left the toolbar for `to`. */
  leftTools(to: EventTarget | null): void {
    this.#left?.(to);
  }

  take(live: Live, left: (to: EventTarget | null) => void): void {
    this.#live = live;
    this.#left = left;
    this.moved();
  }

  lay(live: Live): void {
    if (this.#live !== live) return;
    this.#live = undefined;
    this.#left = undefined;
  }

  moved(): void {
    this.#moves += 1;
  }
}
