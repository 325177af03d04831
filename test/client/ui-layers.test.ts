import { createRawSnippet } from 'svelte';
import { render } from 'vitest-browser-svelte';
import { page, userEvent } from 'vitest/browser';
import { describe, expect, test, vi } from 'vitest';
import Dialog from '#client/ui/Dialog.svelte';
import Menu from '#client/ui/Menu.svelte';
import SplitPane from '#client/ui/SplitPane.svelte';
import Toasts from '#client/ui/Toasts.svelte';
import { toast } from '#client/ui/toast.ts';
// Loaded by the pieces when something first opens: named here, so that the test server prepares them beforehand.
import 'bits-ui';
import 'svelte-sonner';
import '#client/styles/tokens.css';
import '#client/styles/base.css';

const text = (words: string) => createRawSnippet(() => ({ render: () => `<span>${words}</span>` }));
const fields = createRawSnippet(() => ({ render: () => '<div><input aria-label="first"><button>last</button></div>' }));

describe('Dialog', () => {
  test('takes the focus, keeps it among its own controls and gives it back', async () => {
    const opener = document.createElement('button');
    opener.textContent = 'open';
    document.body.append(opener);
    opener.focus();
    const screen = await render(Dialog, { open: true, title: '撤回这条消息', children: fields });
    const dialog = page.getByRole('dialog', { name: '撤回这条消息' });
    await expect.element(page.getByLabelText('first')).toHaveFocus();
    for (let press = 0; press < 6; press += 1) {
      await userEvent.keyboard('{Tab}');
      expect(dialog.element().contains(document.activeElement)).toBe(true);
    }
    await screen.rerender({ open: false });
    await expect.element(dialog).not.toBeInTheDocument();
    await expect.element(opener).toHaveFocus();
    opener.remove();
  });

  test('that opens over another one veils it', async () => {
    await render(Dialog, { open: true, title: '给岗位', children: fields });
    await expect.element(page.getByRole('dialog', { name: '给岗位' })).toBeVisible();
    await render(Dialog, { open: true, title: '请确认是您本人', children: fields });
    await expect.element(page.getByRole('dialog', { name: '请确认是您本人' })).toBeVisible();
    const layers = [...document.querySelectorAll<HTMLElement>('.veil, .dialog')];
    expect(layers.map((layer) => layer.className.split(' ')[0])).toEqual(['veil', 'dialog', 'veil', 'dialog']);
    const heights = layers.map((layer) => Number(getComputedStyle(layer).zIndex));
    expect(heights).toEqual(heights.toSorted((a, b) => a - b));
  });

  test('closes on Escape and says so once', async () => {
    const onclose = vi.fn();
    await render(Dialog, { open: true, title: '议程', children: fields, onclose });
    await expect.element(page.getByLabelText('first')).toHaveFocus();
    await userEvent.keyboard('{Escape}');
    await expect.element(page.getByRole('dialog')).not.toBeInTheDocument();
    expect(onclose).toHaveBeenCalledTimes(1);
  });

  test('stays open for an Escape that only drops a candidate of the input method, and while it is held', async () => {
    const screen = await render(Dialog, { open: true, title: '议程', children: fields });
    const first = page.getByLabelText('first');
    await expect.element(first).toHaveFocus();
    first
      .element()
      .dispatchEvent(
        new KeyboardEvent('keydown', { key: 'Escape', isComposing: true, bubbles: true, cancelable: true }),
      );
    await expect.element(page.getByRole('dialog')).toBeVisible();
    await screen.rerender({ held: true });
    await userEvent.keyboard('{Escape}');
    await expect.element(page.getByRole('dialog')).toBeVisible();
    await page.getByRole('button', { name: '关闭' }).click();
    await expect.element(page.getByRole('dialog')).not.toBeInTheDocument();
  });
});

describe('Menu', () => {
  test('opens by keyboard, moves with arrows, chooses with Enter and returns to its button', async () => {
    const reply = vi.fn();
    const retract = vi.fn();
    await render(Menu, {
      label: '更多',
      items: [
        { id: 'reply', label: '回复', onselect: reply },
        { id: 'retract', label: '撤回', onselect: retract, danger: true, rule: true },
      ],
    });
    const button = page.getByRole('button', { name: '更多' });
    button.element().focus();
    await userEvent.keyboard('{Enter}');
    await expect.element(page.getByRole('menu')).toBeVisible();
    await expect.element(button).toHaveAttribute('aria-expanded', 'true');
    await userEvent.keyboard('{ArrowDown}{ArrowDown}');
    await expect.element(page.getByRole('menuitem', { name: '撤回' })).toHaveFocus();
    await userEvent.keyboard('{Enter}');
    await expect.element(page.getByRole('menu')).not.toBeInTheDocument();
    expect(retract).toHaveBeenCalledTimes(1);
    expect(reply).not.toHaveBeenCalled();
    await expect.element(button).toHaveFocus();
  });

  test('a second press on its button closes it', async () => {
    await render(Menu, { label: '更多', items: [{ id: 'reply', label: '回复', onselect: vi.fn() }] });
    const button = page.getByRole('button', { name: '更多' });
    await button.click();
    await expect.element(page.getByRole('menu')).toBeVisible();
    button.element().dispatchEvent(new MouseEvent('click', { bubbles: true }));
    await expect.element(page.getByRole('menu')).not.toBeInTheDocument();
  });
});

describe('SplitPane', () => {
  test('is moved with the keyboard and remembered', async () => {
    await page.viewport(1280, 800);
    const props = { name: 'test', start: text('list'), end: text('content'), narrow: 'start' as const };
    const first = await render(SplitPane, props);
    const edge = page.getByRole('separator', { name: '调整宽度' });
    await expect.element(edge).toHaveAttribute('aria-valuenow', '320');
    edge.element().focus();
    await userEvent.keyboard('{ArrowRight}{ArrowRight}');
    await expect.element(edge).toHaveAttribute('aria-valuenow', '352');
    await first.unmount();
    await render(SplitPane, props);
    await expect.element(edge).toHaveAttribute('aria-valuenow', '352');
    localStorage.removeItem('linli.pane:test');
  });

  test('shows one pane on a phone', async () => {
    await page.viewport(390, 844);
    await render(SplitPane, { name: 'phone', start: text('list'), end: text('content'), narrow: 'end' });
    await expect.element(page.getByText('content')).toBeVisible();
    await expect.element(page.getByText('list')).not.toBeVisible();
  });
});

describe('Toasts', () => {
  test('a toast offers to undo', async () => {
    const onundo = vi.fn();
    await render(Toasts, {});
    toast('已删去一条消息', { onundo });
    await expect.element(page.getByText('已删去一条消息')).toBeVisible();
    await page.getByRole('button', { name: '撤销' }).click();
    expect(onundo).toHaveBeenCalledTimes(1);
  });
});
