import { remember, remembered } from '#client/ui/remembered.ts';

const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

/** How somebody wants this machine to look. `public/look.js` puts the same on the page before the first paint. */
class Look {
  #theme = $state<Theme>(THEMES.find((theme) => theme === remembered('theme')) ?? 'system');
  #large = $state(remembered('text') === 'large');

  get theme(): Theme {
    return this.#theme;
  }

  set theme(theme: Theme) {
    this.#theme = theme;
    remember('theme', theme);
    const root = document.documentElement;
    if (theme === 'system') delete root.dataset['theme'];
    else root.dataset['theme'] = theme;
    // The browser's own bars: the page's colour where one was chosen, else what index.html says for each.
    const paper = getComputedStyle(root).getPropertyValue('--paper').trim();
    for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]')) {
      meta.dataset['own'] ??= meta.content;
      meta.content = theme === 'system' ? meta.dataset['own'] : paper;
    }
  }

  /** Text a quarter larger than the browser's own size. */
  get large(): boolean {
    return this.#large;
  }

  set large(large: boolean) {
    this.#large = large;
    remember('text', large ? 'large' : 'normal');
    const root = document.documentElement;
    if (large) root.dataset['text'] = 'large';
    else delete root.dataset['text'];
  }
}

export const look = new Look();
