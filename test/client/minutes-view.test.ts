import { render } from 'vitest-browser-svelte';
import { page, userEvent } from 'vitest/browser';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import * as Y from 'yjs';
import CreateMeeting from '#client/minutes/CreateMeeting.svelte';
import MeetingView from '#client/minutes/MeetingView.svelte';
import { language } from '#client/platform/i18n.svelte.ts';
import { AppError } from '#shared/wire/error.ts';
import { FakeHub } from './editor-hub.ts';
import { HASH, ITEM, MEETING, minutesHub } from './minutes-hub.ts';
import MinutesStage from './MinutesStage.svelte';
// What opens, and what a text loads: named here, so that the test server prepares it beforehand.
import '@tiptap/core';
import '@tiptap/extension-collaboration';
import '@tiptap/extension-collaboration-caret';
import '@tiptap/pm/state';
import '@tiptap/starter-kit';
import '@tiptap/y-tiptap';
import 'bits-ui';
import 'lib0/decoding';
import 'lib0/encoding';
import 'y-protocols/awareness';
import 'y-protocols/sync';
import 'y-websocket';
import '#client/styles/tokens.css';
import '#client/styles/base.css';

const before = { locale: language.current, Socket: WebSocket };

beforeEach(async () => {
  language.choose('zh');
  await page.viewport(1440, 900);
});
afterEach(() => {
  vi.unstubAllGlobals();
  language.choose(before.locale);
});

function paragraph(text: string): Y.XmlElement {
  const element = new Y.XmlElement('paragraph');
  element.insert(0, [new Y.XmlText(text)]);
  return element;
}

async function open(given = minutesHub(), more = 0) {
  const collab = new FakeHub();
  for (let n = 0; n < more; n += 1) collab.doc.getXmlFragment(`body:${ITEM}`).push([paragraph(`第 ${n} 句。`)]);
  collab.doc.getXmlFragment(`body:${ITEM}`).insert(0, [paragraph('王敏通报停水的经过。')]);
  vi.stubGlobal('WebSocket', collab.Socket);
  await render(MinutesStage, { hub: given.hub, piece: MeetingView, given: { meeting: MEETING } });
  await expect.element(page.getByText('王敏通报停水的经过。')).toBeVisible();
  return { ...given, collab };
}

describe('a meeting', () => {
  test('shows agenda, paper and record, and says in words what is saved', async () => {
    const { collab } = await open();
    await expect.element(page.getByRole('heading', { name: '文殊社区居民代表会议纪要' })).toBeVisible();
    await expect.element(page.getByRole('navigation', { name: '议程' })).toBeVisible();
    await expect.element(page.getByText(/已保存 \d\d:\d\d:\d\d/)).toBeVisible();
    collab.answers = false;
    await page.getByRole('textbox', { name: '议题一，二次供水改造' }).click();
    await userEvent.keyboard('已恢复');
    await expect.element(page.getByText('正在保存…')).toBeVisible();
    await vi.waitFor(() => {
      expect(collab.barriers.length).toBeGreaterThan(0);
    });
    while (collab.barriers.length > 0) collab.answer();
    await expect.element(page.getByText(/已保存/)).toBeVisible();
    collab.end(1006);
    await expect.element(page.getByText('离线 — 存在本机')).toBeVisible();
    expect(collab.doc.getXmlFragment(`body:${ITEM}`).toJSON()).toContain('已恢复');
  });

  test('without the right to write it is only text', async () => {
    const given = minutesHub([]);
    const collab = new FakeHub();
    Object.assign(collab, { role: 'read' });
    collab.doc.getXmlFragment(`body:${ITEM}`).insert(0, [paragraph('只能看的字')]);
    vi.stubGlobal('WebSocket', collab.Socket);
    await render(MinutesStage, { hub: given.hub, piece: MeetingView, given: { meeting: MEETING } });
    await expect.element(page.getByText('只能看的字')).toBeVisible();
    await expect.element(page.getByText('只读')).toBeVisible();
    expect(page.getByRole('textbox').query()).toBeNull();
    expect(page.getByRole('button', { name: '加一个议题' }).query()).toBeNull();
    expect(page.getByRole('button', { name: '准备签署' }).query()).toBeNull();
  });

  test('that is not there, or not visible, says so and leads back', async () => {
    const given = minutesHub();
    given.refusals.set('minutes:view', new AppError('not_found'));
    given.hub.streams.follow = (_stream, follower) => {
      follower.refused?.('not_found');
      return { close: () => undefined } as ReturnType<typeof given.hub.streams.follow>;
    };
    await render(MinutesStage, { hub: given.hub, piece: MeetingView, given: { meeting: MEETING } });
    await expect.element(page.getByText('没有这次会议，或者您看不到它。')).toBeVisible();
  });
});

describe('signing', () => {
  test('is for the signer, anybody else is offered to read; and a long name squeezes neither', async () => {
    const name = '关于停车位重新划线以及夜间巡查排班调整征求居民代表意见的专题协商会议';
    await open(minutesHub(['edit', 'submit'], name.repeat(3)));
    const prepare = page.getByRole('button', { name: '准备签署' });
    expect(prepare.element().getBoundingClientRect().height).toBeLessThan(60);
    await prepare.click();
    await page.getByRole('dialog').getByRole('button', { name: '定稿' }).click();
    await expect.element(page.getByRole('dialog').getByText('由王敏签署。')).toBeVisible();
    await userEvent.keyboard('{Escape}');
    await expect.element(page.getByRole('button', { name: '看定稿', exact: true })).toBeVisible();
  });

  test('takes two steps, and the second only after the end of the text was seen', async () => {
    const { asked } = await open(minutesHub(), 60);
    await page.getByRole('button', { name: '准备签署' }).click();
    await page.getByRole('dialog').getByRole('button', { name: '定稿' }).click();
    const sign = page.getByRole('dialog').getByRole('button', { name: '签署', exact: true });
    await expect.element(sign).toBeDisabled();
    await expect.element(page.getByRole('dialog').getByText('A1B2 C3D4 E5F6 0718').first()).toBeVisible();
    expect(asked.some(({ name }) => name === 'minutes:sign')).toBe(false);
    page.getByText('全文到此为止').element().scrollIntoView();
    await expect.element(sign).toBeEnabled();
    await sign.click();
    await vi.waitFor(() => {
      expect(asked.find(({ name }) => name === 'minutes:sign')?.input['contentHash']).toBe(HASH);
    });
    await expect.element(page.getByRole('heading', { name: '已签署', exact: true })).toBeVisible();
  });

  test('cannot begin while a word is not saved, and tells when somebody was faster', async () => {
    const given = minutesHub();
    const { collab } = await open(given);
    collab.answers = false;
    await page.getByRole('textbox', { name: '议题一，二次供水改造' }).click();
    await userEvent.keyboard('再');
    await page.getByRole('button', { name: '准备签署' }).click();
    const freeze = page.getByRole('dialog').getByRole('button', { name: '定稿' });
    await expect.element(freeze).toBeDisabled();
    await vi.waitFor(() => {
      expect(collab.barriers.length).toBeGreaterThan(0);
    });
    while (collab.barriers.length > 0) collab.answer();
    await expect.element(freeze).toBeEnabled();
    given.refusals.set('minutes:submit', new AppError('stale'));
    await freeze.click();
    await expect.element(page.getByRole('alert')).toHaveTextContent('刚刚改过');
  });
});

describe('calling a meeting', () => {
  test('asks for what is missing, keeps the order of the agenda, and sends one id however often', async () => {
    const given = minutesHub();
    const oncreated = vi.fn();
    const units = [{ id: given.unit, name: '文殊社区' }];
    await render(MinutesStage, { hub: given.hub, piece: CreateMeeting, given: { open: true, units, oncreated } });
    const done = page.getByRole('button', { name: '建好' });
    await done.click();
    await expect.element(page.getByText('请写会议名称。')).toBeVisible();
    await page.getByRole('textbox', { name: '会议名称' }).fill('议事会');
    await page.getByRole('textbox', { name: '第 1 个议题' }).fill('停车');
    await page.getByRole('button', { name: '再加一个议题' }).click();
    await page.getByRole('textbox', { name: '第 2 个议题' }).fill('供水');
    await page.getByRole('button', { name: '第 2 个议题上移' }).click();
    given.refusals.set('minutes:create', new AppError('unknown'));
    await done.click();
    await expect.element(page.getByRole('alert')).toBeVisible();
    given.refusals.clear();
    await done.click();
    await vi.waitFor(() => {
      expect(oncreated).toHaveBeenCalledTimes(1);
    });
    const [first, second] = given.asked.filter(({ name }) => name === 'minutes:create').map(({ input }) => input);
    expect(second).toEqual(first);
    expect((first?.['items'] as { title: string }[]).map(({ title }) => title)).toEqual(['供水', '停车']);
    expect(oncreated).toHaveBeenCalledWith(first?.['id']);
  });

  test('Enter in an item, and the button below, lead to the next one to type', async () => {
    const given = minutesHub();
    const units = [{ id: given.unit, name: '文殊社区' }];
    await render(MinutesStage, {
      hub: given.hub,
      piece: CreateMeeting,
      given: { open: true, units, oncreated: vi.fn() },
    });
    await page.getByRole('textbox', { name: '第 1 个议题' }).click();
    await userEvent.keyboard('停车{Enter}');
    await expect.element(page.getByRole('textbox', { name: '第 2 个议题' })).toHaveFocus();
    await userEvent.keyboard('供水');
    await page.getByRole('button', { name: '再加一个议题' }).click();
    await expect.element(page.getByRole('textbox', { name: '第 3 个议题' })).toHaveFocus();
    await page.getByRole('button', { name: '再加一个议题' }).click();
    await expect.element(page.getByRole('textbox', { name: '第 4 个议题' })).not.toBeInTheDocument();
  });
});
