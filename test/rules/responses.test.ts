import { describe, expect, it } from 'vitest';
import { decide } from '#shared/responses/responses.decide.ts';
import { responsesEvents, type Text } from '#shared/responses/responses.events.ts';
import { evolve } from '#shared/responses/responses.rules.ts';
import { isEnough } from '#shared/responses/responses.signing.ts';
import { STATES, TRANSITIONS } from '#shared/responses/responses.states.ts';
import { cleanText, contentHashOf, missingIn, promisedAt, sectionsOf } from '#shared/responses/responses.text.ts';
import { toPublicView } from '#shared/responses/responses.view.ts';
import {
  approver,
  context,
  Desk,
  facts,
  HOUR,
  id,
  inReview,
  published,
  sha256,
  sign,
  START,
  text,
} from '../support/response-desk.ts';

describe('transitions', () => {
  it('the table answers for every state and every event', () => {
    for (const state of STATES) expect(Object.keys(TRANSITIONS[state])).toEqual(Object.keys(responsesEvents));
  });

  it('nothing leaves a withdrawn response', () => {
    expect(Object.values(TRANSITIONS.withdrawn).every((next) => next === null)).toBe(true);
  });

  it('an event of a newer version changes nothing', () => {
    const { state, events } = inReview();
    const [event] = events;
    expect(event).toBeDefined();
    if (event !== undefined) expect(evolve(state, { ...event, type: 'sung' })).toBe(state);
  });
});

describe('the text', () => {
  it('empty is refused, and empty sections are named', () => {
    const desk = new Desk();
    desk.draft();
    const empty: Text = { headline: '停水', blocks: [{ type: 'heading', text: '已经知道的' }] };
    expect(desk.ask('submit', { text: empty, contentHash: '', contributors: [] })?.failed).toBe('responses.incomplete');
    expect(missingIn('holding', text('知道'))).toEqual(['unknown', 'doing', 'todo', 'next', 'contact']);
  });

  it('the cause waits for the final statement', () => {
    const desk = new Desk();
    desk.draft();
    const cause: Text = {
      headline: '停水',
      blocks: [
        { type: 'heading', text: '原因' },
        { type: 'paragraph', text: '老化' },
      ],
    };
    const failure = desk.ask('submit', { text: cause, contentHash: '', contributors: [] });
    expect(failure?.failed).toBe('responses.cause_locked');
  });

  it('two texts never share their bytes: what looks like another block is still a paragraph', () => {
    const header = { code: 'R', n: 1, kind: 'holding' as const, correction: null };
    const one: Text = { headline: 'a', blocks: [{ type: 'paragraph', text: 'h2 b' }] };
    const two: Text = { headline: 'a', blocks: [{ type: 'heading', text: 'b' }] };
    expect(contentHashOf(sha256, header, one)).not.toBe(contentHashOf(sha256, header, two));
    expect(contentHashOf(sha256, { ...header, n: 2 }, one)).not.toBe(contentHashOf(sha256, header, one));
  });

  it('invisible characters cannot be signed', () => {
    const tricked = cleanText({
      headline: '\u202e停\u200b水\n',
      blocks: [{ type: 'paragraph', text: ' a\u0007  b\t' }],
    });
    expect(tricked).toEqual({ headline: '停水', blocks: [{ type: 'paragraph', text: 'a b' }] });
  });

  it('is cut at its headings, known or not', () => {
    const sections = sectionsOf([
      { type: 'paragraph', text: 'x' },
      ...text('y').blocks,
      { type: 'heading', text: '附' },
    ]);
    expect(sections.map(({ key, title }) => [key, title])).toEqual([
      [undefined, ''],
      ['known', '已经知道的'],
      [undefined, '附'],
    ]);
  });
});

describe('the next update', () => {
  const says = (words: string): string | undefined =>
    promisedAt(
      {
        headline: '',
        blocks: [
          { type: 'heading', text: '下次更新' },
          { type: 'paragraph', text: words },
        ],
      },
      new Date('2026-11-22T06:20:00Z'), // 14:20 on the wall
    );

  it.each([
    ['今天 15:00 前', '2026-11-22T07:00:00.000Z'],
    ['明天上午 9 点半', '2026-11-23T01:30:00.000Z'],
    ['今天下午5点', '2026-11-22T09:00:00.000Z'],
    ['11月24日 08:42', '2026-11-24T00:42:00.000Z'],
    ['1月3日 10:00', '2027-01-03T02:00:00.000Z'],
    ['08:00 前', '2026-11-23T00:00:00.000Z'],
    ['今天 10:00', undefined],
    ['有进展就更新', undefined],
    ['今天 25:00', undefined],
  ])('%s', (words, at) => {
    expect(says(words)).toBe(at);
  });
});

describe('four eyes', () => {
  it('nobody signs what they wrote, opened or submitted', () => {
    for (const person of [id(2), id(3)]) expect(sign(inReview(), { person })?.failed).toBe('responses.contributor');
  });

  it('nobody signs what their principal or delegate wrote', () => {
    expect(sign(inReview(), { person: id(4), agents: [id(2)] })?.failed).toBe('responses.contributor');
  });

  it('nobody signs what begins with their words: the facts they stated, the title they gave', () => {
    const desk = new Desk();
    const authors = [approver.person];
    desk.ask('draft', { kind: 'holding', title: '停水', code: 'R-00000-00000', doc: id(50), authors });
    desk.submit('水质合格');
    expect(sign(desk)?.failed).toBe('responses.contributor');
  });

  it('a signature counts for nothing once its signer could not sign any more', () => {
    const desk = inReview();
    sign(desk);
    desk.out.add(approver.person);
    expect(desk.publish()?.failed).toBe('responses.not_enough_approvals');
    desk.out.clear();
    expect(desk.publish()).toBeUndefined();
    desk.out.add(approver.person); // between the two steps
    expect(desk.settle()).toBeUndefined();
    expect(desk.state).toMatchObject({ blocked: 'not_enough_approvals', revisions: [] });
    expect(desk.state.state).toBe('publish_blocked');
  });

  it('whoever wrote before an earlier submit stays an author', () => {
    const desk = inReview();
    desk.ask('return', { comment: '请写清楚' });
    desk.submit('换了人写', [id(7)]);
    expect(sign(desk, { person: id(2) })?.failed).toBe('responses.contributor');
  });

  it('another hash than the one under review is refused', () => {
    const desk = inReview();
    const old = desk.hash('泵房电缆烧毁');
    desk.ask('reopen', {});
    desk.submit('改过');
    expect(desk.ask('approve', { contentHash: old }, approver)?.failed).toBe('responses.hash_mismatch');
  });

  it('any edit voids what was signed', () => {
    const desk = inReview();
    sign(desk);
    desk.ask('reopen', {});
    expect(desk.state.approvals).toEqual([]);
    expect(desk.publish()?.failed).toBe('responses.wrong_state');
    desk.submit('泵房电缆烧毁');
    expect(desk.publish()?.failed).toBe('responses.wrong_state');
  });

  it('level I asks for two pairs of eyes, one of them from above', () => {
    const desk = inReview(facts({ severity: 'I' }));
    sign(desk);
    expect(desk.state.state).toBe('in_review');
    sign(desk, { person: id(5) });
    expect(desk.state.state).toBe('in_review');
    sign(desk, { person: id(6), upper: true });
    expect(desk.state.state).toBe('approved');
  });

  it('a principal and a delegate are one pair', () => {
    const one = { at: '', contentHash: '', factVersion: 1, upper: true };
    const both = [
      { ...one, person: id(4), agents: [id(4), id(5)] },
      { ...one, person: id(5), agents: [id(5)] },
    ];
    expect(isEnough(both, 'I')).toBe(false);
  });
});

describe('publishing', () => {
  it('a signature holds a day, for a holding statement two hours', () => {
    const desk = inReview();
    sign(desk);
    desk.now += 25 * HOUR;
    expect(desk.publish()?.failed).toBe('responses.approval_expired');
    const holding = new Desk();
    holding.ask('draft', { kind: 'holding', title: '停水', code: 'R-00000-00000', doc: id(50), authors: [] });
    holding.submit('正在查');
    sign(holding);
    holding.now += 3 * HOUR;
    expect(holding.publish()?.failed).toBe('responses.approval_expired');
    sign(holding);
    expect(holding.publish()).toBeUndefined();
  });

  it('facts that moved ask for a new signature, before the first step and between the two', () => {
    const desk = inReview();
    sign(desk);
    desk.facts = facts({ factVersion: 4 });
    expect(desk.publish()?.failed).toBe('responses.facts_changed');
    sign(desk);
    expect(desk.publish()).toBeUndefined();
    desk.facts = facts({ factVersion: 5 });
    desk.settle();
    expect([desk.state.state, desk.state.blocked]).toEqual(['publish_blocked', 'facts_changed']);
    sign(desk);
    desk.publish();
    desk.settle();
    expect(desk.state.state).toBe('published');
  });

  it('a severity raised to I between signing and publishing asks for more', () => {
    const desk = inReview();
    sign(desk);
    desk.facts = facts({ severity: 'I' });
    expect(desk.publish()?.failed).toBe('responses.not_enough_approvals');
  });

  it('a closed incident takes a correction only', () => {
    const desk = published();
    desk.facts = facts({ open: false });
    expect(
      new Desk(desk.facts).ask('draft', { kind: 'update', title: 'x', code: '', doc: '', authors: [] })?.failed,
    ).toBe('responses.incident_closed');
    desk.ask('correct', { class: 'factual', wrong: '12 号', right: '5 号', doc: id(51) });
    desk.submit('5 号院');
    sign(desk);
    desk.publish();
    desk.settle();
    expect(desk.state.revisions.map((revision) => revision.kind)).toEqual(['statement', 'correction']);
  });
});

describe('withdrawal', () => {
  it('takes effect when somebody else signs its hash', () => {
    const desk = published();
    const contentHash = 'a'.repeat(64);
    desk.ask('withdraw', { reason: '内容过期', contentHash });
    expect(toPublicView(desk.state)?.withdrawn).toBeNull();
    expect(desk.ask('approve', { contentHash }, { person: id(3) })?.failed).toBe('responses.contributor');
    expect(desk.ask('approve', { contentHash: 'b'.repeat(64) }, approver)?.failed).toBe('responses.hash_mismatch');
    desk.ask('approve', { contentHash }, approver);
    const view = toPublicView(desk.state);
    expect(view?.withdrawn?.reason).toBe('内容过期');
    expect(view?.revisions.flatMap((revision) => revision.sections)).toEqual([]);
  });

  it('returned, it leaves the response in force', () => {
    const desk = published();
    desk.ask('withdraw', { reason: '内容过期', contentHash: 'a'.repeat(64) });
    desk.ask('return', { comment: '仍然有效' }, approver);
    expect(desk.state.state).toBe('published');
    expect(desk.state.withdrawal).toBeNull();
  });
});

describe('rights', () => {
  it('a stranger is told there is nothing, a reader that it is not theirs', () => {
    const { state } = inReview();
    const asked = context(approver, new Desk().against(START));
    const rights = { ...asked.asker.rights, approve: [] };
    const command = { verb: 'approve' as const, input: { contentHash: '' } };
    const reader = { ...asked, asker: { ...asked.asker, rights } };
    const stranger = { ...asked, asker: { ...asked.asker, rights: { ...rights, read: false } } };
    expect(decide(state, command, reader)).toEqual({ failed: 'forbidden' });
    expect(decide(state, command, stranger)).toEqual({ failed: 'not_found' });
  });
});
