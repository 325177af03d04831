import { expect } from 'vitest';
import type { FoldRules } from '#server/platform/fold.ts';
import type { StreamEvent } from '#shared/wire/stream.ts';

/**
 * The snapshot law: wherever a reader joins, the state they were given plus the events that follow is the state of
 * somebody who read everything, also after the state was copied, as a snapshot is. Every event type of
 * every stream goes through it.
 */
export function foldLaw<State>(
  rules: Pick<FoldRules<State>, 'initial' | 'evolve'>,
  events: readonly StreamEvent[],
): void {
  const id = events[0]?.stream.split(':')[1] ?? '';
  const fresh = events.reduce(rules.evolve, rules.initial(id));
  for (let cut = 0; cut <= events.length; cut++) {
    const before = events.slice(0, cut).reduce(rules.evolve, rules.initial(id));
    const stored = structuredClone(before);
    const after = events.slice(cut).reduce(rules.evolve, stored);
    expect(after, `joined after event ${cut}`).toEqual(fresh);
  }
}
