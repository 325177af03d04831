import { AppError } from '#shared/wire/error.ts';
import type { Hub } from './hub.ts';
import { newId } from './ids.ts';
import { put, type Put } from './upload.ts';

/*
 * Files on their way to the hub, before something names them. One goes at a time; without a line they wait for it.
 *
 *   waiting ⇄ sending ─► done
 *                └─► failed ─► waiting     refused: the person tries again or takes it away; no answer: with the next line
 *
 * Owner: the draft they belong to, so that they last as long as the page. Their line ends with the hub.
 */

export interface Upload {
  readonly id: string;
  readonly file: File;
  /** As the hub takes it; undefined where nothing of the given name is left. */
  readonly name: string | undefined;
  readonly state: 'waiting' | 'sending' | 'done' | 'failed';
  /** Share of the bytes that have left, 0 to 1. */
  readonly sent: number;
  /** Of a refusal. */
  readonly code?: string | undefined;
}

export interface UploadsHub {
  line: Pick<Hub['line'], 'status' | 'blocked' | 'onStatus'>;
  user: Pick<Hub['user'], 'id'>;
  session: { readonly user: Pick<Hub['user'], 'id'> | undefined };
}

/* As in shared/wire/files.limits.ts. Shared, a part that could not be fetched would take the contract down with it. */
export const MAX_FILE_BYTES = 20 * 1024 * 1024;
export const MAX_FILES = 9;

/** UTF-16 units of a name (shared/wire/files.ts). */
const NAME = 120;

/** A name the hub takes: without what could be a path or hides, cut in front of its ending. */
export function usableName(given: string): string | undefined {
  const name = given.replace(/[\p{C}/\\]/gu, '').trim();
  const ending = /\.\w{1,8}$/u.exec(name)?.[0] ?? '';
  const cut = name.length > NAME ? Array.from(name.slice(0, NAME - ending.length - 1)).join('') + ending : name;
  // A cut may leave half of a pair of surrogates behind, which no address can carry.
  const whole = cut.replace(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])/gu, '');
  return whole === '' ? undefined : whole;
}

/** What can be known without the hub. */
function refusalOf({ size }: File): string | undefined {
  if (size > MAX_FILE_BYTES) return 'too_large';
  return size === 0 ? 'files.broken' : undefined;
}

/** Those of one draft. */
export class Uploads {
  readonly #hub: UploadsHub;
  readonly #put: Put;
  #items = $state.raw<readonly Upload[]>([]);
  #left = $state(0);
  /** Of the one that is going. */
  #going: { id: string; abort: AbortController } | undefined;

  constructor(hub: UploadsHub, send: Put = put) {
    this.#hub = hub;
    this.#put = send;
    hub.line.onStatus(() => {
      if (!this.hasLine) return;
      for (const { id, code } of this.#items) if (code === 'unknown') this.retry(id);
      this.#next();
    });
  }

  /** Reactive, in the order they were added. */
  get items(): readonly Upload[] {
    return this.#items;
  }

  /** Reactive: how many of the last ones added were more than a message takes. */
  get left(): number {
    return this.#left;
  }

  /** Reactive. */
  get hasLine(): boolean {
    return this.#hub.line.status === 'online' || this.#hub.line.blocked;
  }

  /** Reactive. */
  get has(): boolean {
    return this.#items.length > 0;
  }

  /** Reactive: nothing is still to come. */
  get ready(): boolean {
    return this.#items.every(({ state }) => state === 'done');
  }

  add(files: readonly File[]): void {
    const room = MAX_FILES - this.#items.length;
    this.#left = Math.max(0, files.length - room);
    const fresh = files.slice(0, Math.max(0, room)).map((file): Upload => {
      const code = refusalOf(file);
      return { id: newId(), file, name: usableName(file.name), state: code ? 'failed' : 'waiting', sent: 0, code };
    });
    this.#items = [...this.#items, ...fresh];
    this.#next();
  }

  retry(id: string): void {
    this.#set(id, { state: 'waiting', sent: 0, code: undefined });
    this.#next();
  }

  /** Takes it away; one that is going is stopped. */
  remove(id: string): void {
    this.#items = this.#items.filter((item) => item.id !== id);
    this.#left = 0;
    if (this.#going?.id === id) this.#going.abort.abort();
  }

  /** The ids to name, once it is ready; then there are none. */
  take(): string[] {
    const ids = this.#items.map(({ id }) => id);
    this.#items = [];
    this.#left = 0;
    return ids;
  }

  #set(id: string, change: Partial<Upload>): void {
    this.#items = this.#items.map((item) => (item.id === id ? { ...item, ...change } : item));
  }

  #next(): void {
    const item = this.#items.find(({ state }) => state === 'waiting');
    if (item === undefined || this.#going !== undefined || !this.hasLine) return;
    // Somebody else may have signed in since: it would go in their name.
    if (this.#hub.session.user?.id !== this.#hub.user.id) return;
    void this.#send(item);
  }

  async #send({ id, name, file }: Upload): Promise<void> {
    const abort = new AbortController();
    this.#going = { id, abort };
    this.#set(id, { state: 'sending', sent: 0 });
    const onsent = (sent: number): void => {
      this.#set(id, { sent });
    };
    try {
      await this.#put({ id, name, bytes: file }, { onsent, signal: abort.signal });
      this.#set(id, { state: 'done', sent: 1 });
    } catch (error) {
      const code = error instanceof AppError ? error.code : 'internal';
      // Without a line it waits for one; with one, the person decides.
      if (code === 'unknown' && !this.hasLine) this.#set(id, { state: 'waiting', sent: 0 });
      else this.#set(id, { state: 'failed', code });
    }
    this.#going = undefined;
    this.#next();
  }
}
