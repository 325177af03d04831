import { AppError } from '#shared/wire/error.ts';
import type { Link } from './ydocs.link.ts';
import type { Loaded } from './ydocs.log.ts';

/** An edit as it came in. */
export interface Edit {
  link: Link;
  update: Uint8Array;
  /** A client's answer to our question for everything it holds. */
  isAnswer: boolean;
}

/** Something said to somebody once everything before it is durable. */
export interface After {
  link: Link;
  /** Given: a receipt, which waits for a gap on its connection to be filled. */
  token?: Uint8Array;
  say: (loaded: Loaded) => void;
}

/** Work that wants the document for itself, at rest. */
interface Run {
  run: (loaded: Loaded) => Promise<void>;
  drop: (error: Error) => void;
}

export type Work = { edit: Edit } | { after: After } | { run: Run };

export type Grouped = Exclude<Work, { run: Run }>;

const MAX_BATCH = 512 * 1024; // bytes of one entry, well below what a store takes in one row

/** The work of one document, in order of arrival. */
export function createQueue() {
  const work: Work[] = [];
  let isOpen = true;

  function drop(item: Work): void {
    if (!('run' in item)) return;
    item.run.drop(new AppError('storage', 'The document was closed; please try again.', { retryAfter: 1 }));
  }

  return {
    push: (item: Work): void => {
      if (isOpen) work.push(item);
      else drop(item);
    },
    isEmpty: (): boolean => work.length === 0,

    /** What was taken out and not done stands before everything else again. */
    putBack: (items: readonly Work[]): void => {
      if (isOpen) work.unshift(...items);
      else items.forEach(drop);
    },

    /** The edits at its head, with whatever is to be said in between, as many as go into one entry. */
    takeGroup: (): Grouped[] => {
      let size = 0;
      let end = 0;
      for (const item of work) {
        if ('run' in item) break;
        if ('edit' in item) size += item.edit.update.length;
        if (end > 0 && size > MAX_BATCH) break;
        end++;
      }
      return work.splice(0, end) as Grouped[];
    },

    /** What stands at its head alone. */
    takeRun: (): Run | undefined => {
      const [first] = work;
      if (first === undefined || !('run' in first)) return undefined;
      work.shift();
      return first.run;
    },

    /** Nothing of it will be done, nor of what comes later. */
    close: (): void => {
      isOpen = false;
      for (const item of work.splice(0)) drop(item);
    },
  };
}
