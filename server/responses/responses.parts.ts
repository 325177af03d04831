import { evolve, noResponse } from '#shared/responses/responses.rules.ts';
import { createFold } from '#server/platform/fold.ts';
import type { Log } from '#server/platform/log.ts';
import type { Streams } from '#server/platform/streams.ts';
import { createDrafts, type Documents } from './responses.drafts.ts';
import { createResponsesEffects } from './responses.effects.ts';
import { createFollowUps } from './responses.inbox.ts';
import type { Around } from './responses.incident.ts';
import { createResponsesModel } from './responses.model.ts';
import { createResponsesProjection } from './responses.project.ts';
import { createRelease } from './responses.release.ts';
import { createSchedule } from './responses.schedule.ts';
import { createResponsesService } from './responses.service.ts';

interface Deps {
  db: Parameters<typeof createResponsesModel>[0];
  streams: Streams;
  docs: Documents;
  around: Around;
  settled: () => Promise<void>;
  log: Log;
}

/** The feature put together; the roof connects it. Resolves when its indexes stand. */
export async function createResponses({ db, streams, docs, around, settled, log }: Deps) {
  const fold = createFold(streams, { kind: 'response', initial: noResponse, evolve }, around.actorOf);
  const model = createResponsesModel(db);
  await model.init();
  const drafts = createDrafts({ fold, streams, docs, around });
  const release = createRelease({ fold, around });
  const service = createResponsesService({ fold, drafts, release, model, around, settled });
  return {
    service,
    model,
    reader: drafts.reader,
    docAccess: drafts.access,
    followUps: createFollowUps({ fold, around }),
    schedule: createSchedule({ model, release, clock: around.clock, log }),
    responsesOf: service.responsesOf,
    consumers: [createResponsesProjection({ model, load: fold.load }), createResponsesEffects({ drafts, release })],
  };
}
