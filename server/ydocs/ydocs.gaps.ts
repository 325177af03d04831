import type { Taken } from './ydocs.edit.ts';
import type { Link } from './ydocs.link.ts';
import type { Loaded } from './ydocs.log.ts';
import { CLOSE, savedMessage } from './ydocs.protocol.ts';
import type { After, Edit } from './ydocs.queue.ts';

const MAX_HELD = 64 * 1024; // bytes a connection
const MAX_GAPS = 20; // a connection; a client that answers our question has none

interface Deps {
  /** ms. */
  gapFor: number;
  /** Asks a client for everything it holds. */
  ask: (link: Link, loaded: Loaded) => void;
  /** Applies one edit, where it may be. Throws when the document has to be taken from the store again. */
  attempt: (loaded: Loaded, link: Link, update: Uint8Array) => Taken | 'gap' | undefined;
}

/**
 * Edits that build on something which has not come. Somebody who wrote while away may type on before their answer with
 * the rest is here: until then such edits are held. After it they are refused and everything is asked for again. They
 * never enter the document, where they would be handed to everybody for ever.
 */
export function createGaps({ gapFor, ask, attempt }: Deps) {
  const receipts: { link: Link; tokens: Uint8Array[] }[] = [];

  /** What was held is over, one way or the other: its receipts may go once what came of it is durable. */
  function end(link: Link): Uint8Array[] {
    const { updates, receipts: tokens } = link.gap ?? { updates: [], receipts: [] };
    link.gap = undefined;
    if (tokens.length > 0) receipts.push({ link, tokens });
    return updates;
  }

  function refuse(loaded: Loaded, link: Link): void {
    link.reject('GAP', true);
    if (++link.gaps > MAX_GAPS) link.close(CLOSE.protocol);
    else ask(link, loaded);
  }

  const isTaken = (one: Taken | 'gap' | undefined): one is Taken => one !== undefined && one !== 'gap';

  /** An edit with a gap: held, or refused with whatever was held. */
  function meet(loaded: Loaded, { link, update, isAnswer }: Edit): void {
    const gap = link.gap ?? { updates: [], bytes: 0, since: Date.now(), receipts: [] };
    if (isAnswer || link.answered || gap.bytes + update.length > MAX_HELD) {
      if (!isAnswer) end(link);
      refuse(loaded, link);
      return;
    }
    gap.updates.push(update);
    gap.bytes += update.length;
    link.gap = gap;
  }

  /** The client has answered: what was held fits now, or never will. */
  function fill(loaded: Loaded, link: Link): (Taken | 'gap' | undefined)[] {
    link.answered = true;
    const found = end(link).map((update) => attempt(loaded, link, update));
    if (found.includes('gap')) refuse(loaded, link);
    return found;
  }

  return {
    /** Applies an edit and whatever had waited for it; answers with what there is to write. Throws as `attempt`. */
    take: (loaded: Loaded, edit: Edit): Taken[] => {
      const { link, update, isAnswer } = edit;
      const one = attempt(loaded, link, update);
      if (one === 'gap') meet(loaded, edit);
      return [one, ...(isAnswer ? fill(loaded, link) : [])].filter(isTaken);
    },

    /** Whether something was held too long; it has been refused then. */
    expire: (loaded: Loaded, link: Link): boolean => {
      if (link.gap === undefined || Date.now() - link.gap.since < gapFor) return false;
      end(link);
      refuse(loaded, link);
      return true;
    },

    /** Says something now, unless it is a receipt whose connection has a gap: it waits until that is over. */
    say: ({ link, token, say }: After, loaded: Loaded): void => {
      if (token !== undefined && link.gap !== undefined) link.gap.receipts.push(token);
      else say(loaded);
    },

    /** Receipts whose gap is over, once what came of it is durable. */
    tellSettled: (): void => {
      for (const { link, tokens } of receipts.splice(0)) for (const token of tokens) link.send(savedMessage(token));
    },
  };
}
