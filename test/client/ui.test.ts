import { createRawSnippet } from 'svelte';
import { render } from 'vitest-browser-svelte';
import { page, userEvent } from 'vitest/browser';
import { describe, expect, test, vi } from 'vitest';
import Button from '#client/ui/Button.svelte';
import ClockChip from '#client/ui/ClockChip.svelte';
import Count from '#client/ui/Count.svelte';
import Fingerprint from '#client/ui/Fingerprint.svelte';
import Segmented from '#client/ui/Segmented.svelte';
import Switch from '#client/ui/Switch.svelte';
import Tabs from '#client/ui/Tabs.svelte';
import TextArea from '#client/ui/TextArea.svelte';
import TextField from '#client/ui/TextField.svelte';
import { spanInWords, useWords } from '#client/ui/words.ts';
import { whoColour } from '#client/ui/who.ts';
import '#client/styles/tokens.css';
import '#client/styles/base.css';

const text = (words: string) => createRawSnippet(() => ({ render: () => `<span>${words}</span>` }));

const MINUTE = 60_000;
const at = (minutes: number): string => new Date(Date.now() + minutes * MINUTE).toISOString();

describe('writing with an input method', () => {
  const enter = (more: KeyboardEventInit = {}): KeyboardEvent =>
    new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true, ...more });

  test('Enter sends, Shift+Enter makes a line, Enter while composing does neither', async () => {
    const onenter = vi.fn();
    await render(TextArea, { label: '写给社区工作群', value: '5 位', onenter });
    const area = page.getByRole('textbox', { name: '写给社区工作群' }).element();
    const composing = enter({ isComposing: true });
    area.dispatchEvent(composing);
    expect(composing.defaultPrevented).toBe(false);
    area.dispatchEvent(enter({ keyCode: 229 }));
    area.dispatchEvent(enter({ shiftKey: true }));
    expect(onenter).not.toHaveBeenCalled();
    area.dispatchEvent(enter());
    expect(onenter).toHaveBeenCalledExactlyOnceWith('5 位');
  });

  test('one line of text does not submit its form while composing', async () => {
    const onenter = vi.fn();
    await render(TextField, { label: '名字', value: '王', onenter });
    const field = page.getByRole('textbox', { name: '名字' }).element();
    const composing = enter({ isComposing: true });
    field.dispatchEvent(composing);
    expect(composing.defaultPrevented).toBe(true);
    expect(onenter).not.toHaveBeenCalled();
    field.dispatchEvent(enter());
    expect(onenter).toHaveBeenCalledExactlyOnceWith('王');
  });

  test('the area grows with its text and then scrolls', async () => {
    await render(TextArea, { label: '发生了什么', value: '', rows: 2 });
    const area = page.getByRole('textbox');
    const low = area.element().getBoundingClientRect().height;
    await area.fill('一行\n'.repeat(5));
    const high = area.element().getBoundingClientRect().height;
    expect(high).toBeGreaterThan(low);
    await area.fill('一行\n'.repeat(40));
    expect(area.element().parentElement?.clientHeight).toBeLessThan(low * 5);
  });
});

describe('ClockChip', () => {
  test('says the name and the time left in words', async () => {
    await render(ClockChip, { name: '审签', from: at(-6), due: at(234.5) });
    await expect.element(page.getByText('还剩 3 小时 54 分')).toBeVisible();
  });

  test('turns soon at four fifths, late after its due moment, and plain once met', async () => {
    const clock = (container: Element): Element | null => container.querySelector('.clock');
    const soon = await render(ClockChip, { name: '研判', from: at(-80.1), due: at(19.9) });
    expect(clock(soon.container)?.classList).toContain('soon');
    const late = await render(ClockChip, { name: '研判', from: at(-90), due: at(-25.1) });
    expect(clock(late.container)?.textContent).toMatch(/超时 25 分钟/);
    const met = await render(ClockChip, { name: '首次回应', from: at(-400), due: at(60), metAt: at(-40) });
    expect(clock(met.container)?.textContent).toMatch(/用时 6 小时/);
  });

  test('a tick does not change its width', async () => {
    const clock = await render(ClockChip, { name: '更正', from: at(-60), due: at(10.5), words: '还剩 9 分钟' });
    const width = (): number | undefined => clock.container.querySelector('.clock')?.getBoundingClientRect().width;
    const nine = width();
    await clock.rerender({ words: '还剩 10 分钟' });
    expect(width()).toBe(nine);
  });

  test('goes on by itself', async () => {
    await render(ClockChip, { name: '更正', from: at(-1), due: new Date(Date.now() + 30_500).toISOString() });
    await expect.element(page.getByText('还剩 30 秒')).toBeVisible();
    await expect.element(page.getByText('还剩 29 秒'), { timeout: 5_000 }).toBeVisible();
  });

  test.each([
    [59_000, '59 秒'],
    [2 * MINUTE, '2 分钟'],
    [60 * MINUTE, '1 小时'],
    [9 * 60 * MINUTE + 5 * MINUTE, '9 小时 5 分'],
    [39 * 60 * MINUTE + 59 * MINUTE, '39 小时'],
    [73 * 60 * MINUTE, '3 天'],
    [-25 * MINUTE, '25 分钟'],
  ])('%d ms is %s', (span, words) => {
    let zh: ReturnType<ReturnType<typeof useWords>> | undefined;
    const probe = createRawSnippet(() => ((zh = useWords()()), { render: () => '<span></span>' }));
    return render(Button, { children: probe }).then(() => {
      expect(zh && spanInWords(span, zh)).toBe(words);
    });
  });
});

describe('small marks', () => {
  test('a count is bounded and silent at zero', async () => {
    const count = await render(Count, { value: 100, label: '100 条未读' });
    expect(count.container.textContent.trim()).toMatch(/^99\+\s*100 条未读$/);
    await count.rerender({ value: 0 });
    expect(count.container.textContent.trim()).toBe('');
  });

  test('a fingerprint is four groups of four', async () => {
    await render(Fingerprint, { hash: '815aa351ae1e139bffff' });
    const group = page.getByRole('group', { name: '指纹' });
    expect(group.element().textContent.trim().split(/\s+/)).toEqual(['815A', 'A351', 'AE1E', '139B']);
  });

  test('a person has the same colour everywhere', () => {
    expect(whoColour('0199a0b2-0000-7000-8000-000000000001')).toBe(whoColour('0199a0b2-0000-7000-8000-000000000001'));
    expect(new Set(Array.from({ length: 64 }, (_, n) => whoColour(`person ${n}`))).size).toBe(4);
  });
});

describe('Button', () => {
  test('the second click of a double-click does not press what has come under the pointer', async () => {
    const [first, second] = [vi.fn(), vi.fn()];
    const given = (words: string, onclick: () => void) => ({ children: text(words), onclick, wide: true });
    const { rerender } = await render(Button, given('定时发布', first));
    first.mockImplementation(() => void rerender(given('收回修改', second)));
    await userEvent.dblClick(page.getByRole('button'));
    await expect.element(page.getByRole('button', { name: '收回修改' })).toBeVisible();
    expect(first).toHaveBeenCalledTimes(1);
    expect(second).not.toHaveBeenCalled();
    await userEvent.keyboard('{Enter}');
    expect(second).toHaveBeenCalledTimes(1);
  });
});

describe('choices', () => {
  test('a segmented choice is a group of radio buttons that arrows move', async () => {
    const onchange = vi.fn();
    await render(Segmented, {
      label: '排序',
      value: 'heat',
      options: [
        { value: 'heat', label: '热度' },
        { value: 'clock', label: '时限' },
      ],
      onchange,
    });
    await expect.element(page.getByRole('group', { name: '排序' })).toBeVisible();
    page.getByRole('radio', { name: '热度' }).element().focus();
    await userEvent.keyboard('{ArrowRight}');
    await expect.element(page.getByRole('radio', { name: '时限' })).toBeChecked();
    expect(onchange).toHaveBeenCalledExactlyOnceWith('clock');
  });

  test('tabs move with arrows and name their panel', async () => {
    await render(Tabs, {
      label: '看什么',
      value: 'agenda',
      tabs: [
        { id: 'agenda', label: '议程' },
        { id: 'record', label: '记录' },
      ],
      panel: text('内容'),
    });
    page.getByRole('tab', { name: '议程' }).element().focus();
    await userEvent.keyboard('{ArrowLeft}');
    const record = page.getByRole('tab', { name: '记录' });
    await expect.element(record).toHaveFocus();
    await expect.element(record).toHaveAttribute('aria-selected', 'true');
    await expect.element(page.getByRole('tabpanel', { name: '记录' })).toBeVisible();
  });

  test('a switch says what it does', async () => {
    const onchange = vi.fn();
    await render(Switch, { label: '大字', description: '所有文字放大四分之一', checked: false, onchange });
    const control = page.getByRole('switch', { name: '大字' });
    await expect.element(control).toHaveAccessibleDescription('所有文字放大四分之一');
    await control.click();
    expect(onchange).toHaveBeenCalledExactlyOnceWith(true);
  });

  test('a loading button keeps its width and takes no second press', async () => {
    const onclick = vi.fn();
    const button = await render(Button, { children: text('审签'), onclick });
    const face = page.getByRole('button', { name: '审签' });
    const before = face.element().getBoundingClientRect().width;
    await face.click();
    await button.rerender({ loading: true });
    expect(page.getByRole('button').element().getBoundingClientRect().width).toBe(before);
    page
      .getByRole('button')
      .element()
      .dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true }));
    expect(onclick).toHaveBeenCalledTimes(1);
  });

  test('a password can be shown and hidden', async () => {
    await render(TextField, { label: '密码', type: 'password', value: 'linli', error: '名字或密码不对' });
    const field = page.getByLabelText('密码');
    await expect.element(field).toHaveAttribute('type', 'password');
    await expect.element(field).toHaveAccessibleDescription('名字或密码不对');
    await page.getByRole('button', { name: '显示' }).click();
    await expect.element(field).toHaveAttribute('type', 'text');
  });
});
