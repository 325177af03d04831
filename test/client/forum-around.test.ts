import { render } from 'vitest-browser-svelte';
import { page, userEvent } from 'vitest/browser';
import { afterEach, expect, test, vi } from 'vitest';
import RoomSearch from '#client/forum/RoomSearch.svelte';
import { Writers } from '#client/forum/writers.svelte.ts';
import type { Hub } from '#client/platform/hub.ts';
import { language } from '#client/platform/i18n.svelte.ts';
import type { Line } from '#client/platform/line.ts';
import MinutesStage from './MinutesStage.svelte';
import '#client/styles/tokens.css';
import '#client/styles/base.css';

const [ME, ANN, BO] = ['me', 'ann', 'bo'];
const before = language.current;

afterEach(() => {
  vi.useRealTimers();
  language.choose(before);
});

/** A line on which the test says who is writing where. */
function aLine() {
  let listener: ((said: { stream: string; people: string[] }) => void) | undefined;
  const off = vi.fn(() => (listener = undefined));
  const line = {
    on: (_: string, listen: typeof listener) => {
      listener = listen;
      return off;
    },
  } as unknown as Pick<Line, 'on'>;
  return { line, off, say: (stream: string, people: string[]) => listener?.({ stream, people }) };
}

test('others are shown writing until they have sent it, or nothing is heard of it any more', () => {
  vi.useFakeTimers();
  const { line, say, off } = aLine();
  const writers = new Writers(line, 'room:1', ME);
  say('room:2', [BO]);
  expect(writers.people).toEqual([]);
  say('room:1', [ME, ANN, BO]);
  expect(writers.people).toEqual([ANN, BO]);
  writers.sent(ANN);
  expect(writers.people).toEqual([BO]);
  say('room:1', [ANN]);
  expect(writers.people).toEqual([ANN]);
  vi.advanceTimersByTime(6000);
  expect(writers.people).toEqual([]);
  writers.close();
  expect(off).toHaveBeenCalledTimes(1);
});

test('Escape leaves the search, but not while characters are being chosen', async () => {
  language.choose('zh');
  const onclose = vi.fn();
  await render(MinutesStage, { hub: {} as Hub, piece: RoomSearch, given: { room: '1', onclose, onpick: vi.fn() } });
  const field = page.getByRole('textbox');
  await expect.element(field).toHaveFocus();
  const composing = new KeyboardEvent('keydown', { key: 'Escape', isComposing: true, bubbles: true });
  field.element().dispatchEvent(composing);
  expect(onclose).not.toHaveBeenCalled();
  await userEvent.keyboard('{Escape}');
  expect(onclose).toHaveBeenCalledTimes(1);
});
