import { describe, expect, it } from 'vitest';
import { errorOf, openStore, type Doc, type Documented } from './store.ts';

/*
 * What MongoDB's CRUD specification asks of a collection, case by case, in our words: documents before, one call, what
 * it answers, documents after. The same tables run on every engine.
 */

export interface Case {
  given?: Doc[];
  run: (collection: Documented) => Promise<unknown>;
  /** Of the answer, what must be there. */
  answers?: unknown;
  /** The error's code, or a part of its message. */
  fails?: number | RegExp;
  /** All documents afterwards by _id; those given where it is left out. */
  leaves?: Doc[];
}

/** What a case starts from unless it says otherwise. */
export const FOUR: Doc[] = [1, 2, 3, 4].map((n) => ({ _id: n, x: n * 11 }));
export const without = (...ids: number[]): Doc[] => FOUR.filter(({ _id }) => !ids.includes(_id as number));
export const withX = (changes: Record<number, unknown>): Doc[] =>
  FOUR.map((doc) => ({ ...doc, x: changes[doc['_id'] as number] ?? doc['x'] }));

/** Runs every case on a collection of its own. */
export function runCases(cases: Record<string, Record<string, Case>>): void {
  describe.each(Object.entries(cases))('%s', (_, table) => {
    it.each(Object.entries(table))('%s', async (__, { given = FOUR, run, answers, fails, leaves = given }) => {
      const collection = (await openStore()).collection('crud');
      if (given.length > 0) await collection.insertMany(given.map((doc) => structuredClone(doc)));
      if (fails === undefined) {
        const answer = await run(collection);
        if (Array.isArray(answers) || typeof answers !== 'object' || answers === null) {
          if (answers !== undefined) expect(answer).toEqual(answers);
        } else expect(answer).toMatchObject(answers);
      } else {
        const error = await errorOf(run(collection));
        if (typeof fails === 'number') expect(error.code).toBe(fails);
        else expect(error.message).toMatch(fails);
      }
      expect(await collection.find({}).sort({ _id: 1 }).toArray()).toEqual(leaves);
    });
  });
}
