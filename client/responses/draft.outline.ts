import * as Y from 'yjs';
import { createSubscriber } from 'svelte/reactivity';
import type { Kind } from '#shared/responses/responses.events.ts';
import { cleanText, missingIn, type SectionKey } from '#shared/responses/responses.text.ts';

/** The words of a node without its marks. */
function wordsOf(node: Y.XmlElement | Y.XmlText | Y.XmlHook): string {
  if (node instanceof Y.XmlText) {
    return (node.toDelta() as { insert?: unknown }[])
      .map(({ insert }) => (typeof insert === 'string' ? insert : ''))
      .join('');
  }
  return node instanceof Y.XmlHook ? '' : node.toArray().map(wordsOf).join(' ');
}

/**
 * Which required sections of a live text are empty, while it is written. Only a hint: the server finds out for itself
 * when the text is frozen.
 */
export class Outline {
  readonly #body: Y.XmlFragment;
  readonly #track: () => void;

  constructor(body: Y.XmlFragment) {
    this.#body = body;
    this.#track = createSubscriber((update) => {
      body.observeDeep(update);
      return () => {
        body.unobserveDeep(update);
      };
    });
  }

  /** Reactive. */
  missing(kind: Kind): SectionKey[] {
    this.#track();
    const blocks = this.#body.toArray().map((node) => ({
      type: node instanceof Y.XmlElement && node.nodeName === 'heading' ? ('heading' as const) : ('paragraph' as const),
      text: wordsOf(node),
    }));
    return missingIn(kind, cleanText({ headline: '', blocks }));
  }
}
