/* The moment chosen for a publication, between the browser's own field and the hub. */

const SOONEST = 5_000; // ms, as the hub asks
const LATEST = 14 * 24 * 3_600_000; // ms

const two = (n: number): string => String(n).padStart(2, '0');

/** The next full hour at least half an hour away, as `datetime-local` writes it: a beginning, to be changed. */
export function nextHour(now: number): string {
  const at = new Date(now + 90 * 60_000);
  return `${String(at.getFullYear())}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:00`;
}

/** The moment as the hub takes it; undefined for none, or one that is out of reach. */
export function momentOf(local: string, now: number): string | undefined {
  const at = Date.parse(local); // without a zone it is the device's own
  return at - now >= SOONEST && at - now <= LATEST ? new Date(at).toISOString() : undefined;
}
