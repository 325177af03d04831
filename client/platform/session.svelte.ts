import type { AnswerTo } from './line.ts';
import { AppError } from '#shared/wire/error.ts';
import { exchange, type Exchange, type Http } from './http.ts';
import { clock } from './i18n.svelte.ts';

/*
 * Who is signed in. The server knows; this remembers the last person so that the page starts without a network.
 *
 *   asking ─► in ⇄ out          `in` may be from memory: the first answer of the server confirms or ends it
 */

export type User = AnswerTo<'people:me'>['user'];

export type SessionState = 'asking' | 'in' | 'out';

/** Why there is no session any more. `expired` keeps this device's things for the person's return, the others do not. */
export type EndReason = 'signed-out' | 'expired' | 'ended';

export interface SessionDeps extends Http {
  storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | undefined;
}

const LAST_USER = 'linli.user';

export class Session {
  #user = $state.raw<User | undefined>();
  #state = $state<SessionState>('asking');
  #reason = $state<EndReason | undefined>();
  readonly #deps: SessionDeps;
  #kept = $state(0);
  #ending: Promise<void> | undefined;
  /** This page asked for the end itself. */
  #leaving = false;
  /** Called before the user goes, to clear this device; answers how many things it keeps that were not sent. */
  onend: ((reason: EndReason) => Promise<number>) | undefined;

  constructor(deps: SessionDeps) {
    this.#deps = deps;
  }

  /** Reactive. */
  get user(): User | undefined {
    return this.#user;
  }

  get state(): SessionState {
    return this.#state;
  }

  /** Reactive: why the last session ended, until the next sign-in. */
  get reason(): EndReason | undefined {
    return this.#reason;
  }

  /** Reactive: how many things this device kept unsent for the person who left. */
  get kept(): number {
    return this.#kept;
  }

  /** Follows what other tabs do: they share the cookie, so one signs all of them in and out. Returns how to stop. */
  listen(): () => void {
    const onstorage = ({ key, newValue }: StorageEvent): void => {
      if (key !== LAST_USER) return;
      if (newValue === null) void this.end('signed-out');
      else void this.check();
    };
    addEventListener('storage', onstorage);
    return () => {
      removeEventListener('storage', onstorage);
    };
  }

  /** Asks who is signed in. Without an answer the last person stays, so that the page works offline. */
  async check(): Promise<void> {
    const remembered = this.#remembered();
    if (remembered !== undefined && this.#user === undefined) this.#become(remembered);
    try {
      const user = await this.#ask({ method: 'GET' });
      if (user !== undefined) this.#become(user);
    } catch (error) {
      if (error instanceof AppError && error.code === 'unauthenticated') await this.end('expired');
      else if (this.#user === undefined) this.#state = 'out';
    }
  }

  /**
   * Throws `AppError` like any command; a missing second factor has a code of its own. Without a user there is a session
   * that must do something first: `check` says what.
   */
  async signIn(name: string, password: string, code?: string): Promise<User | undefined> {
    const body = JSON.stringify({ name, password, ...(code !== undefined && code !== '' && { code }) });
    const user = await this.#ask({ method: 'POST', body });
    if (user !== undefined) this.#become(user);
    return user;
  }

  /** Ends the session on the server, then here. Without a line it ends here all the same, and the error is thrown. */
  async signOut(): Promise<void> {
    this.#leaving = true;
    try {
      await exchange(this.#deps, '/api/session', { method: 'DELETE' });
    } finally {
      this.#leaving = false;
      await this.end('signed-out');
    }
  }

  /** The session is over, whoever ended it. Several may notice at once; the first reason counts. */
  end(reason: EndReason): Promise<void> {
    // The hub tells every page of the session at once, this one often before it has its answer.
    this.#ending ??= this.#end(this.#leaving ? 'signed-out' : reason).finally(() => (this.#ending = undefined));
    return this.#ending;
  }

  async #end(reason: EndReason): Promise<void> {
    if (this.#user !== undefined) {
      this.#reason = reason;
      this.#kept = (await this.onend?.(reason)) ?? 0;
    }
    this.#user = undefined;
    this.#state = 'out';
    this.#remember(undefined);
  }

  #become(user: User): void {
    this.#user = user;
    this.#state = 'in';
    this.#reason = undefined;
    this.#remember(user);
  }

  async #ask(init: Exchange): Promise<User | undefined> {
    const onHeaders = (headers: Headers): void => {
      clock.correct(headers.get('date'));
    };
    const answer = await exchange(this.#deps, '/api/session', { ...init, onHeaders });
    return answer['user'] as User | undefined;
  }

  #remember(user: User | undefined): void {
    try {
      if (user === undefined) this.#deps.storage?.removeItem(LAST_USER);
      else this.#deps.storage?.setItem(LAST_USER, JSON.stringify(user));
    } catch {
      // Storage full or forbidden: the next start needs the network.
    }
  }

  #remembered(): User | undefined {
    try {
      const text = this.#deps.storage?.getItem(LAST_USER);
      return text == null ? undefined : (JSON.parse(text) as User);
    } catch {
      return undefined; // not ours, or cut off: as if nobody had been here
    }
  }
}
