import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import * as sync from 'y-protocols/sync';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';
import type { Awareness } from 'y-protocols/awareness';
import { ComposeGate } from './compose-gate.ts';
import { Receipts } from './ydoc-receipts.ts';
import {
  barrierMessage,
  changeMessage,
  readReject,
  readStatus,
  REJECT,
  SAVED,
  SCHEMA,
  STATUS,
  SYNC,
  type DocStatus,
  type Reject,
} from './ydoc-wire.ts';

/*
 * One Y.Doc and its line to `/collab/<docId>`. Stock y-websocket underneath; around it the composition gate in both
 * directions, receipts, and the document's status. It lives until `stop`; a conflict of client ids makes a new one.
 */

/** A receipt is asked for so long after the last change, and so long after the first at the latest. ms */
const QUIET = 150;
const BUSY = 1000;
/** A receipt that has not come by then never will: sync again from the start. ms */
const STALLED = 8000;
/** What was refused for the moment is tried again after this. ms */
const AGAIN = 2000;
/** After a restart of the hub everybody comes back; the waits differ so that they do not come at once. ms */
const BACKOFF = 15_000;

/** Too large a message (RFC 6455) would be sent again for ever. */
const isFinal = (code: number): boolean => (code >= 4400 && code < 4500) || code === 1009;

export interface LinkEvents {
  /** Connection, sync or receipts moved. */
  moved: () => void;
  /** The text changed, here or elsewhere. */
  written: () => void;
  status: (status: DocStatus) => void;
  rejected: (reject: Reject) => void;
  /** The server ended it for good. */
  closed: (code: number) => void;
}

export interface LinkDeps {
  id: string;
  doc: Y.Doc;
  user: Readonly<Record<string, string>>;
  /** Where the hub is: `wss://hub.example`. */
  origin: string;
  Socket: typeof WebSocket;
  events: LinkEvents;
}

export class Link {
  readonly doc: Y.Doc;
  readonly gate: ComposeGate;
  readonly receipts = new Receipts();
  readonly #events: LinkEvents;
  readonly #provider: WebsocketProvider;
  /** Our answer to the server's first question is out: from here on a barrier covers the whole document. */
  #answered = false;
  /** The server's whole text is here, perhaps still behind the gate. */
  #complete = false;
  #failed = false;
  /** The newest version that has left this page. */
  #sent = 0;
  #due: ReturnType<typeof setTimeout> | undefined;
  #dueSince = 0;
  #stalled: ReturnType<typeof setTimeout> | undefined;
  #again: ReturnType<typeof setTimeout> | undefined;

  constructor({ id, doc, user, origin, Socket, events }: LinkDeps) {
    this.doc = doc;
    this.#events = events;
    this.gate = new ComposeGate({
      receive: (updates) => {
        this.#receive(updates);
      },
      send: (updates) => {
        this.#send(updates);
      },
    });
    this.#provider = new WebsocketProvider(`${origin}/collab`, id, doc, {
      connect: false,
      disableBc: true, // another person's tab in this browser must not share a text with this one
      params: { ext: '1', schema: SCHEMA },
      maxBackoffTime: BACKOFF * (1 + Math.random()),
      shouldReconnect: ({ code }) => !isFinal(code),
      WebSocketPolyfill: Socket,
    });
    this.awareness.setLocalStateField('user', user);
    this.#listen();
  }

  get awareness(): Awareness {
    return this.#provider.awareness;
  }

  get connected(): boolean {
    return this.#provider.wsconnected;
  }

  /** A line was tried for and lost, or never came. */
  get failed(): boolean {
    return this.#failed;
  }

  /** The whole text of the server is in the document. */
  get synced(): boolean {
    return this.#provider.synced;
  }

  /** Connects, or cuts a wait short. */
  connect(): void {
    this.#provider.connect();
  }

  /** Lets the line go until `connect`: a socket without a network may look alive for a minute. */
  drop(): void {
    this.#provider.disconnect();
  }

  /** Begins with what this device had kept; `unsent` if the server may not have all of it. Before `connect`. */
  restore(update: Uint8Array, unsent: boolean): void {
    Y.applyUpdate(this.doc, update, this.#provider);
    if (unsent) this.receipts.changed();
  }

  /** Lets go of everything held back and asks for the receipt at once: the page may be going away. */
  flush(): void {
    this.gate.flush();
    this.#ask();
  }

  /** Resolves when everything written is confirmed, the server has ended the line, or after `ms`. */
  async confirmed(ms: number): Promise<void> {
    const until = Date.now() + ms;
    while (this.receipts.unsaved && this.#provider.shouldConnect && Date.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, QUIET));
    }
  }

  /** Ends the line; the document stays as it is. */
  disconnect(): void {
    for (const timer of [this.#due, this.#stalled, this.#again]) clearTimeout(timer);
    this.gate.flush();
    this.gate.stop();
    this.#provider.destroy();
    this.awareness.destroy();
  }

  stop(): void {
    this.disconnect();
    this.doc.destroy();
  }

  #listen(): void {
    const provider = this.#provider;
    const { messageHandlers } = provider;
    // Both directions go through the gate instead of straight between document and socket.
    this.doc.off('update', provider._updateHandler);
    this.doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin !== provider) {
        this.receipts.changed();
        this.gate.local(update);
        this.#events.moved();
      }
      this.#events.written();
    });
    // Stock y-websocket sends back what it hears of others; the server knows that already.
    this.awareness.off('update', provider._awarenessUpdateHandler);
    this.awareness.on('update', (_changed: unknown, origin: unknown) => {
      if (origin !== provider) provider._awarenessUpdateHandler(this.#mine(), null);
    });
    messageHandlers[SYNC] = (encoder, decoder) => {
      this.#onSync(encoder, decoder);
    };
    messageHandlers[SAVED] = (_encoder, decoder) => {
      this.#onSaved(decoding.readVarUint8Array(decoder));
    };
    messageHandlers[STATUS] = (_encoder, decoder) => {
      this.#events.status(readStatus(decoder));
    };
    messageHandlers[REJECT] = (_encoder, decoder) => {
      this.#onReject(readReject(decoder));
    };
    provider.on('status', ({ status }) => {
      if (status !== 'connected') this.#cut();
      this.#events.moved(); // also `connecting`, which is how a try that failed is noticed
    });
    provider.on('connection-close', () => {
      this.#failed = true;
    });
    provider.on('sync', () => {
      this.#events.moved();
    });
    provider.on('closed', ({ code }) => {
      this.#events.closed(code);
    });
  }

  /** This page alone, in the words of an awareness change. */
  #mine(): { added: number[]; updated: number[]; removed: number[] } {
    return { added: [], updated: [this.doc.clientID], removed: [] };
  }

  #cut(): void {
    this.#answered = false;
    this.#complete = false;
    this.receipts.void();
    clearTimeout(this.#stalled);
  }

  #onSync(encoder: encoding.Encoder, decoder: decoding.Decoder): void {
    const kind = decoding.readVarUint(decoder);
    if (kind === sync.messageYjsSyncStep1) {
      encoding.writeVarUint(encoder, SYNC);
      sync.readSyncStep1(decoder, encoder, this.doc);
      this.#answered = true;
      this.#sent = this.receipts.version; // the answer holds everything, also what waits at the gate
      // y-websocket sends the answer after this handler returns; the barrier must come behind it.
      queueMicrotask(() => {
        this.#ask();
      });
      return;
    }
    if (kind === sync.messageYjsSyncStep2) this.#complete = true;
    this.gate.remote(decoding.readVarUint8Array(decoder));
  }

  #receive(updates: readonly Uint8Array[]): void {
    const provider = this.#provider;
    this.doc.transact(() => {
      for (const update of updates) Y.applyUpdate(this.doc, update, provider);
    }, provider);
    if (this.#complete && provider.wsconnected) provider.synced = true;
  }

  #send(updates: readonly Uint8Array[]): void {
    const [first, ...more] = updates;
    if (first === undefined) return;
    this.#tell(changeMessage(more.length === 0 ? first : Y.mergeUpdates([...updates])));
    this.#sent = this.receipts.version;
    const now = Date.now();
    if (this.#due === undefined) this.#dueSince = now;
    clearTimeout(this.#due);
    const wait = Math.max(0, Math.min(QUIET, this.#dueSince + BUSY - now));
    this.#due = setTimeout(() => {
      this.#ask();
    }, wait);
  }

  /** Asks for a receipt of everything sent so far, if there is anything to prove and a line to ask on. */
  #ask(): void {
    clearTimeout(this.#due);
    this.#due = undefined;
    if (!this.#answered || !this.receipts.unsaved || !this.connected) return;
    this.#tell(barrierMessage(this.receipts.barrier(this.#sent)));
    clearTimeout(this.#stalled);
    this.#stalled = setTimeout(() => {
      this.#resync(0);
    }, STALLED);
  }

  /** Says it if there is a line; what is not heard comes with the next answer to the server's question. */
  #tell(message: Uint8Array<ArrayBuffer>): void {
    const { ws, wsconnected } = this.#provider;
    if (wsconnected && ws?.readyState === WebSocket.OPEN) ws.send(message);
  }

  #onSaved(token: Uint8Array): void {
    if (!this.receipts.answered(token)) return;
    if (!this.receipts.unsaved) clearTimeout(this.#stalled);
    this.#events.moved();
  }

  #onReject(reject: Reject): void {
    this.receipts.void();
    // After a gap the server asks for the whole state by itself; what else may be tried again goes with a new sync.
    if (reject.retryable && reject.code !== 'GAP') this.#resync(AGAIN);
    this.#events.rejected(reject);
    this.#events.moved();
  }

  #resync(wait: number): void {
    clearTimeout(this.#again);
    this.#provider.disconnect();
    this.#again = setTimeout(() => {
      this.#provider.connect();
    }, wait);
  }
}
