import { AppError } from '#shared/wire/error.ts';
import type { Line } from '#client/platform/line.ts';
import { atDoor } from './at-door.ts';

type Request = Line['request'];

const wantsProof = (error: unknown): boolean => error instanceof AppError && error.code === 'people.step_up';

/**
 * Where the hub wants to know again who is asking, the person is asked once for all that waits, and what was asked goes
 * out once more by itself, with the same id. Whoever does not prove it gets the refusal.
 *
 * An open line counts as what was proved when it was opened, and is cut by the hub a few seconds after more was. So what
 * it refuses goes over HTTP, with the cookie of now, before anybody is asked: they may just have proved it, here or in
 * another tab.
 */
export class Proving {
  #answer: ((proved: boolean) => void) | undefined;
  #waiting: Promise<boolean> | undefined;
  #asks = $state(false);

  /** Reactive: a dialog is wanted. */
  get asks(): boolean {
    return this.#asks;
  }

  /** What the person did with it. */
  answer = (proved: boolean): void => {
    this.#asks = false;
    this.#waiting = undefined;
    this.#answer?.(proved);
  };

  /** Asks as `request` does. */
  around(request: Request): Request {
    return async (name, input) => {
      try {
        return await request(name, input);
      } catch (error) {
        if (!wantsProof(error)) throw error;
      }
      try {
        return await atDoor(name, input);
      } catch (error) {
        if (!wantsProof(error) || !(await this.#prove())) throw error;
        return atDoor(name, input);
      }
    };
  }

  #prove(): Promise<boolean> {
    this.#asks = true;
    return (this.#waiting ??= new Promise((resolve) => (this.#answer = resolve)));
  }
}
