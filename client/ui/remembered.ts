/**
 * Small things a machine remembers about how somebody likes the screen. Storage may be forbidden or full: then
 * nothing is remembered, which is all that is lost.
 */
export function remembered(key: string): string | null {
  try {
    return localStorage.getItem(`linli.${key}`);
  } catch (error) {
    return refused(error);
  }
}

/** Keeps `value` under `key` on this machine, or does nothing where storage is refused. */
export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(`linli.${key}`, value);
  } catch (error) {
    refused(error);
  }
}

/** Only the browser's refusal is expected here; anything else is a mistake of ours. */
function refused(error: unknown): null {
  if (error instanceof DOMException) return null;
  throw error;
}
