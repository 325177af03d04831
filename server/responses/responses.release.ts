import { AppError, fail } from '#shared/wire/error.ts';
import { derivedId } from '#shared/wire/ids.ts';
import type { StreamEvent } from '#shared/wire/stream.ts';
import type { IncidentFacts } from '#shared/responses/responses.decide.ts';
import type { DataOf } from '#shared/responses/responses.events.ts';
import { release, settle } from '#shared/responses/responses.release.ts';
import type { Response } from '#shared/responses/responses.rules.ts';
import { sha256 } from '#server/platform/crypto.ts';
import type { Fold, Written } from '#server/platform/fold.ts';
import { factsNow, signsFor, speakerOf, type Around } from './responses.incident.ts';

export type Release = ReturnType<typeof createRelease>;

/** How a signed text leaves the house: by somebody's hand, or at the moment they set. */
export function createRelease({ fold, around }: { fold: Fold<Response>; around: Around }) {
  const against = (facts: IncidentFacts) => ({
    facts,
    now: around.clock.now(),
    signs: signsFor(around, facts.leadUnit),
  });

  /**
   * The second step of publishing, under an id that follows from the first: whoever comes here first, the publisher
   * or the consumer after a crash, decides; the other finds what was decided.
   */
  const finish = (response: string, publishing: StreamEvent): Promise<Written> => {
    const id = derivedId(sha256, publishing.id, 'outcome');
    const input = { outcome: publishing.id };
    return fold.write(response, { id, actor: publishing.actor, input }, async (state) => {
      const facts = await factsNow(around, state.incident);
      return settle(state, publishing.data as DataOf<'publishing'>, against(facts));
    });
  };

  /**
   * Does what the moment that was set asks for, if it has come. The event's id follows from the one that set it, so of
   * any number of timers and processes one writes it and the others find it. The server writes it, a named person
   * decided it: `spokenBy` says who. Where the moment was taken back meanwhile, nothing happens.
   */
  const fire = async (response: string): Promise<void> => {
    const { planned } = (await fold.load(response)).state;
    if (planned === null) return;
    const id = derivedId(sha256, planned.id, 'moment');
    const decide = async (state: Response) => {
      const facts = await factsNow(around, state.incident);
      const spokenBy = speakerOf(around, planned.by, facts.leadUnit, planned.at);
      if (state.planned?.id !== planned.id) return fail('responses.wrong_state');
      return release(state, { ...against(facts), spokenBy });
    };
    try {
      const { event } = await fold.write(response, { id, actor: 'system', input: { moment: planned.id } }, decide);
      if (event.type === 'publishing') await finish(response, event);
    } catch (error) {
      // Taken back, published by hand or not due yet: the list this came from was behind, and catches up.
      if (!(error instanceof AppError) || error.code !== 'responses.wrong_state') throw error;
    }
  };

  return { finish, fire };
}
