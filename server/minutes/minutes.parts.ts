import { parseStream } from '#shared/wire/stream.ts';
import type { Consumer } from '#server/platform/consume.ts';
import type { Store } from '#server/platform/store.ts';
import { createMinutesModel } from './minutes.model.ts';
import { createMinutesFold, createMinutesProjection } from './minutes.project.ts';
import { createMinutesService, type MinutesDeps, type MinutesService } from './minutes.service.ts';

/** What must follow a creation and is done by whoever asked for it, unless the process dies in between. */
const createEffects = (service: MinutesService): Consumer => ({
  name: 'minutes.effects',
  kinds: ['meeting'],
  handle: async (events) => {
    for (const { type, stream } of events)
      if (type === 'created') await service.ensureDoc(parseStream(stream)?.id ?? '');
  },
});

/** The feature put together; the roof connects it. Resolves when its indexes stand. */
export async function createMinutes({
  db,
  ...deps
}: Omit<MinutesDeps, 'fold' | 'model' | 'projection'> & { db: Store }) {
  const { streams, actorOf } = deps;
  const fold = createMinutesFold(streams, actorOf);
  const model = createMinutesModel(db);
  await model.init();
  const projection = createMinutesProjection({ streams, fold, model });
  const service = createMinutesService({ ...deps, fold, model, projection });
  return { service, model, reader: service.reader, consumers: [projection, createEffects(service)] };
}
