import { Draft } from '#client/platform/draft.svelte.ts';
import { language } from '#client/platform/i18n.svelte.ts';
import { render } from 'vitest-browser-svelte';
import { page, userEvent } from 'vitest/browser';
import { describe, expect, test, vi } from 'vitest';
import Composer from '#client/forum/Composer.svelte';
import '#client/forum/Naming.svelte';
import Markup from '#client/forum/Markup.svelte';
import { parseMarkup, type Block, type Inline } from '#client/forum/markup.ts';
import { candidates, mentionsIn, named, namingAt, type Person } from '#client/forum/mentions.ts';
import '#client/styles/tokens.css';
import '#client/styles/base.css';

const people: Person[] = [
  { id: 'a', name: '李华', post: '社区工作者' },
  { id: 'b', name: '李华东', post: '信息员' },
  { id: 'c', name: '陈静', post: '新闻发言人' },
];

describe('the marks of a message', () => {
  const kinds = (text: string, names: string[] = []) =>
    parseMarkup(text, names).flatMap((block): (Block | Inline)[] =>
      block.kind === 'text' ? block.lines.flat() : [block],
    );

  test('bold, code, names and links, and nothing else', () => {
    expect(kinds('**停水** `3-2` @李华 看 https://a.cn/x?y=1。好', ['李华'])).toEqual([
      { kind: 'bold', text: '停水' },
      { kind: 'text', text: ' ' },
      { kind: 'code', text: '3-2' },
      { kind: 'text', text: ' ' },
      { kind: 'mention', text: '@李华' },
      { kind: 'text', text: ' 看 ' },
      { kind: 'link', text: 'https://a.cn/x?y=1', href: 'https://a.cn/x?y=1' },
      { kind: 'text', text: '。好' },
    ]);
    for (const text of ['javascript:alert(1)', 'data:text/html,x', '[x](javascript:1)', '![x](http://a.cn/a.png)']) {
      expect(kinds(text).some((token) => token.kind === 'link' && !token.href.startsWith('http'))).toBe(false);
    }
    expect(kinds('（https://a.cn/b）')[1]).toMatchObject({ text: 'https://a.cn/b' });
    expect(kinds('https://a.cn/b).')[0]).toMatchObject({ text: 'https://a.cn/b' });
    expect(kinds('https://')).toEqual([{ kind: 'text', text: 'https://' }]);
  });

  test('lists, numbered from where they begin, and fenced code', () => {
    const blocks = parseMarkup('先\n- 一\n- **二**\n3. 三\n4. 四\n```\n- 不是列表\n```');
    expect(blocks.map((block) => block.kind)).toEqual(['text', 'list', 'list', 'code']);
    expect(blocks[2]).toMatchObject({ start: 3, items: [[{ text: '三' }], [{ text: '四' }]] });
  });

  test('no text takes long', () => {
    const started = performance.now();
    for (const text of ['*', '**', '`', 'https://', '@李', '- ', '[', '&<>"'])
      parseMarkup(text.repeat(4_000), ['李华']);
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  test('what looks like HTML is text on the page', async () => {
    const evil = '<img src=x onerror="globalThis.hurt = 1"><b>粗</b> [x](javascript:1) https://a.cn/"onmouseover="x';
    await render(Markup, { text: evil, names: ['<i>'] });
    const { body } = document;
    expect(body.textContent).toContain('<img src=x onerror=');
    expect(body.querySelector('img, b, i, script')).toBeNull();
    expect(globalThis).not.toHaveProperty('hurt');
    const link = body.querySelector('a');
    expect(link?.rel).toBe('noopener nofollow ugc');
    expect(link?.getAttributeNames().filter((name) => name.startsWith('on'))).toEqual([]);
  });
});

describe('naming somebody', () => {
  test('after an @ of either width, by name or post', () => {
    expect(namingAt('看一下@李', 5)).toEqual({ from: 3, part: '李' });
    expect(namingAt('＠', 1)).toEqual({ from: 0, part: '' });
    expect(namingAt('a@李 华', 5)).toBeUndefined();
    expect(candidates(people, '李').map((person) => person.id)).toEqual(['a', 'b']);
    expect(candidates(people, '发言').map((person) => person.id)).toEqual(['c']);
    expect(named('看@李 好', { from: 1, caret: 3 }, '李华')).toEqual({ text: '看@李华 好', caret: 5 });
  });

  test('a longer name is not the shorter one in it', () => {
    expect(mentionsIn('@李华东 到了', people)).toEqual(['b']);
    expect(mentionsIn('＠李华 和 @陈静', people).sort()).toEqual(['a', 'c']);
    expect(mentionsIn('李华到了', people)).toEqual([]);
  });
});

describe('writing', () => {
  const about = undefined;
  function aComposer(onsend = vi.fn()) {
    language.choose('zh');
    const draft = new Draft(Promise.resolve(''), () => undefined);
    const rest = { oncancel: vi.fn(), onnaming: vi.fn(), ontyping: vi.fn() };
    return { onsend, rest, props: { title: '社区工作群', draft, people, about, onsend, ...rest } };
  }
  const field = () => page.getByLabelText('写给社区工作群');

  test('Enter sends, Shift+Enter makes a line, and choosing characters does neither', async () => {
    const { onsend, props } = aComposer();
    await render(Composer, props);
    await field().fill('五位');
    const area = field().element();
    const enter = (more: KeyboardEventInit = {}) =>
      area.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true, ...more }));
    enter({ isComposing: true });
    enter({ keyCode: 229 });
    enter({ shiftKey: true });
    expect(onsend).not.toHaveBeenCalled();
    enter();
    expect(onsend).toHaveBeenCalledExactlyOnceWith('五位', [], []);
  });

  test('an @ offers people; Enter takes the chosen one instead of sending', async () => {
    const { onsend, rest, props } = aComposer();
    await render(Composer, props);
    await userEvent.type(field(), '＠李');
    expect(rest.onnaming).toHaveBeenCalled();
    await expect.element(page.getByRole('option', { name: '李华 社区工作者', exact: true })).toBeVisible();
    await userEvent.keyboard('{ArrowDown}{Enter}');
    expect(onsend).not.toHaveBeenCalled();
    await expect.element(field()).toHaveValue('@李华东 ');
    await userEvent.keyboard('到了{Enter}');
    expect(onsend).toHaveBeenCalledExactlyOnceWith('@李华东 到了', ['b'], []);
  });

  test('a text that is too long for the server is said before it is sent', async () => {
    const { onsend, props } = aComposer();
    await render(Composer, props);
    await field().fill('水'.repeat(2_731));
    await expect.element(page.getByRole('alert')).toHaveTextContent('超出 1 个字节');
    await userEvent.keyboard('{Enter}');
    expect(onsend).not.toHaveBeenCalled();
  });
});
