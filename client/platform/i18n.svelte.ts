import { createSubscriber } from 'svelte/reactivity';
import * as format from './format.ts';
import type { Locale, Writing } from './format.ts';

/*
 * Words in two languages. Chinese is the source; English must match it, or it does not compile. A word that needs a
 * value is a function. One language for the whole page, so this is a singleton.
 */

export type Words = { readonly [key: string]: string | ((...values: never[]) => string) | Words };

/** The same keys and arguments, other text. */
export type Same<W> = {
  readonly [K in keyof W]: W[K] extends string
    ? string
    : W[K] extends (...values: infer V) => string
      ? (...values: V) => string
      : Same<W[K]>;
};

const CHOICE = 'linli.locale';

/** The saved choice, else Chinese for a browser that names Chinese first of the two, else English. */
export function pickLocale(saved: string | null, languages: readonly string[]): Locale {
  if (saved === 'zh' || saved === 'en') return saved;
  const first = languages.find((language) => /^(zh|en)\b/i.test(language));
  return first?.toLowerCase().startsWith('zh') === true ? 'zh' : 'en';
}

function savedChoice(): string | null {
  try {
    return localStorage.getItem(CHOICE);
  } catch {
    return null; // storage forbidden: the browser's language it is
  }
}

class Language {
  #locale = $state<Locale>(pickLocale(savedChoice(), navigator.languages));

  get current(): Locale {
    return this.#locale;
  }

  /** Changes every word on the page and remembers it. */
  choose(locale: Locale): void {
    this.#locale = locale;
    document.documentElement.lang = locale === 'zh' ? 'zh-CN' : 'en';
    try {
      localStorage.setItem(CHOICE, locale);
    } catch {
      // Storage forbidden: the choice lasts as long as the page.
    }
  }
}

/** The language of the page. Reactive. */
export const language = new Language();

/** A dictionary: `words.current.send` is the text in the language of the page, and changes with it. */
export function defineWords<const W extends Words>(zh: W, en: Same<W>): { readonly current: Same<W> } {
  const all = { zh: zh as unknown as Same<W>, en };
  return {
    get current() {
      return all[language.current];
    },
  };
}

/** The time, moving on every half minute while anything shows it. `offset` is what the server's clock is ahead, in ms. */
class Clock {
  offset = $state(0);
  #now = Date.now();
  readonly #track = createSubscriber((update) => {
    const tick = (): void => {
      this.#now = Date.now();
      update();
    };
    tick();
    const timer = setInterval(tick, 30_000);
    document.addEventListener('visibilitychange', tick);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', tick);
    };
  });

  /** Milliseconds since 1970 as the server counts them: a phone's own clock may be days off. Reactive. */
  get now(): number {
    this.#track();
    return Math.max(this.#now, Date.now()) + this.offset;
  }

  /** Sets the offset from a `Date` header, which is exact to the second; less than a minute is not worth it. */
  correct(header: string | null): void {
    const ahead = header === null ? Number.NaN : Date.parse(header) - Date.now();
    if (!Number.isNaN(ahead)) this.offset = Math.abs(ahead) < 60_000 ? 0 : ahead;
  }
}

export const clock = new Clock();

const zone = format.browserZone();
const writing = (): Writing => ({ locale: language.current, zone });

/** Times and numbers in the language of the page; all reactive. `at` is an ISO string from the wire or a Date. */
export const say = {
  /** 今天 14:05 · 昨天 · 11月22日 周日 */
  when: (at: Date | string) => format.when(at, clock.now, writing()),
  day: (at: Date | string) => format.day(at, clock.now, writing()),
  dayAndTime: (at: Date | string) => format.dayAndTime(at, clock.now, writing()),
  time: (at: Date | string) => format.timeOfDay(at, writing()),
  exact: (at: Date | string) => format.exact(at, writing()),
  number: (n: number) => format.number(n, language.current),
  count: format.count,
};
