import { AppError } from '#shared/wire/error.ts';
import type { Line } from '#client/platform/line.ts';

interface Deps {
  request: Line['request'];
  /** After each page: how much was looked through, 0 to 1. False: the person would rather not. */
  goOn: (done: number) => boolean;
  wait: (ms: number) => Promise<unknown>;
}

/** The next page. In the middle a hub that is asked too fast only makes it slower; the beginning is refused. */
async function pageAfter({ request, wait }: Deps, cursor: string | undefined) {
  for (;;) {
    try {
      return await request('people:my-data', cursor === undefined ? {} : { cursor });
    } catch (error) {
      const isTooFast = error instanceof AppError && error.code === 'rate_limited' && cursor !== undefined;
      if (!isTooFast) throw error;
      await wait(1000 * (error.details?.retryAfter ?? 1));
    }
  }
}

/**
 * Everything the hub holds of the person, a line of JSON each; undefined where they stopped it. Throws like
 * `Line.request`, `rate_limited` where it is begun too often.
 */
export async function copyOfMine(deps: Deps): Promise<string[] | undefined> {
  const lines: string[] = [];
  let cursor: string | undefined;
  for (;;) {
    const page = await pageAfter(deps, cursor);
    for (const line of page.lines) lines.push(`${JSON.stringify(line)}\n`);
    if (page.cursor === null) return lines;
    if (!deps.goOn(page.done)) return undefined;
    cursor = page.cursor;
  }
}
