import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import * as v from 'valibot';
import { contentHashOf, contentOf, fragmentsOf, signedBytes } from '#shared/minutes/minutes.content.ts';
import {
  decideAddItem,
  decideAttendance,
  decideCreate,
  decideSendBack,
  decideSign,
  decideSubmit,
  docRole,
  refusal,
  type Asked,
} from '#shared/minutes/minutes.decide.ts';
import { minutesEvents, type DataOf, type EventType } from '#shared/minutes/minutes.events.ts';
import { evolve, noMeeting, type Meeting } from '#shared/minutes/minutes.rules.ts';
import { minutesTable, VERBS, type Verb } from '#shared/minutes/minutes.schema.ts';
import { toView } from '#shared/minutes/minutes.view.ts';
import { ROLES } from '#shared/people/people.policy.ts';
import type { Actor } from '#shared/people/people.rules.ts';
import { isFailure, type Failure } from '#shared/wire/error.ts';
import type { Sha256 } from '#shared/wire/ids.ts';
import type { EventDraft, StreamEvent } from '#shared/wire/stream.ts';
import { BABAO, holder, id, pathOf, START, STREET, WENSHU } from '../support/incident-desk.ts';
import { foldLaw } from '../support/laws.ts';

const sha256: Sha256 = (...parts) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

const MEETING = id(500);
const officer = holder('officer', WENSHU, id(101));
const worker = holder('worker', WENSHU, id(102));
const second = holder('worker', WENSHU, id(103));

const asked = (actor: Actor): Asked => ({ actor, now: new Date(START), scope: { path: pathOf(WENSHU) } });
const codeOf = (decided: EventDraft | Failure | undefined): string | undefined =>
  decided !== undefined && isFailure(decided) ? decided.failed : decided?.type;

const input = {
  id: MEETING,
  unit: WENSHU,
  title: '居民代表会议',
  body: 'residentRepAssembly' as const,
  startsAt: '2026-11-24T09:00:00+08:00',
  items: [{ id: id(1), title: '停水整改' }],
};
const frozen = { contentHash: 'a'.repeat(64), docSeq: 9, contributors: [id(102)] };
const signed: DataOf<'signed'> = {
  ...frozen,
  meetingSeq: 4,
  signedAt: '2026-11-24T10:00:00.000Z',
  keyId: '0123456789abcdef',
  signature: 'AAAA',
};

/** One meeting and everything that happened to it. */
class Desk {
  state: Meeting = noMeeting(MEETING);
  events: StreamEvent[] = [];

  put<T extends EventType>(type: T, data: DataOf<T>, actor = officer.person): this {
    const seq = this.events.length + 1;
    v.parse(minutesEvents[type], data); // what a rule makes is what its schema says
    const at = new Date(START + seq * 1000).toISOString();
    const event = { stream: `meeting:${MEETING}`, seq, id: id(900 + seq), type, actor, at, data, prev: '', hash: '' };
    this.events.push(event);
    this.state = evolve(this.state, event);
    return this;
  }

  draft(more: Partial<DataOf<'created'>> = {}): this {
    const made = decideCreate(input, { actor: officer.person, doc: id(700), isEligible: () => true });
    if (isFailure(made)) throw new Error(made.failed);
    return this.put('created', { ...made.data, ...more });
  }
}

describe('a meeting', () => {
  it('is the same for whoever reads its stream from anywhere', () => {
    const desk = new Desk()
      .draft()
      .put('item_added', { title: '电梯维修' })
      .put('attendance_set', { person: id(102), status: 'present' })
      .put('attendance_set', { person: id(101), status: 'late' })
      .put('attendance_set', { person: id(102), status: 'left' })
      .put('submitted', frozen)
      .put('sent_back', { comment: '第二条写清楚' })
      .put('submitted', frozen)
      .put('signed', signed);
    foldLaw({ initial: noMeeting, evolve }, desk.events);
    expect(new Set(desk.events.map((event) => event.type))).toEqual(new Set(Object.keys(minutesEvents)));
    expect(desk.state).toMatchObject({ state: 'signed', version: 9, items: [{ id: id(1) }, { id: id(902) }] });
    expect(desk.state.attendance).toEqual([
      { person: id(101), status: 'late', v: 4 },
      { person: id(102), status: 'left', v: 5 },
    ]);
  });

  it('is signed by its creator unless somebody else is named who may', () => {
    const isEligible = (person: string) => person === worker.person;
    const make = (signer?: string) =>
      decideCreate(
        { ...input, ...(signer !== undefined && { signer }) },
        { actor: officer.person, doc: id(7), isEligible },
      );
    expect(make()).toMatchObject({ data: { signer: officer.person } });
    expect(make(worker.person)).toMatchObject({ data: { signer: worker.person } });
    expect(codeOf(make(second.person))).toBe('minutes.not_eligible');
    expect(make()).not.toHaveProperty('data.people');
  });

  it('takes each step from the right state alone', () => {
    const states: Record<string, Meeting> = {
      none: noMeeting(MEETING),
      draft: new Desk().draft().state,
      in_review: new Desk().draft().put('submitted', frozen).state,
      signed: new Desk().draft().put('signed', signed).state,
    };
    const open: Record<Verb, string[]> = {
      edit: ['draft'],
      'add-item': ['draft'],
      'set-attendance': ['draft'],
      submit: ['draft'],
      'send-back': ['in_review'],
      sign: ['draft', 'in_review'],
    };
    for (const verb of VERBS) {
      for (const [name, state] of Object.entries(states)) {
        const expected = name === 'none' ? 'not_found' : open[verb].includes(name) ? undefined : 'minutes.wrong_state';
        expect(refusal(state, verb, asked(officer))?.failed, `${verb} in ${name}`).toBe(expected);
      }
    }
  });
});

describe('who may', () => {
  const state = new Desk().draft().state;

  it('read: posts in the unit, moderators and auditors above it; to all others it is not there', () => {
    const sees = (actor: Actor) => refusal(state, 'edit', asked(actor))?.failed !== 'not_found';
    for (const role of ROLES) {
      expect(sees(holder(role, WENSHU)), `${role} here`).toBe(role !== 'admin');
      expect(sees(holder(role, STREET)), `${role} above`).toBe(role === 'moderator' || role === 'auditor');
      expect(sees(holder(role, BABAO)), `${role} elsewhere`).toBe(false);
    }
  });

  it('read as before, whoever is named: `people` is who may write', () => {
    const named = new Desk().draft({ people: [worker.person] }).state;
    for (const actor of [second, officer, holder('auditor', STREET)])
      expect(docRole(named, asked(actor))).toBeDefined();
    expect(refusal(named, 'edit', asked(second))).toEqual({ failed: 'forbidden' }); // seen, and not theirs to write
  });

  it('edit: colleagues of the unit, or those of them who are named, and the signer and the creator', () => {
    expect(docRole(state, asked(worker))).toBe('edit');
    expect(docRole(state, asked(holder('auditor', STREET)))).toBe('read');
    expect(docRole(state, asked(holder('worker', BABAO)))).toBeUndefined();
    const named = new Desk().draft({ people: [worker.person] }).state;
    expect(docRole(named, asked(worker))).toBe('edit');
    expect(docRole(named, asked(officer))).toBe('edit');
    expect(docRole(named, asked(second))).toBe('read');
    expect(codeOf(decideAddItem(named, { title: 'x' }, asked(second)))).toBe('forbidden');
    // Being named gives nothing the table does not give.
    const stranger = new Desk().draft({ people: [id(100)] }).state;
    expect(docRole(stranger, asked(holder('worker', BABAO)))).toBeUndefined();
    expect(docRole(stranger, asked(holder('moderator', WENSHU)))).toBe('read');
  });

  it('edit no more once it is submitted', () => {
    const review = new Desk().draft().put('submitted', frozen).state;
    expect(docRole(review, asked(worker))).toBe('read');
    const row = { person: id(9), status: 'present', expected: 0 } as const;
    expect(codeOf(decideAttendance(review, row, { ...asked(worker), isSomebody: true }))).toBe('minutes.wrong_state');
  });

  it('count who is there: those who edit, but for the approver', () => {
    const row = { person: id(9), status: 'present', expected: 0 } as const;
    const count = (actor: Actor) => codeOf(decideAttendance(state, row, { ...asked(actor), isSomebody: true }));
    expect(count(worker)).toBe('attendance_set');
    expect(count(holder('approver', WENSHU))).toBe('forbidden'); // who edits the text all the same
    expect(docRole(state, asked(holder('approver', WENSHU)))).toBe('edit');
  });

  it('sign: the signer alone', () => {
    const decide = (actor: Actor) => decideSign(state, { seen: signed.contentHash, signed }, asked(actor));
    expect(codeOf(decide(officer))).toBe('signed');
    expect(codeOf(decide(worker))).toBe('minutes.not_signer');
    expect(codeOf(decide(holder('approver', WENSHU)))).toBe('forbidden');
  });
});

describe('the record', () => {
  it('lets different rows be filled in side by side and never overwrites what was not seen', () => {
    const desk = new Desk().draft().put('attendance_set', { person: id(102), status: 'present' });
    const set = (person: string, expected: number) =>
      decideAttendance(desk.state, { person, status: 'absent', expected }, { ...asked(worker), isSomebody: true });
    expect(codeOf(set(id(102), 2))).toBe('attendance_set');
    expect(codeOf(set(id(103), 0))).toBe('attendance_set');
    expect(set(id(102), 0)).toEqual({ failed: 'stale', details: { current: 2 } });
    expect(codeOf(set(id(103), 1))).toBe('stale');
  });

  it('has at most 300 items and 500 rows, each of somebody; a row that stands can still be changed', () => {
    const draft = new Desk().draft().state;
    const items = Array.from({ length: 300 }, (_, n) => ({ id: id(1_000 + n), title: 'x' }));
    expect(codeOf(decideAddItem({ ...draft, items: items.slice(1) }, { title: 'x' }, asked(worker)))).toBe(
      'item_added',
    );
    expect(codeOf(decideAddItem({ ...draft, items }, { title: 'x' }, asked(worker)))).toBe('too_large');
    const attendance = items
      .concat(items.slice(0, 200))
      .map((_, n) => ({ person: id(n), status: 'late' as const, v: 2 }));
    const set = (person: string, expected: number, isSomebody = true) =>
      codeOf(
        decideAttendance(
          { ...draft, attendance },
          { person, status: 'present', expected },
          { ...asked(worker), isSomebody },
        ),
      );
    expect(set(id(9_999), 0)).toBe('too_large');
    expect(set(id(7), 2)).toBe('attendance_set');
    expect(set(id(9_999), 0, false)).toBe('minutes.no_such_person');
  });

  it('goes back with a reason, and what was signed on other bytes is void', () => {
    const desk = new Desk().draft().put('submitted', frozen);
    const back = decideSendBack(desk.state, { comment: '请补充表决结果' }, asked(officer));
    expect(back).toEqual({ type: 'sent_back', data: { comment: '请补充表决结果' } });
    desk.put('sent_back', { comment: '请补充表决结果' });
    expect(desk.state).toMatchObject({ state: 'draft', frozen: null, signatures: [] });
    expect(desk.state.sentBack).toMatchObject({ by: officer.person, comment: '请补充表决结果' });
    expect(desk.put('submitted', frozen).state.sentBack).toBeNull();
    expect(codeOf(decideSubmit(noMeeting(MEETING), frozen, asked(officer)))).toBe('not_found');
  });

  it('shows field by field what its view says, with what this reader may do', () => {
    const view = toView(new Desk().draft().state, frozen.contentHash, asked(worker));
    expect(v.parse(minutesTable.view.output, { meeting: view }).meeting).toEqual(view);
    expect(view.may).toEqual(['edit', 'add-item', 'set-attendance', 'submit']);
    expect(view).toMatchObject({ version: 1, doc: id(700), people: null, state: 'draft' });
    expect(() => toView(noMeeting(MEETING), frozen.contentHash, asked(worker))).toThrow('no view');
  });
});

describe('what is signed', () => {
  const state = new Desk().draft().state;
  const fragment = (words: string) => ({
    type: 'doc',
    content: [{ type: 'paragraph', content: [{ type: 'text', text: words }] }],
  });

  it('is the counted record and the text of its fragments, nothing else', () => {
    const names = fragmentsOf(state);
    expect(names).toEqual(['body:preamble', `body:${id(1)}`, 'body:closing']);
    const hash = (fragments: Record<string, unknown>, of = state) => contentHashOf(sha256, of, fragments);
    const text = { [`body:${id(1)}`]: fragment('同意') };
    expect(hash(text)).not.toBe(hash({ [`body:${id(1)}`]: fragment('不同意') }));
    expect(hash(text)).toBe(hash({ ...text, 'body:elsewhere': fragment('没有这一项') }));
    expect(hash(text)).toBe(hash({ ...text, 'body:preamble': { content: [], type: 'doc' } }));
    const later = new Desk().draft().put('submitted', frozen).put('sent_back', {}).state;
    expect(hash(text, later)).toBe(hash(text)); // how it came to be is no part of it
    const attended = new Desk().draft().put('attendance_set', { person: id(102), status: 'absent' }).state;
    expect(hash(text, attended)).not.toBe(hash(text));
    expect(JSON.parse(contentOf(state, text))).toMatchObject({
      format: 'linli minutes 1',
      record: { title: input.title },
    });
  });

  it('is the text the signer saw, and the text under review', () => {
    const decide = (of: Meeting, seen: string, hash: string) =>
      decideSign(of, { seen, signed: { ...signed, contentHash: hash } }, asked(officer));
    const [a, b] = ['a'.repeat(64), 'b'.repeat(64)];
    expect(codeOf(decide(state, a, a))).toBe('signed');
    expect(decide(state, b, a)).toEqual({ failed: 'stale', details: { current: 1 } });
    const review = new Desk().draft().put('submitted', frozen).state;
    expect(codeOf(decide(review, a, a))).toBe('signed');
    expect(codeOf(decide(review, b, b))).toBe('stale'); // the document no longer gives what was submitted
  });

  it('names the document, both places, the signer and the moment', () => {
    const { contentHash, docSeq, meetingSeq, signedAt } = signed;
    const statement = { contentHash, doc: id(700), docSeq, meetingSeq, signer: officer.person, signedAt };
    const bytes = signedBytes(statement);
    for (const value of Object.values(statement)) expect(bytes).toContain(String(value));
    for (const [key, value] of Object.entries(statement)) {
      const other = typeof value === 'number' ? value + 1 : `${value}x`;
      expect(signedBytes({ ...statement, [key]: other })).not.toBe(bytes);
    }
  });
});
