import { parseStream } from '#shared/wire/stream.ts';
import type { Floor } from './app.ts';
import type { People, Wires } from './features.ts';

/** Events that give or take a right: after them every open right is asked for again before the next delivery. */
const CHANGES_ACCESS: ReadonlySet<string> = new Set([
  'people.founded',
  'people.appointed',
  'people.ended',
  'people.accepted',
  'people.declined',
  'people.revoked',
  'people.closed',
  'people.suspended',
  'people.reactivated',
  'people.vouched',
  'people.factor_reset',
  'people.factor_dropped',
  'people.erased',
  'joined',
  'left',
  'removed',
  'triaged',
]);

/**
 * What every process must know before it shows or decides anything once it was acknowledged: rights, that a message
 * was taken back, and that somebody is there.
 */
export const TOLD_FIRST: ReadonlySet<string> = new Set([...CHANGES_ACCESS, 'retracted', 'people.enrolled']);

const DATES_EVERY = 1_000; // ms between two looks at whether somebody's post has ended by date

/** Brings the directory forward and counts whenever anybody's rights may have changed: by an event, or by date. */
export function followRights(
  { clock, streams }: Floor,
  directory: People['directory'],
  wires: Pick<Wires, 'end' | 'recheck'>,
) {
  let count = 0;
  let rechecked = 0;
  /** Posts and delegations begin and end with nobody writing anything. */
  function version(): number {
    if (directory.hasTurned(clock.now())) count++;
    return count;
  }
  function recheck(): void {
    rechecked = version();
    wires.recheck();
  }
  streams.onCommitted((event) => {
    directory.apply(event);
    const isOut = event.type === 'people.suspended' || event.type === 'people.erased';
    if (isOut) wires.end({ person: parseStream(event.stream)?.id ?? '' }, 'suspended');
    if (!CHANGES_ACCESS.has(event.type)) return;
    count++;
    recheck();
  });
  const dates = setInterval(() => {
    if (version() !== rechecked) recheck();
  }, DATES_EVERY).unref();
  return {
    version,
    stop: (): void => {
      clearInterval(dates);
    },
  };
}
