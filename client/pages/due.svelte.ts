import type { Board } from '#client/incidents/board.state.svelte.ts';
import type { Hub } from '#client/platform/hub.ts';
import { atRest } from './at-rest.ts';

/**
 * What the place of concerns counts for who triages: open ones of their own unit and below whose clock is late or runs
 * out within two hours. Begins once the page is at rest; `stop` ends it.
 */
export class Due {
  #board = $state.raw<Board>();
  readonly #quiet: () => void;
  #over = false;

  constructor(hub: Hub, unit: string) {
    this.#quiet = atRest(() => {
      import('#client/incidents/board.state.svelte.ts').then(
        ({ Board }) => {
          if (this.#over) return;
          const board = new Board(hub);
          board.sort = 'due'; // what is counted comes first, however much there is
          board.show(unit);
          this.#board = board;
        },
        () => undefined, // no line: nothing is counted
      );
    });
  }

  get count(): number {
    const summary = this.#board?.summary;
    return summary === undefined ? 0 : summary.late + summary.soon;
  }

  stop = (): void => {
    this.#over = true;
    this.#quiet();
    this.#board?.stop();
  };
}
