import { beforeEach, describe, expect, it, vi } from 'vitest';
import { language } from '#client/platform/i18n.svelte.ts';
import { Board, dueIn, groupOf } from '#client/incidents/board.state.svelte.ts';
import { OneIncident } from '#client/incidents/incident.state.svelte.ts';
import { words } from '#client/incidents/incidents.words.ts';
import { shownClocks, titleOf, whyHot } from '#client/incidents/phrases.ts';
import { errorWords } from '#client/incidents/incidents.errors.ts';
import { incidentsErrors } from '#shared/incidents/incidents.errors.ts';
import { clocksFor } from '#shared/incidents/incidents.rules.ts';
import { toLine, toView } from '#shared/incidents/incidents.view.ts';
import type { FlagInput } from '#shared/incidents/incidents.schema.ts';
import type { StreamEvent } from '#shared/wire/stream.ts';
import { AppError } from '#shared/wire/error.ts';
import { id, IncidentDesk, START, tang, triageInput, wang, WENSHU } from '../support/incident-desk.ts';
import { fakeHub } from './incidents-hub.ts';

function line(n: number, more: Partial<FlagInput> = {}) {
  const desk = new IncidentDesk().flag({ title: `第 ${n} 件`, ...more });
  return { ...toLine(desk.state, START), id: id(n) };
}
const viewOf = (desk: IncidentDesk, n: number) => ({
  ...toView(desk.state, START, { responses: [], timeline: [], may: [] }),
  id: id(n),
});
const pointer = (n: number, seq: number): StreamEvent => ({
  ...{ stream: `unit:${WENSHU}`, seq, id: id(9000 + seq), type: 'incidents.touched', actor: 'system', at: '' },
  ...{ data: { stream: `incident:${id(n)}`, seq: 1 }, prev: '', hash: '' },
});

describe('the board', () => {
  it('asks again for what was touched, and for nothing else', async () => {
    const desk = new IncidentDesk().flag({ title: '改过的' });
    desk.put('triaged', { ...triageInput({ severity: 'II' }), leadUnit: WENSHU, level: 0 });
    const { hub, followers, request } = fakeHub({
      'incidents:feed': () => ({ incidents: [line(1), line(2)] }),
      'incidents:view': () => ({ incident: viewOf(desk, 2) }),
    });
    const board = new Board(hub);
    board.show(WENSHU);
    await vi.waitFor(() => {
      expect(board.fresh).toBe(true);
    });
    followers.get(`unit:${WENSHU}`)?.apply(pointer(2, 5));
    await vi.waitFor(() => {
      expect(board.lines.find((one) => one.id === id(2))?.state).toBe('triaged');
    });
    expect(request.mock.calls.map(([name]) => name)).toEqual(['incidents:feed', 'incidents:view']);
    board.stop();
    expect(followers.size).toBe(0);
  });

  it('lets go of what is over and of what this person may no longer see', async () => {
    const desk = new IncidentDesk().flag().put('dismissed', { reason: 'test' });
    const { hub, followers } = fakeHub({
      'incidents:feed': () => ({ incidents: [line(1), line(2), line(3)] }),
      'incidents:view': ({ incident }: { incident: string }) => {
        if (incident === id(1)) throw new AppError('not_found');
        return { incident: viewOf(desk, 2) };
      },
    });
    const board = new Board(hub);
    board.show(WENSHU);
    await vi.waitFor(() => {
      expect(board.lines).toHaveLength(3);
    });
    for (const n of [1, 2]) followers.get(`unit:${WENSHU}`)?.apply(pointer(n, n));
    await vi.waitFor(() => {
      expect(board.lines.map((one) => one.id)).toEqual([id(3)]);
    });
    board.stop();
  });

  it('shows what was seen last while the line is gone', async () => {
    const { hub } = fakeHub({ 'incidents:feed': () => ({ incidents: [line(1)] }) });
    const board = new Board(hub);
    board.show(WENSHU);
    await vi.waitFor(() => {
      expect(board.fresh).toBe(true);
    });
    board.stop();
    const later = new Board({ ...hub, request: () => Promise.reject(new AppError('offline')) });
    later.show(WENSHU);
    await vi.waitFor(() => {
      expect(later.failed).toBeInstanceOf(AppError);
    });
    expect([later.known, later.fresh]).toEqual([true, false]);
    expect(later.lines).toHaveLength(1);
    later.stop();
  });

  it('counts what is late and what is soon, and groups by it', () => {
    const twoHours = 2 * 3_600_000;
    expect(dueIn(line(1, { severity: 'I' }), START)).toBe(15 * 60_000);
    expect([undefined, -1, 0, twoHours, twoHours + 1, 12 * twoHours, 13 * twoHours].map(groupOf)).toEqual([
      'none',
      'late',
      'soon',
      'soon',
      'today',
      'today',
      'later',
    ]);
  });
});

describe('one incident', () => {
  function opened() {
    const desk = new IncidentDesk().flag();
    desk.put('triaged', { ...triageInput(), leadUnit: WENSHU, level: 0 });
    const fake = fakeHub();
    const one = new OneIncident(fake.hub, id(500));
    const follower = fake.followers.get(`incident:${id(500)}`);
    follower?.reset(desk.events, { low: 1, have: 2, stored: false, gap: false });
    return { ...fake, desk, one, follower };
  }
  const last = (desk: IncidentDesk): StreamEvent => desk.events.at(-1) ?? pointer(0, 0);

  it('is folded by the rules the hub folds it by', () => {
    const { desk, one, follower } = opened();
    expect(one.incident).toEqual(desk.state);
    desk.put('assigned', { lead: tang.person, accepted: false });
    follower?.apply(last(desk));
    expect(one.incident).toEqual(desk.state);
    const { stream, seq, prev, hash } = { ...last(desk), seq: 4 };
    follower?.apply({ stream, seq, prev, hash, withheld: true });
    expect(one.incident).toEqual({ ...desk.state, version: 4 });
  });

  it('sends a decision again while nothing it looks at has changed, and asks once something has', () => {
    const { desk, one, follower, sent } = opened();
    void one.decide('incidents:accept', {});
    expect(sent[0]).toMatchObject({ name: 'incidents:accept', input: { incident: id(500), expected: 2 } });
    desk.put('noted', { text: '水务公司已到' });
    follower?.apply(last(desk));
    expect(sent[0]?.again?.(sent[0].input as never, 3)).toMatchObject({ expected: 3, id: sent[0]?.input['id'] });
    desk.put('assigned', { lead: tang.person, accepted: true }, tang);
    follower?.apply(last(desk));
    expect(sent[0]?.again?.(sent[0].input as never, 4)).toBeUndefined();
  });

  it('a note names no version', () => {
    const { one, sent } = opened();
    void one.add('incidents:note', { text: '记一笔' });
    expect(sent[0]?.input).not.toHaveProperty('expected');
  });
});

describe('words', () => {
  beforeEach(() => {
    language.choose('zh');
  });

  it('the first line is the title, cut at a clause where it is long', () => {
    expect(titleOf('金马街停水。\n三号院')).toBe('金马街停水');
    const long = '金马街 3 号院、4 号院早上七点多起没有水，泵房里有很重的焦味，物业说正在查，还不知道什么时候来水';
    expect(titleOf(long)).toBe('金马街 3 号院、4 号院早上七点多起没有水，泵房里有很重的焦味，物业说正在查');
    expect(Array.from(titleOf('水'.repeat(200)))).toHaveLength(40);
    expect(titleOf('  ')).toBe('');
  });

  it('a reason is a sentence', () => {
    const { why } = line(1);
    expect(whyHot(why, words.current)).toBe('1 人反映');
    expect(whyHot({ ...why, reporters: 31, units: 3, trend: 'cooling' }, words.current)).toBe(
      '31 人反映，3 个社区；在降',
    );
  });

  it('a line shows two clocks that run, or the last one met', () => {
    const desk = new IncidentDesk().flag({ severity: 'I' });
    expect(shownClocks(clocksFor(desk.state)).map((one) => one.clock)).toEqual(['C1', 'C2']);
    desk.put('dismissed', { reason: 'test' }, wang);
    expect(shownClocks(clocksFor(desk.state)).map((one) => one.clock)).toEqual(['C1']);
  });

  it('every refusal has words', () => {
    expect(Object.keys(errorWords).sort()).toEqual(Object.keys(incidentsErrors).sort());
  });
});
