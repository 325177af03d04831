import { beforeEach, expect, test, vi } from 'vitest';
import { Scroller } from '#client/forum/scroller.svelte.ts';

let node: HTMLElement;
let content: HTMLElement;
let scroller: Scroller;

beforeEach(() => {
  node = document.createElement('div');
  content = document.createElement('div');
  node.append(content);
  node.style.cssText = 'height: 300px; overflow: auto';
  content.style.height = '2000px';
  document.body.append(node);
  scroller = new Scroller(() => undefined);
  const leave = scroller.attach(node);
  return () => {
    leave();
    node.remove();
  };
});

const left = (): number => node.scrollHeight - node.clientHeight - node.scrollTop;
const scrolled = (): Promise<unknown> =>
  new Promise((resolve) => {
    node.addEventListener('scroll', resolve, { once: true });
  });

test('who is at the end stays there, though more comes in before the scrolling is told of', async () => {
  scroller.toEnd();
  const told = scrolled();
  content.style.height = '2500px';
  await told;
  await vi.waitFor(() => {
    expect(left()).toBe(0);
  });
  expect(scroller.atEnd).toBe(true);
});

test('who moves up leaves the end, and what comes in moves nothing', async () => {
  scroller.toEnd();
  await scrolled();
  node.scrollTop -= 400;
  await scrolled();
  expect(scroller.atEnd).toBe(false);
  const at = node.scrollTop;
  content.style.height = '2500px';
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  expect(node.scrollTop).toBe(at);
});

test('a row brought into view far from the end keeps the reader there', async () => {
  const row = document.createElement('p');
  row.style.cssText = 'height: 20px; margin: 600px 0 0';
  content.append(row);
  scroller.show(row);
  expect(scroller.atEnd).toBe(false);
  const at = node.scrollTop;
  content.style.height = '2500px';
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  expect(node.scrollTop).toBe(at);
});
