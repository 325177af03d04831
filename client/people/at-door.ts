import { overHttp } from '#client/platform/http.ts';
import type { AnswerTo, Line } from '#client/platform/line.ts';

/**
 * Asks over HTTP, whether there is a line or not: before somebody is let in there is none, and whoever proves who they
 * are is given another cookie with the answer.
 */
export const atDoor: Line['request'] = async (name, input) =>
  (await overHttp({ origin: '' }, name, input)) as AnswerTo<typeof name>;
