import { render } from 'vitest-browser-svelte';
import { page, userEvent } from 'vitest/browser';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Awareness } from 'y-protocols/awareness';
import * as Y from 'yjs';
import { ComposeGate } from '#client/platform/compose-gate.ts';
import { loadLive } from '#client/ui/editor/load.ts';
import RichText from '#client/ui/editor/RichText.svelte';
// What a text loads when it first comes alive: named here, so that the test server prepares it beforehand.
import '@tiptap/core';
import '@tiptap/extension-collaboration';
import '@tiptap/extension-collaboration-caret';
import '@tiptap/pm/state';
import '@tiptap/starter-kit';
import '@tiptap/y-tiptap';
import '#client/styles/tokens.css';
import '#client/styles/base.css';

const REMOTE = 'wire';

/** Two documents that hear of each other at once, the second one's gate in between. */
function wired(fill?: (fragment: Y.XmlFragment) => void) {
  const a = new Y.Doc();
  const b = new Y.Doc();
  fill?.(a.getXmlFragment('body'));
  Y.applyUpdate(b, Y.encodeStateAsUpdate(a), REMOTE);
  const gate = new ComposeGate({
    receive: (updates) => {
      b.transact(() => {
        for (const update of updates) Y.applyUpdate(b, update, REMOTE);
      }, REMOTE);
    },
    send: (updates) => {
      Y.applyUpdate(a, Y.mergeUpdates([...updates]), REMOTE);
    },
  });
  a.on('update', (update: Uint8Array, origin: unknown) => {
    if (origin !== REMOTE) gate.remote(update);
  });
  b.on('update', (update: Uint8Array, origin: unknown) => {
    if (origin !== REMOTE) gate.local(update);
  });
  return { a, b, gate };
}

function paragraph(text: string): Y.XmlElement {
  const element = new Y.XmlElement('paragraph');
  element.insert(0, [new Y.XmlText(text)]);
  return element;
}

const body = (doc: Y.Doc): Y.XmlFragment => doc.getXmlFragment('body');
const propsFor = (doc: Y.Doc, label: string) => ({
  fragment: body(doc),
  awareness: new Awareness(doc),
  user: { id: label, name: label, color: '#7a3e6e' },
  label,
  editable: true,
});

async function pair(fill?: (fragment: Y.XmlFragment) => void) {
  await loadLive();
  const { a, b, gate } = wired(fill);
  await render(RichText, propsFor(a, 'A'));
  await render(RichText, { ...propsFor(b, 'B'), gate });
  return { a, b, gate, boxA: page.getByRole('textbox', { name: 'A' }), boxB: page.getByRole('textbox', { name: 'B' }) };
}

const live = (label: string): HTMLElement | null =>
  document.querySelector<HTMLElement>(`.ProseMirror[aria-label="${label}"]`);

async function goTo(label: string): Promise<void> {
  await page.getByRole('textbox', { name: label }).click();
  await vi.waitFor(() => {
    expect(live(label)).toBe(document.activeElement);
  });
}

async function writeIn(label: string, text: string): Promise<void> {
  await goTo(label);
  await userEvent.keyboard(text);
}

afterEach(() => {
  vi.useRealTimers();
});

describe('a text two people write', () => {
  test('is plain until it is pressed, then each sees what the other writes', async () => {
    const { boxA, boxB } = await pair((fragment) => {
      fragment.insert(0, [paragraph('金马街 3 号院')]);
    });
    expect(document.querySelector('.ProseMirror')).toBeNull();
    await expect.element(boxA).toHaveTextContent('金马街 3 号院');
    await writeIn('A', '停水');
    await expect.element(boxB).toHaveTextContent('金马街 3 号院停水');
    await writeIn('B', '，已恢复');
    await expect.element(boxA).toHaveTextContent('金马街 3 号院停水，已恢复');
    await vi.waitFor(() => {
      expect(document.querySelectorAll('.ProseMirror')).toHaveLength(1);
    });
  });

  test('takes bold and lists from the toolbar and shows them where nobody writes', async () => {
    const { boxB, b } = await pair();
    await writeIn('A', '决定');
    await userEvent.keyboard('{Control>}a{/Control}');
    await page.getByRole('button', { name: '加粗' }).first().click();
    await expect.element(page.getByRole('button', { name: '加粗' }).first()).toHaveAttribute('aria-pressed', 'true');
    await page.getByRole('button', { name: '项目列表' }).first().click();
    await vi.waitFor(() => {
      expect(boxB.element().querySelector('ul > li > p > strong')?.textContent).toBe('决定');
    });
    expect((body(b).get(0) as Y.XmlElement).nodeName).toBe('bulletList');
    expect(live('A')).toBe(document.activeElement);
  });

  test('undoes only what this person wrote, also after the editor went and came back', async () => {
    const { boxA } = await pair((fragment) => {
      fragment.insert(0, [paragraph('甲')]);
    });
    await writeIn('A', '乙');
    await writeIn('B', '丙');
    await expect.element(boxA).toHaveTextContent('甲乙丙');
    await goTo('A');
    await page.getByRole('button', { name: '撤销' }).first().click();
    await expect.element(boxA).toHaveTextContent('甲丙');
    await page.getByRole('button', { name: '重做' }).first().click();
    await expect.element(boxA).toHaveTextContent('甲乙丙');
  });

  test('is left with Escape, begun again with Enter, and shares one undo among its parts', async () => {
    await loadLive();
    const doc = new Y.Doc();
    const awareness = new Awareness(doc);
    const user = { id: 'p', name: '李华', color: '#7a3e6e' };
    const part = (name: string) => ({
      fragment: doc.getXmlFragment(name),
      awareness,
      user,
      label: name,
      editable: true,
    });
    await render(RichText, part('一'));
    await render(RichText, part('二'));
    await writeIn('一', '甲');
    await userEvent.keyboard('{Escape}');
    const still = page.getByRole('textbox', { name: '一' });
    await expect.element(still).toHaveFocus();
    expect(live('一')).toBeNull();
    await userEvent.keyboard('{Enter}');
    await vi.waitFor(() => {
      expect(live('一')).toBe(document.activeElement);
    });
    await writeIn('二', '乙');
    await userEvent.keyboard('{Control>}z{/Control}');
    await expect.element(page.getByRole('textbox', { name: '二' })).toHaveTextContent(/^$/);
    await expect.element(still).toHaveTextContent('甲');
    await userEvent.keyboard('{Control>}z{/Control}');
    await expect.element(still).toHaveTextContent(/^$/);
  });
});

describe('what this version does not know', () => {
  test('a node of another version is shown, not deleted, and nothing can be written beside it', async () => {
    await loadLive();
    const doc = new Y.Doc();
    const table = new Y.XmlElement('voteTable');
    table.insert(0, [new Y.XmlText('赞成 26')]);
    body(doc).insert(0, [paragraph('表决'), table]);
    const before = body(doc).toJSON();
    await render(RichText, propsFor(doc, 'A'));
    page
      .getByRole('textbox', { name: 'A' })
      .element()
      .dispatchEvent(new MouseEvent('click', { bubbles: true }));
    await expect.element(page.getByText('内容没有丢')).toBeVisible();
    await expect.element(page.getByText('赞成 26')).toBeVisible();
    expect(document.querySelector('.ProseMirror')).toBeNull();
    expect(body(doc).toJSON()).toBe(before);
  });

  test('a mark that arrives while somebody writes closes the editor before it can delete the paragraph', async () => {
    const { a, b, boxB } = await pair((fragment) => {
      fragment.insert(0, [paragraph('同批次还有 3 处')]);
    });
    await goTo('B');
    const text = (body(a).get(0) as Y.XmlElement).get(0) as Y.XmlText;
    text.format(0, 3, { highlight: { colour: 'x' } });
    await expect.element(page.getByText('内容没有丢')).toBeVisible();
    expect(live('B')).toBeNull();
    expect(body(b).toJSON()).toContain('同批次');
    expect(boxB.query()).toBeNull();
  });
});

describe('an input method', () => {
  const compose = (type: string, data: string): void => {
    live('B')?.dispatchEvent(new CompositionEvent(type, { data, bubbles: true }));
  };

  test('keeps what others write out of the composition, and gives it afterwards', async () => {
    const { a, boxB } = await pair((fragment) => {
      fragment.insert(0, [paragraph('原文')]);
    });
    await goTo('B');
    compose('compositionstart', '');
    body(a).insert(1, [paragraph('别人写的')]);
    expect(boxB.element().textContent).not.toContain('别人');
    compose('compositionend', '');
    await expect.element(boxB).toHaveTextContent('别人写的');
  });

  test('keeps raw letters from the others until they are characters', async () => {
    const { a, b } = await pair((fragment) => {
      fragment.insert(0, [paragraph('原文')]);
    });
    await goTo('B');
    compose('compositionstart', '');
    const text = (body(b).get(0) as Y.XmlElement).get(0) as Y.XmlText;
    text.insert(2, 'ni hao');
    expect(body(a).toJSON()).not.toContain('ni hao');
    text.delete(2, 6);
    text.insert(2, '你好');
    compose('compositionend', '你好');
    await vi.waitFor(() => {
      expect(body(a).toJSON()).toContain('原文你好');
    });
  });
});
