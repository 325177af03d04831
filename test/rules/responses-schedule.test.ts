import { describe, expect, it } from 'vitest';
import type { StreamEvent } from '#shared/wire/stream.ts';
import { release } from '#shared/responses/responses.release.ts';
import { evolve, noResponse } from '#shared/responses/responses.rules.ts';
import { obstacle, signedUntil } from '#shared/responses/responses.signing.ts';
import { toOfficerView, toPublicView } from '#shared/responses/responses.view.ts';
import { approver, Desk, facts, HOUR, id, inReview, published, sign, spokenBy } from '../support/response-desk.ts';
import { foldLaw } from '../support/laws.ts';

const MINUTE = HOUR / 60;
const DAY = 24 * HOUR;

/** Signed, and to go out in two hours unless told otherwise. */
function scheduled(ms = 2 * HOUR, known = facts()): Desk {
  const desk = inReview(known);
  sign(desk);
  expect(desk.schedule(ms)).toBeUndefined();
  return desk;
}

function holding(ms: number): Desk {
  const desk = new Desk();
  desk.ask('draft', { kind: 'holding', title: '停水', code: 'R-00000-00000', doc: id(50), authors: [] });
  desk.submit('正在查');
  sign(desk);
  expect(desk.schedule(ms)).toBeUndefined();
  return desk;
}

const last = (desk: Desk): StreamEvent | undefined => desk.events.at(-1);

describe('setting a moment', () => {
  it.each([
    ['in the past', -HOUR, 'responses.moment_out_of_reach'],
    ['now', 0, 'responses.moment_out_of_reach'],
    ['a moment short of five seconds away', 4_999, 'responses.moment_out_of_reach'],
    ['five seconds away', 5_000, undefined],
    ['fourteen days away', 14 * DAY, undefined],
    ['further away', 14 * DAY + 1, 'responses.moment_out_of_reach'],
    ['no moment at all', Number.NaN, 'responses.moment_out_of_reach'],
  ])('%s', (_, ms, failed) => {
    const desk = inReview();
    sign(desk);
    const publishAt = Number.isNaN(ms) ? '2026-99-99T00:00:00Z' : new Date(desk.now + ms).toISOString();
    expect(desk.ask('publish', { spokenBy, moment: { publishAt, mayThen: true } })?.failed).toBe(failed);
  });

  it('asks whether the right to publish lasts until then', () => {
    const desk = inReview();
    sign(desk);
    expect(desk.schedule(HOUR, false)?.failed).toBe('responses.right_ends_before');
  });

  it('asks all that publishing at once asks', () => {
    const unsigned = inReview();
    expect(unsigned.schedule(HOUR)?.failed).toBe('responses.wrong_state');
    const old = inReview();
    sign(old);
    old.now += 25 * HOUR;
    expect(old.schedule(HOUR)?.failed).toBe('responses.approval_expired');
    const moved = inReview();
    sign(moved);
    moved.facts = facts({ factVersion: 4 });
    expect(moved.schedule(HOUR)?.failed).toBe('responses.facts_changed');
  });

  it('pins the bytes and the published text they stand on, and says whom it concerns', () => {
    const desk = published();
    const first = desk.state.revisions[0]?.contentHash;
    desk.ask('correct', { class: 'factual', doc: id(51) });
    desk.submit('5 号院');
    sign(desk);
    desk.schedule(HOUR);
    const { contentHash } = desk.state.frozen ?? {};
    expect(last(desk)?.data).toMatchObject({ n: 2, contentHash, base: first, people: [id(3)] });
    expect(toOfficerView(desk.state, 1).planned).toEqual({
      publishAt: new Date(desk.now + HOUR).toISOString(),
      by: id(3),
    });
  });

  it('shows residents nothing before it has come', () => {
    expect(toPublicView(scheduled().state)).toBeUndefined();
  });
});

describe('until the moment comes', () => {
  it('nothing goes out early', () => {
    const desk = scheduled();
    desk.now += 2 * HOUR - 1;
    expect(desk.fire()?.failed).toBe('responses.wrong_state');
    expect(desk.state.state).toBe('scheduled');
  });

  it('taken back, it is signed as before', () => {
    const desk = scheduled();
    expect(desk.ask('unschedule', {}, approver)).toBeUndefined();
    expect([desk.state.state, desk.state.planned, desk.state.approvals.length]).toEqual(['approved', null, 1]);
    desk.now += 2 * HOUR;
    expect(desk.fire()?.failed).toBe('responses.wrong_state');
    expect(desk.ask('unschedule', {})?.failed).toBe('responses.wrong_state');
  });

  it.each(['reopen', 'return'] as const)('a %s voids the signatures and the moment', (verb) => {
    const desk = scheduled();
    desk.ask(verb, { comment: '' }, approver);
    expect([desk.state.approvals, desk.state.planned]).toEqual([[], null]);
    desk.now += 2 * HOUR;
    expect(desk.fire()?.failed).toBe('responses.wrong_state');
  });

  it('it can be published by hand all the same', () => {
    const desk = scheduled();
    desk.publish();
    expect(desk.state.planned).toBeNull();
    desk.settle();
    expect(desk.state.state).toBe('published');
    expect(desk.state.revisions[0]?.late).toBe(false);
  });

  it('a signature given again keeps the moment, one of two needed as well', () => {
    const desk = inReview(facts({ severity: 'I' }));
    sign(desk);
    sign(desk, { person: id(6), upper: true });
    desk.schedule(30 * HOUR);
    desk.now += 25 * HOUR; // both have run out
    sign(desk);
    expect(desk.state.state).toBe('scheduled');
    desk.now += 5 * HOUR;
    desk.fire();
    expect([desk.state.state, desk.state.blocked]).toEqual(['publish_blocked', 'approval_expired']);
  });
});

describe('when it has come', () => {
  it('goes out in the name of whoever set it, by the hub', () => {
    const desk = scheduled();
    desk.now += 2 * HOUR + 10 * MINUTE;
    expect(desk.fire()).toBeUndefined();
    expect(last(desk)).toMatchObject({ type: 'publishing', actor: 'system', data: { spokenBy } });
    expect(last(desk)?.data).not.toHaveProperty('late');
    desk.settle();
    expect(desk.state.state).toBe('published');
    expect(toPublicView(desk.state)?.revisions[0]?.by.name).toBe('陈静');
    expect(desk.fire()?.failed).toBe('responses.wrong_state');
  });

  it('signed once more in time, it goes out later than a signature holds', () => {
    const desk = scheduled(3 * DAY);
    desk.now += 2.5 * DAY;
    sign(desk);
    desk.now += 0.5 * DAY;
    desk.fire();
    desk.settle();
    expect(desk.state.state).toBe('published');
  });

  const moves: [string, string, (desk: Desk) => void][] = [
    ['the facts moved', 'facts_changed', (desk) => (desk.facts = facts({ factVersion: 4 }))],
    ['the incident is closed', 'incident_closed', (desk) => (desk.facts = facts({ open: false }))],
    ['it was raised to level I', 'not_enough_approvals', (desk) => (desk.facts = facts({ severity: 'I' }))],
    ['the signature is too old', 'approval_expired', (desk) => (desk.now += 0)],
  ];
  it.each(moves)('does not go out where %s', (_, reason, change) => {
    const desk = scheduled(reason === 'approval_expired' ? 25 * HOUR : 2 * HOUR);
    desk.now = Date.parse(desk.state.planned?.publishAt ?? '');
    change(desk);
    desk.fire();
    expect([desk.state.state, desk.state.blocked]).toEqual(['publish_blocked', reason]);
    expect(last(desk)?.data).toMatchObject({ people: [id(3), approver.person] });
    expect(desk.state.planned).not.toBeNull(); // what was meant to happen stays in sight
    expect(toPublicView(desk.state)).toBeUndefined();
  });

  it('does not go out where the right of whoever set it has lapsed; somebody who has it may publish', () => {
    const desk = scheduled();
    desk.now += 2 * HOUR;
    desk.fire(null);
    expect([desk.state.state, desk.state.blocked]).toEqual(['publish_blocked', 'right_lapsed']);
    expect(desk.publish()).toBeUndefined();
    expect(desk.state.blocked).toBeNull();
  });

  it('does not go out on the signature of somebody who could not sign any more', () => {
    const desk = scheduled();
    desk.now += 2 * HOUR;
    desk.out = new Set(desk.state.approvals.map(({ person }) => person));
    expect(desk.fire()).toBeUndefined();
    expect(last(desk)).toMatchObject({ type: 'publish_blocked', data: { reason: 'not_enough_approvals' } });
  });

  it('does not go out where the text or what it stands on is another one', () => {
    const desk = scheduled();
    const { state } = desk;
    const at = { ...desk.against(desk.now + 2 * HOUR), spokenBy };
    const planned = state.planned ?? undefined;
    expect(planned).toBeDefined();
    if (planned === undefined) return;
    const blocked = { type: 'publish_blocked', data: { reason: 'text_moved' } };
    expect(release({ ...state, planned: { ...planned, contentHash: 'f'.repeat(64) } }, at)).toMatchObject(blocked);
    expect(release({ ...state, planned: { ...planned, base: 'f'.repeat(64) } }, at)).toMatchObject(blocked);
  });

  it('the facts that move between the two steps stop it too', () => {
    const desk = scheduled();
    desk.now += 2 * HOUR;
    desk.fire();
    desk.facts = facts({ factVersion: 4 });
    desk.settle();
    expect([desk.state.state, desk.state.blocked]).toEqual(['publish_blocked', 'facts_changed']);
    expect(last(desk)?.data).toMatchObject({ people: [id(3), approver.person] });
  });
});

describe('more than ten minutes late', () => {
  it('it is missed, and people choose again: now, another moment, or the text', () => {
    const desk = scheduled();
    desk.now += 2 * HOUR + 10 * MINUTE + 1;
    desk.fire();
    expect(desk.state.state).toBe('publish_missed');
    expect(last(desk)?.data).toMatchObject({ people: [id(3), approver.person] });
    expect(desk.schedule(HOUR)).toBeUndefined();
    desk.now += HOUR;
    desk.fire();
    desk.settle();
    expect(desk.state.state).toBe('published');
  });

  it('a holding text goes out at once and says that it is late', () => {
    const desk = holding(HOUR);
    desk.now += HOUR + 30 * MINUTE;
    desk.fire();
    desk.settle();
    expect(desk.state.state).toBe('published');
    expect(toOfficerView(desk.state, 1).revisions[0]?.late).toBe(true);
  });

  it('a holding text whose signature no longer holds does not', () => {
    const desk = holding(HOUR);
    desk.now += 2 * HOUR + 1;
    desk.fire();
    expect([desk.state.state, desk.state.blocked]).toEqual(['publish_blocked', 'approval_expired']);
  });
});

describe('signatures', () => {
  it('say until when they are enough: the youngest that are', () => {
    const desk = inReview(facts({ severity: 'I' }));
    const until = () => signedUntil(desk.state, desk.against());
    sign(desk);
    expect(until()).toBeUndefined();
    const first = desk.now;
    desk.now += HOUR;
    sign(desk, { person: id(6), upper: true });
    expect(until()).toBe(first + DAY);
    desk.now += HOUR;
    sign(desk, { person: id(5) });
    expect(until()).toBe(first + HOUR + DAY);
    expect(obstacle(desk.state, desk.against(first + HOUR + DAY))).toBeUndefined();
    expect(obstacle(desk.state, desk.against(first + HOUR + DAY + 1))).toBe('approval_expired');
  });
});

it('every event of a set moment folds alike from any point', () => {
  const desk = scheduled();
  desk.ask('unschedule', {});
  desk.schedule(HOUR);
  desk.now += 2 * HOUR;
  desk.fire();
  desk.schedule(HOUR);
  desk.now += HOUR;
  desk.facts = facts({ factVersion: 4 });
  desk.fire();
  sign(desk);
  desk.schedule(HOUR);
  desk.now += HOUR;
  desk.fire();
  desk.settle();
  const types = new Set(desk.events.map(({ type }) => type));
  for (const type of ['scheduled', 'unscheduled', 'publish_missed', 'publish_blocked', 'published'])
    expect(types).toContain(type);
  foldLaw({ initial: noResponse, evolve }, desk.events);
});
