import { createSubscriber } from 'svelte/reactivity';

/*
 * Where the page is. Features navigate by path and know no page; which page stands behind a path is the roof's
 * business. `/ · /rooms/:room · /meetings · /meetings/:meeting · /concerns · /concerns/:incident · /flag?room=&seq= ·
 * /me · /me/account · /admin/:section · /sign-in · /setup`.
 */

type ParamsIn<P extends string> = P extends `${infer Head}/${infer Rest}`
  ? ParamsIn<Head> | ParamsIn<Rest>
  : P extends `:${infer Name}`
    ? Name
    : never;

export type Params<P extends string> = { readonly [K in ParamsIn<P>]: string };

/** The parameters of `path` under `pattern`, or undefined: `match('/rooms/:room', '/rooms/7')` is `{room: '7'}`. */
export function match<P extends string>(pattern: P, path: string): Params<P> | undefined {
  const names = pattern.split('/');
  const parts = path.replace(/(?<=.)\/$/, '').split('/');
  if (names.length !== parts.length) return undefined;
  const params: Record<string, string> = {};
  for (const [i, name] of names.entries()) {
    const part = parts[i] ?? '';
    if (!name.startsWith(':')) {
      if (name !== part) return undefined;
    } else {
      const value = decoded(part);
      if (value === undefined || value === '') return undefined;
      params[name.slice(1)] = value;
    }
  }
  return params as Params<P>;
}

/** A hand-made address may hold a broken escape. */
function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

class Router {
  #update: (() => void) | undefined;
  readonly #track = createSubscriber((update) => {
    this.#update = update;
    addEventListener('popstate', update);
    return () => {
      this.#update = undefined;
      removeEventListener('popstate', update);
    };
  });

  /** Reactive. */
  get path(): string {
    this.#track();
    return location.pathname;
  }

  /** Reactive. */
  get search(): URLSearchParams {
    this.#track();
    return new URLSearchParams(location.search);
  }

  /** Reactive. */
  match<P extends string>(pattern: P): Params<P> | undefined {
    return match(pattern, this.path);
  }

  /** To a path with its search. `replace` leaves no step to come back to. */
  go(to: string, { replace = false } = {}): void {
    if (to === location.pathname + location.search) return;
    history[replace ? 'replaceState' : 'pushState']({ ours: true }, '', to);
    this.#update?.();
  }

  /** One step back if there is one within the app, else to `otherwise`. */
  back(otherwise: string): void {
    const { state } = history as { state: { ours?: boolean } | null };
    if (state?.ours === true) history.back();
    else this.go(otherwise, { replace: true });
  }

  /** Lets plain clicks on links to our own paths stay in the page. Returns how to stop. */
  listen(within: Document | HTMLElement = document): () => void {
    const onclick = (event: Event): void => {
      const to = event instanceof MouseEvent ? ownLink(event) : undefined;
      if (to === undefined) return;
      event.preventDefault();
      this.go(to);
    };
    within.addEventListener('click', onclick);
    return () => {
      within.removeEventListener('click', onclick);
    };
  }
}

/** Where a click leads within the app; nothing for new tabs, downloads, other sites and what the server renders. */
function ownLink(event: MouseEvent): string | undefined {
  const { defaultPrevented, button, metaKey, ctrlKey, shiftKey, altKey, target } = event;
  if (defaultPrevented || button !== 0 || metaKey || ctrlKey || shiftKey || altKey) return undefined;
  const link = target instanceof Element ? target.closest('a') : null;
  if (link === null || link.href === '' || link.target !== '' || link.hasAttribute('download')) return undefined;
  const url = new URL(link.href);
  if (url.origin !== location.origin || /^\/(public|api)(\/|$)/.test(url.pathname)) return undefined;
  if (url.hash !== '' && url.pathname === location.pathname) return undefined;
  return url.pathname + url.search;
}

/** The one router of the page. */
export const router = new Router();
