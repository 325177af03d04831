import * as Y from 'yjs';
import type { Awareness } from 'y-protocols/awareness';
import { carryOver, plainText } from './ydoc-carry.ts';
import { LocalCopy, tidyCopies } from './ydoc-copy.ts';
import { Link } from './ydoc-link.ts';
import { guardPage, watchPage } from './ydoc-page.ts';
import { peersOf, type Peer } from './ydoc-peers.ts';
import {
  ACCESS_LOST,
  CLIENT_ID_TAKEN,
  isFrozen,
  onlyReads,
  refusalOf,
  rejectionOf,
  type Refusal,
} from './ydoc-refusal.ts';
import type { ComposeGate } from './compose-gate.ts';
import type { Db } from './db.ts';
import type { DocStatus, Reject } from './ydoc-wire.ts';

/*
 * One live text as a page sees it: the Y.Doc, what of it is saved, who else is here. It owns its line to the hub and
 * its copy on this device and lives until `close`. Import it only from what is loaded with the page of a text: yjs
 * and y-websocket are no part of a room's first load.
 *
 *   copy read ─► connecting ⇄ synced ─► ended (the server said a final word)
 *                     └─ 4409: a second line is built beside the first and takes its place once it is synced
 */

/**
 * `opening`: nothing to show yet. `saving`: the server has not confirmed everything. `offline`: kept on this device.
 * `locked`: frozen for signing. `refused`: see `reason`; `copyText` has what was written.
 */
export type SavedState = 'opening' | 'saved' | 'saving' | 'offline' | 'readonly' | 'locked' | 'refused';

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

export class Ydoc {
  readonly #deps: YdocDeps;
  readonly #copy: LocalCopy;
  #link = $state.raw() as Link;
  /** Built beside the first after a conflict of client ids. */
  #next: Link | undefined;
  #connected = $state(false);
  #synced = $state(false);
  #failed = $state(false);
  #unsaved = $state(false);
  #savedAt = $state<number>();
  #role = $state('');
  #docState = $state('');
  #reason = $state<Refusal>();
  #ended = $state(false);
  #peers = $state.raw<readonly Peer[]>([]);
  #restored = $state(false);
  readonly #unwatch: () => void;
  #closed = false;

  constructor(deps: YdocDeps) {
    this.#deps = deps;
    this.#copy = new LocalCopy({
      db: deps.db,
      id: deps.id,
      merge: (updates) => Y.mergeUpdates(updates),
      now: () => ({
        update: Y.encodeStateAsUpdate(this.doc),
        unsent: this.#link.receipts.unsaved,
        role: this.#role,
      }),
    });
    this.#link = this.#build(new Y.Doc());
    this.#unwatch = watchPage({
      away: () => {
        this.flush();
      },
      back: () => {
        if (!this.#ended) this.#link.connect();
      },
    });
  }

  /** Reactive: after a conflict of client ids it is another document with the same text. */
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
    return this.#synced || this.#restored || this.#savedAt !== undefined;
  }

  /** Reactive: the server's whole text is here and the line stands. */
  get synced(): boolean {
    return this.#synced;
  }

  get saved(): SavedState {
    if (this.#ended) return 'refused';
    if (isFrozen(this.#docState)) return 'locked';
    if (onlyReads(this.#role)) return 'readonly';
    if (this.#reason !== undefined) return 'refused';
    if (!this.#connected) return this.#failed || this.ready ? 'offline' : 'opening';
    if (!this.#synced) return this.ready ? 'saving' : 'opening';
    return this.#unsaved ? 'saving' : 'saved';
  }

  /** Reactive: when the server last confirmed that it has everything, ms since 1970 by this machine's clock. */
  get savedAt(): number | undefined {
    return this.#savedAt;
  }

  /** Reactive: why nothing, or not everything, gets in. */
  get reason(): Refusal | undefined {
    return this.#reason;
  }

  /** Reactive: something written here is not confirmed. */
  get unsaved(): boolean {
    return this.#unsaved;
  }

  /** Reactive: `read`, `comment`, `edit` … as the server says, from the copy while there is no line; '' if unknown. */
  get role(): string {
    return this.#role;
  }

  /** Reactive: may this person write now? */
  get editable(): boolean {
    const barred = this.#ended || onlyReads(this.#role) || isFrozen(this.#docState);
    return !barred && this.#reason === undefined && this.#role !== '' && this.ready;
  }

  /** Reactive: the others who have the text open, one entry a person. */
  get peers(): readonly Peer[] {
    return this.#peers;
  }

  /** Everything written, as plain text, to take along when it cannot get in. */
  copyText(): string {
    return plainText(this.doc);
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
    this.awareness.setLocalState(null);
    this.flush();
    if (this.#unsaved && this.#connected) await this.#lastReceipt();
    await this.#copy.flush();
    guardPage(false);
    this.#next?.stop();
    this.#link.stop();
  }

  #restore({ update, unsent, role }: { update: Uint8Array; unsent: boolean; role: string }): void {
    this.#link.restore(update, unsent);
    this.#role = role;
    this.#restored = true;
    this.#look();
  }

  #build(doc: Y.Doc): Link {
    const { id, user, Socket = WebSocket, origin = location.origin.replace(/^http/, 'ws') } = this.#deps;
    const link: Link = new Link({
      id,
      doc,
      user,
      origin,
      Socket,
      events: {
        moved: () => {
          if (link === this.#next) this.#take(link);
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

  /** Takes over what the line shows. Plain fields there, reactive ones here. */
  #look(): void {
    const { connected, failed, synced, receipts } = this.#link;
    const confirmed = synced && !receipts.unsaved;
    if (confirmed && (this.#unsaved || !this.#synced)) {
      this.#savedAt = Date.now();
      this.#copy.touch();
    }
    this.#failed = failed;
    this.#connected = connected;
    this.#synced = synced;
    this.#unsaved = receipts.unsaved;
    guardPage(receipts.unsaved && !this.#closed);
  }

  #status({ role, state }: DocStatus): void {
    const was = this.#role;
    this.#role = role;
    this.#docState = state;
    if (was !== role) this.#copy.touch();
  }

  #rejected({ code, retryable }: Reject): void {
    if (code === 'CLIENT_ID') this.#replace();
    else if (!retryable) this.#reason = rejectionOf(code);
  }

  #end(code: number): void {
    if (code === CLIENT_ID_TAKEN) {
      this.#replace();
      return;
    }
    this.#ended = true;
    this.#reason = refusalOf(code);
    if (code === ACCESS_LOST) this.#copy.remove();
    this.#look();
  }

  /** Another line with a fresh client id; the first stays on the screen until the second has the text. */
  #replace(): void {
    this.#next?.stop();
    this.#link.disconnect();
    this.#next = this.#build(new Y.Doc());
    this.#next.connect();
  }

  #take(next: Link): void {
    if (!next.synced) return;
    const old = this.#link;
    if (old.receipts.unsaved) carryOver(next.doc, Y.encodeStateAsUpdate(old.doc));
    this.#next = undefined;
    this.#link = next;
    this.#peers = peersOf(next.awareness);
    old.doc.destroy();
    this.#copy.touch();
  }

  async #lastReceipt(): Promise<void> {
    const until = Date.now() + LAST_WORD;
    while (this.#link.receipts.unsaved && this.#link.connected && Date.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
