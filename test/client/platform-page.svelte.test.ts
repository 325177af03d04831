import { flushSync } from 'svelte';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { AppError, PLATFORM_CODES } from '#shared/wire/error.ts';
import { wordError } from '#client/platform/errors.ts';
import { clock, defineWords, language, pickLocale, say } from '#client/platform/i18n.svelte.ts';
import { newId } from '#client/platform/ids.ts';
import { keys } from '#client/platform/keys.ts';
import { match, router } from '#client/platform/router.ts';

const home = location.pathname + location.search;
const offs: (() => void)[] = [];

afterEach(() => {
  for (const off of offs.splice(0)) off();
  document.body.replaceChildren();
  history.replaceState(null, '', home);
  language.choose('zh');
});

/** What a component would have rendered, again whenever it changed. */
function rendered<T>(read: () => T): T[] {
  const values: T[] = [];
  offs.push(
    $effect.root(() => {
      $effect(() => {
        values.push(read());
      });
    }),
  );
  flushSync();
  return values;
}

/** Puts markup on the page and returns its first element. */
function put(html: string): HTMLElement {
  const template = document.createElement('template');
  template.innerHTML = html;
  document.body.append(template.content);
  return document.body.firstElementChild as HTMLElement;
}

describe('the router', () => {
  it('matches patterns and gives their parameters', () => {
    expect(match('/rooms/:room', '/rooms/7')).toEqual({ room: '7' });
    expect(match('/rooms/:room', '/rooms/7/')).toEqual({ room: '7' });
    expect(match('/', '/')).toEqual({});
    expect(match('/concerns/:incident', '/concerns/%E5%81%9C')).toEqual({ incident: '停' });
    for (const path of ['/rooms', '/rooms/', '/rooms/7/8', '/meetings/7', '/rooms/%E5']) {
      expect(match('/rooms/:room', path)).toBeUndefined();
    }
  });

  it('moves the page, and whoever shows the path follows', async () => {
    const paths = rendered(() => router.path + router.search.toString());
    router.go('/rooms/1');
    flushSync();
    router.go('/flag?room=1&seq=2');
    flushSync();
    history.back();
    await vi.waitFor(() => {
      flushSync();
      expect(paths.slice(1)).toEqual(['/rooms/1', '/flagroom=1&seq=2', '/rooms/1']);
    });
  });

  it('goes back within the app, or to where the page belongs', async () => {
    history.replaceState(null, '', '/rooms/1');
    router.back('/');
    expect(location.pathname).toBe('/');
    router.go('/meetings');
    router.back('/concerns');
    await vi.waitFor(() => {
      expect(location.pathname).toBe('/');
    });
  });

  it('takes plain clicks on our own links, and no others', () => {
    offs.push(router.listen());
    const clicked = (html: string, init: MouseEventInit = {}): boolean => {
      const link = put(html);
      // Whoever is not taken would leave the test: stop at the window, after the router has had its say.
      let taken = false;
      addEventListener(
        'click',
        (event) => {
          taken = event.defaultPrevented;
          event.preventDefault();
        },
        { once: true },
      );
      (link.firstElementChild ?? link).dispatchEvent(
        new MouseEvent('click', { bubbles: true, cancelable: true, ...init }),
      );
      link.remove();
      return taken;
    };
    expect(clicked('<a href="/rooms/2"><span>去</span></a>')).toBe(true);
    expect(location.pathname).toBe('/rooms/2');
    expect(clicked('<a href="/rooms/3">新页</a>', { ctrlKey: true })).toBe(false);
    expect(clicked('<a href="/rooms/3" target="_blank">新页</a>')).toBe(false);
    expect(clicked('<a href="/api/files/1" download>下载</a>')).toBe(false);
    expect(clicked('<a href="/public/units/wenshu">公开</a>')).toBe(false);
    expect(clicked('<a href="https://example.org/rooms/3">别处</a>')).toBe(false);
    expect(clicked('<a href="#below">往下</a>')).toBe(false);
    expect(location.pathname).toBe('/rooms/2');
  });
});

describe('shortcuts', () => {
  const pressed: string[] = [];
  const on = (...all: string[]): void => {
    pressed.length = 0;
    offs.push(keys.listen(), keys.add(...all.map((k) => ({ keys: k, label: () => k, run: () => pressed.push(k) }))));
  };
  const press = (key: string, init: KeyboardEventInit = {}, target: Element = document.body): void => {
    target.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...init }));
  };

  it('fire on one key, and on two after each other', () => {
    on('j', 'g m', 'm');
    press('j');
    press('g');
    press('m');
    press('m');
    press('g');
    press('j');
    expect(pressed).toEqual(['j', 'g m', 'm', 'j']);
  });

  it('do not fire while an input method composes, in a field, with a modifier, or behind a dialog', () => {
    on('j', 'Enter');
    press('j', { isComposing: true });
    press('Process');
    press('j', { ctrlKey: true });
    press('j', {}, put('<input>'));
    press('j', {}, put('<textarea></textarea>'));
    const editor = put('<div contenteditable="true"></div>');
    press('j', {}, editor);
    press('Enter', {}, put('<button>好</button>'));
    put('<div role="dialog"></div>');
    press('j');
    expect(pressed).toEqual([]);
  });

  it('belong to whoever added them last, and leave with them', () => {
    on('j');
    const mine: string[] = [];
    const off = keys.add({ keys: 'j', label: () => '下一条', run: () => mine.push('j') });
    press('j');
    expect(keys.map.map(({ label }) => label())).toEqual(['下一条']);
    off();
    press('j');
    expect([mine, pressed]).toEqual([['j'], ['j']]);
  });
});

describe('words', () => {
  const words = defineWords(
    { send: '发送', left: (n: number) => `还有 ${n} 条`, place: { room: '房间' } },
    { send: 'Send', left: (n) => `${n} left`, place: { room: 'Room' } },
  );

  it('change with the language, everywhere at once', () => {
    const shown = rendered(() => `${words.current.send} ${words.current.left(3)} ${words.current.place.room}`);
    language.choose('en');
    flushSync();
    expect(shown).toEqual(['发送 还有 3 条 房间', 'Send 3 left Room']);
    expect(document.documentElement.lang).toBe('en');
    expect(localStorage.getItem('linli.locale')).toBe('en');
  });

  it('are in the language chosen, else in the first of the two the browser names, else in English', () => {
    expect(pickLocale('en', ['zh-CN'])).toBe('en');
    expect(pickLocale(null, ['zh-CN', 'en'])).toBe('zh');
    expect(pickLocale(null, ['de', 'en-GB', 'zh'])).toBe('en');
    expect(pickLocale('nonsense', ['fr'])).toBe('en');
  });

  it('of time follow the clock of the server', () => {
    const now = new Date();
    clock.correct(new Date(now.getTime() + 24 * 3_600_000).toUTCString());
    offs.push(() => {
      clock.correct(new Date().toUTCString());
    });
    expect(say.day(now)).toBe('昨天');
    clock.correct('nonsense');
    clock.correct(null);
    expect(say.day(now)).toBe('昨天');
  });
});

describe('errors', () => {
  it('have words in both languages for every code of the platform', () => {
    for (const code of [...Object.keys(PLATFORM_CODES), 'offline', 'unknown', 'not_kept']) {
      for (const locale of ['zh', 'en'] as const) {
        const { text } = wordError(new AppError(code), locale);
        expect(text, code).toMatch(locale === 'zh' ? /。$/ : /\.$/);
        if (code !== 'internal') expect(text, code).not.toBe(wordError('internal', locale).text);
        expect(text).not.toMatch(/[!！]/);
      }
    }
  });

  it('take a feature’s own words first, and blame us for what nobody knows', () => {
    const own = {
      'forum.muted': { zh: '您暂时不能在这里发言。', en: 'You cannot post here for now.', tone: 'act' },
    } as const;
    expect(wordError(new AppError('forum.muted'), 'en', own)).toEqual({
      code: 'forum.muted',
      text: 'You cannot post here for now.',
      tone: 'act',
    });
    expect(wordError(new TypeError('x'), 'zh')).toMatchObject({ code: 'internal', tone: 'fault' });
    expect(wordError('forum.unheard_of', 'zh')).toMatchObject({ code: 'forum.unheard_of', tone: 'fault' });
  });
});

describe('ids', () => {
  it('are made without anything a plain-http page lacks', () => {
    const randomUUID = vi.spyOn(crypto, 'randomUUID');
    const ids = new Set(Array.from({ length: 1000 }, newId));
    expect(ids.size).toBe(1000);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(randomUUID).not.toHaveBeenCalled();
  });
});
