/** Midnight on this device at which a day of a date field begins; nothing for an empty field. */
export function beginningOf(day: string): string | undefined {
  const at = new Date(`${day}T00:00`);
  return day === '' || Number.isNaN(at.getTime()) ? undefined : at.toISOString();
}

/** Midnight at which a day of a date field is over: the last day counts. */
export function endOf(day: string): string | undefined {
  const at = new Date(`${day}T00:00`);
  if (day === '' || Number.isNaN(at.getTime())) return undefined;
  at.setDate(at.getDate() + 1);
  return at.toISOString();
}

/** What a date field holds for a moment: the day on this device. */
export function dayOf(at: Date): string {
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}
