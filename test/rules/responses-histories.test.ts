import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StreamEvent } from '#shared/wire/stream.ts';
import type { DataOf, Severity } from '#shared/responses/responses.events.ts';
import { evolve, noResponse } from '#shared/responses/responses.rules.ts';
import { toPublicView } from '#shared/responses/responses.view.ts';
import { approver, Desk, facts, HOUR, id, sign, type Who } from '../support/response-desk.ts';

/* The statements at the end of incidents §3.11, checked on random histories. */

type Move = (desk: Desk) => void;
const anyone = fc.record({ person: fc.integer({ min: 2, max: 6 }).map(id), upper: fc.boolean() });

/** A move that is `weight` times as likely as the rarest, made by anybody with a number to use as they like. */
const move = (weight: number, make: (desk: Desk, who: Who, n: number) => void) => ({
  weight,
  arbitrary: fc.tuple(anyone, fc.integer({ min: 1, max: 4 })).map(([who, n]): Move => (desk) => {
    make(desk, who, n);
  }),
});

const withdrawal = 'a'.repeat(64);
const moves = fc.oneof(
  move(6, (desk, who, n) => desk.submit(`第 ${n} 稿`, [who.person])),
  move(12, (desk, who) => sign(desk, who)),
  move(10, (desk) => desk.publish()),
  move(10, (desk) => desk.settle()),
  move(12, (desk, _who, n) => desk.schedule(n * HOUR)),
  move(2, (desk) => desk.fire()),
  move(12, (desk, _who, n) => {
    const planned = Date.parse(desk.state.planned?.publishAt ?? '');
    if (planned > desk.now) desk.now = planned + (n * HOUR) / 20; // the moment comes, a few minutes late
    desk.fire();
  }),
  move(1, (desk) => desk.ask('unschedule', {})),
  move(1, (desk) => desk.ask('reopen', {})),
  move(1, (desk) => desk.ask('return', { comment: '再看看' }, approver)),
  move(4, (desk, who) => desk.ask('correct', { class: 'factual', doc: id(60) }, who)),
  move(1, (desk, who) => desk.ask('withdraw', { reason: '过期', contentHash: withdrawal }, who)),
  move(2, (desk, who) => desk.ask('approve', { contentHash: withdrawal }, who)),
  move(3, (desk, _who, n) => {
    desk.now += n * HOUR;
  }),
  move(1, (desk, _who, n) => {
    desk.now += n * 10 * HOUR;
  }),
  move(1, (desk, _who, factVersion) => {
    desk.facts = { ...desk.facts, factVersion };
  }),
);

/** Whoever wrote and whoever signed the revision an event published, read from the events alone. */
function peopleBehind(events: readonly StreamEvent[], seq: number): { authors: Set<string>; signers: Set<string> } {
  const before = events.slice(0, seq - 1);
  const opened = before.findLastIndex((event) => event.type === 'drafted' || event.type === 'correcting');
  const mine = before.slice(opened);
  const frozen = mine.findLastIndex((event) => event.type === 'submitted');
  const authors = new Set(mine.slice(0, 1).map((event) => event.actor));
  for (const event of mine) {
    if (event.type === 'submitted')
      for (const who of (event.data as DataOf<'submitted'>).contributors) authors.add(who);
  }
  const since = mine.slice(frozen).filter((event) => event.type === 'approved');
  return { authors, signers: new Set(since.map((event) => event.actor)) };
}

describe('on random histories', () => {
  const runs = { seed: 20261122, numRuns: 400 };
  const histories = fc.array(moves, { minLength: 20, maxLength: 80, size: 'max' });
  const severities = fc.constantFrom<Severity>('I', 'II', 'III', 'IV', 'U');

  it('what is published was signed, on its bytes, by somebody who wrote none of it', () => {
    let seen = 0;
    fc.assert(
      fc.property(histories, severities, (history, severity) => {
        const desk = new Desk(facts({ severity }));
        desk.draft();
        for (const step of history) step(desk);
        for (const event of desk.events.filter((one) => one.type === 'published')) {
          seen++;
          const { authors, signers } = peopleBehind(desk.events, event.seq);
          const strangers = [...signers].filter((person) => !authors.has(person));
          expect(strangers.length).toBeGreaterThanOrEqual(severity === 'I' ? 2 : 1);
          expect(new Set([...authors, ...signers]).size).toBeGreaterThanOrEqual(2);
        }
      }),
      runs,
    );
    expect(seen).toBeGreaterThan(50);
  });

  it('the hub publishes at no other moment than a person set, and not what was changed or taken back since', () => {
    let seen = 0;
    fc.assert(
      fc.property(histories, (history) => {
        const desk = new Desk();
        desk.draft();
        for (const step of history) step(desk);
        for (const event of desk.events.filter(({ type, actor }) => type === 'publishing' && actor === 'system')) {
          seen++;
          const before = desk.events.slice(0, event.seq - 1);
          const at = before.findLastIndex(({ type }) => type === 'scheduled');
          const set = before[at]?.data as DataOf<'scheduled'>;
          expect(before[at]?.actor).not.toBe('system');
          expect(before.slice(at + 1).every(({ type }) => type === 'approved')).toBe(true);
          const { contentHash, plannedFor } = event.data as DataOf<'publishing'>;
          expect([contentHash, plannedFor]).toEqual([set.contentHash, set.publishAt]);
          const waited = Date.parse(event.at) - Date.parse(set.publishAt);
          expect(waited).toBeGreaterThanOrEqual(0);
          expect(waited).toBeLessThanOrEqual(HOUR / 6);
        }
      }),
      runs,
    );
    expect(seen).toBeGreaterThan(50);
  });

  it('no signature survives an edit, and no published revision ever changes', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const desk = new Desk();
        desk.draft();
        for (const step of history) {
          const before = desk.state;
          step(desk);
          const { state } = desk;
          expect(state.revisions.slice(0, before.revisions.length)).toEqual(before.revisions);
          if (state.frozen === null && state.withdrawal === null) expect(state.approvals).toEqual([]);
          for (const approval of state.approvals) expect(approval.contentHash).toBe(state.frozen?.contentHash);
        }
      }),
      runs,
    );
  });

  it('an exercise never reaches the public, whatever happens to it', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const desk = new Desk(facts({ exercise: true }));
        desk.draft();
        for (const step of history) {
          step(desk);
          expect(toPublicView(desk.state)).toBeUndefined();
        }
      }),
      runs,
    );
  });

  it('the same events give the same state, and the public view holds nothing but its own fields', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const desk = new Desk();
        desk.draft();
        for (const step of history) step(desk);
        expect(desk.events.reduce(evolve, noResponse(id(1)))).toEqual(desk.state);
        const out = JSON.stringify(toPublicView(desk.state) ?? {});
        expect(out).not.toMatch(/0000-7000-8000/); // no id of a person, unit, document or incident
      }),
      runs,
    );
  });
});
