import type { Floor } from './app.ts';
import type { People } from './features.ts';
import { createRefusals } from './people/people.refusals.ts';
import { createAnchors } from './platform/anchors.ts';
import type { Signer } from './platform/signing.ts';
import { withDeadline } from './platform/store-errors.ts';

const QUARTER = 15 * 60_000;
const DAY = 24 * 3600_000;
const LAST_ANCHOR = 20_000; // ms a hub that drains takes for its last anchor; the next one makes up for it
const LETTING_GO = 5_000; // ms for an anchor under way to be left: one read of the store

/** What is past its keeping time goes, at the start and once a day. */
function sweepDaily({ log, files }: Floor, { sessions, securityLog }: People) {
  let sweeping = Promise.resolve();
  function sweep(): Promise<void> {
    sweeping = Promise.all([sessions.sweep(), securityLog.sweep(), files.sweep()]).then(
      () => undefined,
      (error: unknown) => {
        log.error({ error }, 'not swept'); // tomorrow again
      },
    );
    return sweeping;
  }
  void sweep();
  const daily = setInterval(() => void sweep(), DAY).unref();
  return {
    sweep,
    stop: async (): Promise<void> => {
      clearInterval(daily);
      await sweeping;
    },
  };
}

/** The record is anchored at the start, every quarter of an hour in which something was written, and when the hub drains. */
export function anchorRegularly(
  { clock, config, log, streams }: Pick<Floor, 'clock' | 'log' | 'streams'> & { config: { anchors: string } },
  signer: Signer,
) {
  const anchors = createAnchors({ streams, signer, clock, folder: config.anchors });
  const left = new AbortController();
  let under: Promise<void> = anchors.sweep().catch((error: unknown) => {
    log.warn({ error }, 'unfinished anchors not removed');
  });
  const told = (work: Promise<unknown>): Promise<void> =>
    work.then(
      (anchored) => {
        if (anchored !== undefined) log.info({ anchored }, 'the record is anchored');
      },
      (error: unknown) => {
        if (left.signal.aborted && error === left.signal.reason) return; // the last one says what this would have
        log.error({ error }, 'the record is not anchored');
      },
    );
  const next = (): void => {
    under = under.then(() => told(anchors.makeNext(left.signal)));
  };
  const regularly = setInterval(next, QUARTER).unref();
  return {
    begin: next,
    anchor: () => anchors.make(),
    /** Nobody who drains waits for an anchor of a large store: what is under way is left, and the last one made up. */
    stop: async (): Promise<void> => {
      clearInterval(regularly);
      left.abort();
      await told(withDeadline(under, LETTING_GO));
    },
    /** The last word of a hub that drains; whatever comes of it, the hub closes. */
    lastAnchor: (): Promise<void> => {
      const enough = new AbortController();
      const made = withDeadline(anchors.make(enough.signal), LAST_ANCHOR).finally(() => {
        enough.abort(); // nothing of it goes on in a store that is being closed
      });
      return told(made);
    },
  };
}

/** What the hub does for its own record: it notes refusals, drops what is past its time, and anchors what is kept. */
export function keepRecord(floor: Floor, people: People, signer: Signer) {
  const refusals = createRefusals({ log: people.securityLog, complain: floor.log });
  const swept = sweepDaily(floor, people);
  const anchored = anchorRegularly(floor, signer);
  return {
    refusals,
    sweep: swept.sweep,
    anchor: anchored.anchor,
    lastAnchor: anchored.lastAnchor,
    beginAnchors: anchored.begin,
    stop: async (): Promise<void> => {
      await swept.stop();
      await anchored.stop();
      await refusals.stop();
    },
  };
}
