import { derivedId } from '#shared/wire/ids.ts';
import type { StreamEvent } from '#shared/wire/stream.ts';
import type { DataOf } from '#shared/responses/responses.events.ts';
import { settle } from '#shared/responses/responses.release.ts';
import type { Response } from '#shared/responses/responses.rules.ts';
import { sha256 } from '#server/platform/crypto.ts';
import type { Fold, Written } from '#server/platform/fold.ts';
import { factsNow, type Around } from './responses.incident.ts';

export type Release = ReturnType<typeof createRelease>;

/** How a signed text leaves the house, by somebody's hand. */
export function createRelease({ fold, around }: { fold: Fold<Response>; around: Around }) {
  /**
   * The second step of publishing, under an id that follows from the first: whoever comes here first, the publisher
   * or the consumer after a crash, decides; the other finds what was decided.
   */
  const finish = (response: string, publishing: StreamEvent): Promise<Written> => {
    const id = derivedId(sha256, publishing.id, 'outcome');
    const input = { outcome: publishing.id };
    return fold.write(response, { id, actor: publishing.actor, input }, async (state) => {
      const facts = await factsNow(around, state.incident);
      return settle(state, publishing.data as DataOf<'publishing'>, { facts, now: around.clock.now() });
    });
  };

  return { finish };
}
