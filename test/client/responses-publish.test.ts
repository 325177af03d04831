import { render } from 'vitest-browser-svelte';
import { page } from 'vitest/browser';
import { beforeEach, describe, expect, it } from 'vitest';
import '#client/styles/tokens.css';
import '#client/styles/base.css';
import type { Hub } from '#client/platform/hub.ts';
import { language } from '#client/platform/i18n.svelte.ts';
import ResponsePanel from '#client/responses/ResponsePanel.svelte';
import { momentOf, nextHour } from '#client/responses/moments.ts';
import { turnOf } from '#client/responses/turns.ts';
import type { Desk, ResponseView } from '#shared/responses/responses.schema.ts';
import MinutesStage from './MinutesStage.svelte';

const id = (n: number): string => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`;
const HOUR = 3_600_000;
const ME = id(7);
const from = (ms: number): string => new Date(Date.now() + ms).toISOString();

const view = (more: Partial<ResponseView> = {}): ResponseView => ({
  id: id(1),
  code: 'R-00000-00000',
  incident: id(2),
  kind: 'statement',
  title: '金马街停水',
  state: 'approved',
  version: 4,
  exercise: false,
  n: 1,
  doc: id(3),
  contentHash: 'a'.repeat(64),
  text: { headline: '金马街停水', blocks: [{ type: 'paragraph', text: '今晚恢复' }] },
  missing: [],
  contributors: [id(4)],
  approvals: [{ person: id(5), at: from(-HOUR), upper: false, factVersion: 1 }],
  factVersion: 1,
  correction: null,
  withdrawal: null,
  returned: null,
  blocked: null,
  planned: null,
  revisions: [],
  ...more,
});

const desk = (more: Partial<Desk> = {}): Desk => ({
  factVersion: 1,
  needed: { signatures: 1, upper: 0 },
  may: ['publish', 'unschedule', 'return'],
  signedUntil: from(23 * HOUR),
  isContributor: false,
  speaker: { name: '陈静', post: '新闻发言人', unit: '青羊街道' },
  url: '/public/responses/R-00000-00000',
  ...more,
});

/** A hub with one response on it; a moment that is set or taken back shows in the next view. */
async function open(first: ResponseView, held = desk()) {
  const state = { view: first };
  const sent: { name: string; input: Record<string, unknown> }[] = [];
  const request = (name: string, input: Record<string, unknown>): Promise<unknown> => {
    if (name === 'responses:list') return Promise.resolve({ responses: [{ ...state.view }], mayDraft: false });
    if (name === 'responses:view') return Promise.resolve({ response: state.view, desk: held });
    sent.push({ name, input });
    const { publishAt } = input as { publishAt?: string };
    if (publishAt !== undefined) state.view = view({ state: 'scheduled', planned: { publishAt, by: ME } });
    if (name === 'responses:unschedule') state.view = view();
    return Promise.resolve({ seq: 5, visible: publishAt === undefined, url: held.url, ...input });
  };
  const hub = {
    user: { id: ME },
    request,
    streams: { follow: () => ({ close: () => undefined }) },
    nameOf: (person: string) => ({ name: person === ME ? '陈静' : '赵蕾' }),
  } as unknown as Hub;
  await render(MinutesStage, { hub, piece: ResponsePanel, given: { incident: id(2) } });
  return { sent };
}

/** As a browser's own field writes a moment. */
function local(at: number): string {
  const shifted = new Date(at - new Date(at).getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16);
}
const button = (name: string) => page.getByRole('button', { name, exact: true });
const later = () => page.getByText('定时', { exact: true });
const field = () => page.getByLabelText('发布时间');

beforeEach(() => {
  language.choose('zh');
});

describe('the last step', () => {
  it('publishes now unless another time is chosen', async () => {
    const { sent } = await open(view());
    await button('发布').click();
    await expect.poll(() => sent.map(({ name }) => name)).toEqual(['responses:publish']);
    expect(sent[0]?.input).not.toHaveProperty('publishAt');
  });

  it('at a set time it shows the time with its zone, sends that very moment, and shows it waiting', async () => {
    const { sent } = await open(view());
    await later().click();
    const at = Math.floor((Date.now() + 3 * HOUR) / 60_000) * 60_000;
    await field().fill(local(at));
    await expect.element(page.getByText(/按这台设备的时区：.*(GMT|UTC|标准时间)/)).toBeVisible();
    await button('定时发布').click();
    await expect.poll(() => sent[0]?.input['publishAt']).toBe(new Date(at).toISOString());
    await expect.element(page.getByText(/定于 .* 发布/)).toBeVisible();
    await expect.element(page.getByText(/由 陈静 设定/)).toBeVisible();
    await expect.element(button('发布')).not.toBeInTheDocument();
    await button('取消定时').click();
    await expect.element(button('发布')).toBeVisible();
    expect(sent.map(({ name }) => name)).toEqual(['responses:publish', 'responses:unschedule']);
  });

  it('takes no time that has passed or is too far away', async () => {
    await open(view());
    await later().click();
    for (const ms of [-HOUR, 15 * 24 * HOUR]) {
      await field().fill(local(Date.now() + ms));
      await expect.element(page.getByText('请选 14 天以内、还没有到的时间。')).toBeVisible();
      await expect.element(button('定时发布')).toBeDisabled();
    }
  });

  it('says when the signature runs out before that time, and from when it can be signed again', async () => {
    await open(view());
    await later().click();
    await field().fill(local(Date.now() + 30 * HOUR));
    await expect.element(page.getByText(/现有审签到 .* 过期，早于发布时间/)).toBeVisible();
  });

  it('an internal record is confirmed, there is nothing to time', async () => {
    await open(view({ kind: 'none_needed' }), desk({ url: null }));
    await expect.element(button('确认为内部记录')).toBeVisible();
    await expect.element(later()).not.toBeInTheDocument();
  });
});

describe('a correction', () => {
  const correction = { class: 'factual' as const, wrong: '今晚恢复', right: '明天恢复' };

  it('is warned about while its text still says what it corrects', async () => {
    await open(view({ correction }));
    await expect.element(page.getByText('文中还有要更正的话：「今晚恢复」')).toBeVisible();
  });

  it('is not once the text says it otherwise', async () => {
    const text = { headline: '金马街停水', blocks: [{ type: 'paragraph' as const, text: '明天恢复' }] };
    await open(view({ correction, text }));
    await expect.element(page.getByText('应该是')).toBeVisible();
    await expect.element(page.getByText(/文中还有要更正的话/)).not.toBeInTheDocument();
  });
});

describe('what became of a set time', () => {
  const planned = { publishAt: from(-HOUR), by: ME };

  it('missed: says that nothing went out, and offers to choose again', async () => {
    await open(view({ state: 'publish_missed', planned }));
    await expect.element(page.getByText(/原定 .* 发布，当时系统没有运行，没有发出/)).toBeVisible();
    await expect.element(button('发布')).toBeVisible();
    await expect.element(later()).toBeVisible();
  });

  it('stopped: says why and what to do; what needs a signature first is not offered', async () => {
    await open(view({ state: 'publish_blocked', blocked: 'facts_changed', planned }), desk({ signedUntil: null }));
    await expect.element(page.getByText(/原定 .* 发布。发布前事实更新过，没有发出。请审签人再审签一次/)).toBeVisible();
    await expect.element(button('发布')).not.toBeInTheDocument();
  });

  it('stopped because a right had ended: whoever has it may publish', async () => {
    await open(view({ state: 'publish_blocked', blocked: 'right_lapsed', planned }));
    await expect.element(page.getByText(/设定时间的人已经没有发布的权限/)).toBeVisible();
    await expect.element(button('发布')).toBeVisible();
  });
});

describe('whose turn it is', () => {
  const now = Date.now();
  const signer = desk({ may: ['approve'] });
  const mine = { person: ME, at: from(-23 * HOUR), upper: false, factVersion: 1 };
  const ask = (text: Partial<ResponseView>, held: Partial<Desk>) =>
    turnOf(view(text), { ...signer, ...held }, { person: ME, now }).sign;
  const due = (hours: number) => ({ state: 'scheduled' as const, planned: { publishAt: from(hours * HOUR), by: ME } });

  it.each([
    ['in review', { state: 'in_review' as const, approvals: [] }, { signedUntil: null }, true],
    ['in review, signed already', { state: 'in_review' as const, approvals: [mine] }, { signedUntil: null }, false],
    ['signed, and it holds', { approvals: [mine] }, { signedUntil: from(HOUR) }, false],
    ['signed, but too long ago', { approvals: [{ ...mine, at: from(-25 * HOUR) }] }, { signedUntil: null }, true],
    ['signed on facts that moved', { approvals: [mine] }, { signedUntil: null, factVersion: 2 }, true],
    ['set, and it holds until then', { ...due(0.5), approvals: [mine] }, { signedUntil: from(HOUR) }, false],
    ['set, and it runs out before', { ...due(3), approvals: [mine] }, { signedUntil: from(HOUR) }, true],
    ['set, too far away to sign for', { ...due(30), approvals: [mine] }, { signedUntil: from(HOUR) }, false],
    ['theirs who wrote it', { state: 'in_review' as const }, { isContributor: true, signedUntil: null }, false],
  ])('to sign: %s', (_, text, held, expected) => {
    expect(ask(text, held)).toBe(expected);
  });

  it('to publish: only with signatures that hold', () => {
    const publishes = (held: Partial<Desk>) => turnOf(view(), { ...desk(), ...held }, { person: ME, now }).publish;
    expect([
      publishes({}),
      publishes({ signedUntil: null }),
      publishes({ signedUntil: new Date(now - 1).toISOString() }),
    ]).toEqual([true, false, false]);
  });
});

describe('a moment', () => {
  it('begins at a full hour that can be sent, and none is sent that cannot be kept', () => {
    const now = Date.parse('2026-11-28T15:50:00Z');
    expect(nextHour(now)).toMatch(/T\d\d:00$/);
    expect(Date.parse(momentOf(nextHour(now), now) ?? '') - now).toBeGreaterThan(HOUR / 2);
    expect(momentOf('', now)).toBeUndefined();
    expect(momentOf(local(now), now)).toBeUndefined();
  });
});
