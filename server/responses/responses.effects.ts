import { parseStream, type StreamEvent } from '#shared/wire/stream.ts';
import type { Consumer } from '#server/platform/consume.ts';
import type { Drafts } from './responses.drafts.ts';
import type { Release } from './responses.release.ts';

/**
 * What must follow an event and is done by whoever caused it, unless the process dies in between: then it is done
 * here at the next start. Everything may be repeated.
 */
export function createResponsesEffects({ drafts, release }: { drafts: Drafts; release: Release }): Consumer {
  function follow(event: StreamEvent): Promise<unknown> | undefined {
    const id = parseStream(event.stream)?.id ?? '';
    switch (event.type) {
      case 'drafted':
      case 'correcting':
        return drafts.ensure(id);
      case 'reopened':
      case 'returned':
        return drafts.open(id);
      case 'publishing':
        return release.finish(id, event);
      default:
        return undefined;
    }
  }

  return {
    name: 'responses.effects',
    kinds: ['response'],
    handle: async (events) => {
      for (const event of events) await follow(event);
    },
  };
}
