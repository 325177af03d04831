import * as Y from 'yjs';
import { expect, test } from 'vitest';
import { drawFragment } from '#client/ui/editor/draw.ts';

const MARKS: object = JSON.parse(
  '{"constructor":true,"script":true,"onload":"hurt()","textStyle":{"style":"position:fixed"}}',
) as object;

/** A fragment with what anybody who may write could put into it, past every editor. */
function hostile(): Y.XmlFragment {
  const fragment = new Y.Doc().getXmlFragment('body');
  const names = ['script', 'iframe', 'svg', 'constructor', 'toString', '__proto__', 'a b', '<img>', 'paragraph'];
  for (const name of names) {
    const block = new Y.XmlElement(name);
    for (const [key, value] of [
      ['onclick', 'hurt()'],
      ['style', 'position:fixed;inset:0'],
      ['class', 'dialog'],
      ['srcdoc', '<script>hurt()</script>'],
    ] as const)
      block.setAttribute(key, value);
    const text = new Y.XmlText();
    text.insert(0, `<b>${name}</b>`, MARKS);
    block.insert(0, [text]);
    fragment.push([block]);
  }
  const linked = new Y.XmlText();
  const links = ['javascript:hurt()', ' javascript:hurt()', 'java\tscript:hurt()', 'data:text/html,x', 'vbscript:x'];
  for (const href of [...links, 'https://a.cn/b']) linked.insert(0, 'x', { link: { href, onclick: 'hurt()' } });
  fragment.push([linked]);
  return fragment;
}

test('whatever nodes, marks and links a live text holds, the page shows words and nothing that acts', () => {
  const page = document.createElement('div');
  page.append(...drawFragment(hostile(), '未知'));
  expect(page.textContent).toContain('<b>constructor</b>');
  const elements = [...page.querySelectorAll('*')];
  expect(new Set(elements.map(({ localName }) => localName))).toEqual(new Set(['div', 'p', 'a']));
  const attributes = new Set(elements.flatMap((element) => element.getAttributeNames()));
  expect(attributes).toEqual(new Set(['class', 'title', 'href', 'rel', 'target']));
  expect(new Set([...page.querySelectorAll('[class]')].map(({ className }) => className))).toEqual(
    new Set(['unknown']),
  );
  expect([...page.querySelectorAll('a')].map(({ href }) => href)).toEqual(['https://a.cn/b']);
});
