import { isReadable } from '#shared/wire/define.ts';
import { evolve, noMeeting, type Meeting } from '#shared/minutes/minutes.rules.ts';
import { toLine } from '#shared/minutes/minutes.view.ts';
import type { Consumer } from '#server/platform/consume.ts';
import { createFold, type ActorOf, type Fold } from '#server/platform/fold.ts';
import { createLag } from '#server/platform/lag.ts';
import type { Streams } from '#server/platform/streams.ts';
import type { MinutesModel } from './minutes.model.ts';

/** `meeting:` streams as states. One for the process: its service and its projection share what it holds. */
export const createMinutesFold = (streams: Streams, actorOf: ActorOf): Fold<Meeting> =>
  createFold(streams, { kind: 'meeting', initial: noMeeting, evolve }, actorOf);

export type MinutesProjection = Consumer & {
  /** Brings every row this process knows to be behind up to its stream: what a list waits for to see own writes. */
  current: () => Promise<void>;
};

interface Deps {
  streams: Streams;
  fold: Fold<Meeting>;
  model: MinutesModel;
}

/**
 * Moments in UTC sort as they follow each other. One that cannot be read, from before they were checked, stands where
 * its own words put it: an event is for ever, and one that nobody can project would hold up all that come after it.
 */
const sortable = (moment: string): string => (isReadable(moment) ? new Date(moment).toISOString() : moment);

/*
 * A row is written from the folded state at the stream's head, not from one event, and one that has seen as much
 * stays as it is. So batches may repeat, and two processes may write side by side.
 */
export function createMinutesProjection({ streams, fold, model }: Deps): MinutesProjection {
  const lag = createLag({
    streams,
    kind: 'meeting',
    write: async (id) => {
      const { state, seq } = await fold.load(id);
      const key = `${sortable(state.startsAt)} ${id}`;
      if (state.state !== 'none')
        await model.put({ _id: id, unit: state.unit, key, applied: state.version, line: toLine(state) });
      return seq;
    },
  });
  return { name: 'minutes', kinds: ['meeting'], ...lag };
}
