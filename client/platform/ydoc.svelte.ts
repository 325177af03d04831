import * as Y from 'yjs';
import type { Awareness } from 'y-protocols/awareness';
import { carryOver, plainText, readAlike } from './ydoc-carry.ts';
import { LocalCopy, openTexts, tidyCopies, type Kept } from './ydoc-copy.ts';
import { Link } from './ydoc-link.ts';
import { guardPage, watchPage } from './ydoc-page.ts';
import { peersOf, type Peer } from './ydoc-peers.ts';
import { ACCESS_LOST, CLIENT_ID_TAKEN, refusalOf, rejectionOf, type Refusal } from './ydoc-refusal.ts';
import { Standing, type SavedState } from './ydoc-standing.svelte.ts';
import type { ComposeGate } from './compose-gate.ts';
import type { Db } from './db.ts';
import type { DocStatus, Reject } from './ydoc-wire.ts';

/*
 * One live text as a page sees it: the Y.Doc, what of it is saved, who else is here. It owns its line to the hub and
 * its copy on this device and lives until `close`. Import it only from what is loaded with the page of a text: yjs
 * and y-websocket are no part of a room's first load.
 *
 *   copy read ─► connecting ⇄ synced ─► ended (the server said a final word)
 *                     └─ a second line is built beside the first and takes its place once it is synced:
 *                        with the text, where the client id was taken (4409); without what was written too late,
 *                        where the text is frozen or the right to write is gone: that is set aside, nobody else sees it
 */

export interface YdocDeps {
  id: string;
  /** As others see this person. `color` has six digits, for other programs; the server fills in the name itself. */
  user: { id: string; name: string; color: string };
  db: Db;
  /** For tests. */
  Socket?: typeof WebSocket;
  origin?: string;
}

/** How long a closed document waits for its last receipt. ms */
const LAST_WORD = 5000;
/** Once nobody may write any more, what is still unconfirmed after this did not get in. ms */
const TOO_LATE = 3000;

export class Ydoc {
  readonly #deps: YdocDeps;
  readonly #copy: LocalCopy;
  readonly #standing = new Standing();
  #link = $state.raw() as Link;
  #next: { link: Link; carries: boolean } | undefined;
  #peers = $state.raw<readonly Peer[]>([]);
  /** What was written and did not get in, for the person to take along. */
  #aside = $state<string>();
  readonly #unwatch: () => void;
  #late: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(deps: YdocDeps) {
    this.#deps = deps;
    openTexts.add(deps.id);
    this.#copy = new LocalCopy({ db: deps.db, id: deps.id, merge: Y.mergeUpdates, now: () => this.#kept() });
    this.#link = this.#build();
    this.#unwatch = watchPage({
      away: () => {
        this.flush();
      },
      back: () => {
        if (!this.#standing.ended) this.#link.connect();
      },
      lost: () => {
        this.#link.drop();
      },
    });
  }

  /** Reactive: where a second line took over it is another document. */
  get doc(): Y.Doc {
    return this.#link.doc;
  }
  get awareness(): Awareness {
    return this.#link.awareness;
  }
  /** What an editor tells of its compositions. */
  get gate(): ComposeGate {
    return this.#link.gate;
  }
  /** Reactive: there is a text to show, the server's or this device's. */
  get ready(): boolean {
    return this.#standing.ready;
  }
  /** Reactive: the server's whole text is here and the line stands. */
  get synced(): boolean {
    return this.#standing.synced;
  }
  /** Reactive. Never guessed: `saved` is the server's receipt. */
  get saved(): SavedState {
    return this.#standing.saved;
  }
  /** Reactive: when the server last confirmed that it has everything, ms since 1970 by this machine's clock. */
  get savedAt(): number | undefined {
    return this.#standing.savedAt;
  }
  /** Reactive: something written here is not confirmed. */
  get unsaved(): boolean {
    return this.#standing.unsaved;
  }
  /** Reactive: why nothing, or not everything, gets in. `copyText` has what was written. */
  get reason(): Refusal | undefined {
    return this.#standing.reason;
  }
  /** Reactive: may this person write now? */
  get editable(): boolean {
    return this.#standing.editable;
  }
  /** Reactive: the others who have the text open, one entry a person. */
  get peers(): readonly Peer[] {
    return this.#peers;
  }

  /** What this person wrote that did not get in, else the whole text; in plain lines, to take along. */
  copyText(): string {
    return this.#aside ?? plainText(this.doc);
  }

  /** What was set aside has been taken along: it need not be kept here any more. */
  taken(): void {
    if (this.#aside === undefined) return;
    this.#aside = undefined;
    this.#standing.reason = undefined;
    void this.#copy.flush();
  }

  /** Says which part of the text this person is in; undefined for none. */
  at(item: string | undefined): void {
    this.awareness.setLocalStateField('item', item ?? null);
  }

  /** Reads the copy on this device, then connects. */
  async open(): Promise<void> {
    const copy = await this.#copy.load();
    // Closed while the copy was being read: nothing may connect any more.
    if (this.#closed) return;
    if (copy !== undefined) this.#restore(copy);
    this.#link.connect();
    void tidyCopies(this.#deps.db);
  }

  /** Sends and keeps whatever is held back. */
  flush(): void {
    this.#link.flush();
    void this.#copy.flush();
  }

  /** Lets go of everything, after the last receipt if one is due and can come. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#unwatch();
    clearTimeout(this.#late);
    this.awareness.setLocalState(null);
    this.flush();
    if (this.#standing.connected) await this.#link.confirmed(LAST_WORD);
    await this.#copy.flush();
    guardPage(false);
    this.#next?.link.stop();
    this.#link.stop();
    openTexts.delete(this.#deps.id);
  }

  /** Resolves with whether the server has confirmed everything, waiting for it `ms` at most. */
  async delivered(ms: number): Promise<boolean> {
    await this.#link.confirmed(ms);
    return !this.#link.receipts.unsaved;
  }

  #kept(): Kept {
    const aside = this.#aside === undefined ? {} : { aside: this.#aside };
    const update = Y.encodeStateAsUpdate(this.doc);
    return { update, unsent: this.#link.receipts.unsaved, role: this.#standing.role, ...aside };
  }

  #restore({ update, unsent, role, aside }: Kept): void {
    this.#link.restore(update, unsent);
    this.#standing.role = role;
    this.#standing.restored = true;
    this.#aside = aside;
    if (aside !== undefined) this.#standing.reason = 'locked';
    this.#look();
  }

  #build(): Link {
    const { id, user, Socket = WebSocket, origin = location.origin.replace(/^http/, 'ws') } = this.#deps;
    const link: Link = new Link({
      id,
      doc: new Y.Doc(),
      user,
      origin,
      Socket,
      events: {
        moved: () => {
          if (link === this.#next?.link && link.synced) this.#take();
          if (link === this.#link) this.#look();
        },
        written: () => {
          if (link === this.#link) this.#copy.touch();
        },
        status: (status) => {
          this.#status(status);
        },
        rejected: (reject) => {
          this.#rejected(reject);
        },
        closed: (code) => {
          this.#end(code);
        },
      },
    });
    link.awareness.on('change', () => {
      if (link === this.#link) this.#peers = peersOf(link.awareness);
    });
    return link;
  }

  #look(): void {
    if (this.#standing.look(this.#link)) this.#copy.touch();
    guardPage(this.unsaved && !this.#closed);
  }

  #status({ role, state }: DocStatus): void {
    if (this.#standing.role !== role) this.#copy.touch();
    this.#standing.role = role;
    this.#standing.docState = state;
    clearTimeout(this.#late);
    if (!this.#standing.barred || !this.unsaved) return;
    // What was under way when it was frozen may have got in: its receipt is on its way.
    this.#late = setTimeout(() => {
      if (this.unsaved && this.#standing.barred) this.#setAside('locked');
    }, TOO_LATE);
  }

  #rejected({ code, retryable }: Reject): void {
    if (code === 'CLIENT_ID') this.#replace(true);
    else if (code === 'LOCKED' || code === 'READ_ONLY') this.#setAside(rejectionOf(code));
    else if (!retryable) this.#standing.reason = rejectionOf(code);
  }

  #end(code: number): void {
    if (code === CLIENT_ID_TAKEN) {
      this.#replace(true);
      return;
    }
    this.#standing.ended = true;
    this.#standing.reason = refusalOf(code);
    if (code === ACCESS_LOST) this.#copy.remove();
    this.#look();
  }

  /** What is on the screen must be what is signed: writing that came too late leaves the text, not the person. */
  #setAside(reason: Refusal): void {
    if (this.#next !== undefined) return;
    this.#aside = plainText(this.doc);
    this.#standing.reason = reason;
    this.#replace(false);
  }

  /** Another line with a fresh client id; the first stays on the screen until the second has the text. */
  #replace(carries: boolean): void {
    this.#next?.link.stop();
    this.#link.disconnect();
    const link = this.#build();
    this.#next = { link, carries };
    link.connect();
  }

  #take(): void {
    const next = this.#next;
    if (next === undefined) return;
    const old = this.#link;
    this.#next = undefined;
    if (next.carries && old.receipts.unsaved) carryOver(next.link.doc, Y.encodeStateAsUpdate(old.doc));
    this.#link = next.link;
    this.#peers = peersOf(next.link.awareness);
    if (!next.carries && readAlike(old.doc, this.doc)) this.taken(); // it had got in after all
    old.doc.destroy();
    this.#copy.touch();
  }
}
