import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import * as sync from 'y-protocols/sync';
import * as Y from 'yjs';

/* The hub's side of `/collab` in memory: it answers as the protocol says, when the test lets it. */

/** What a page's WebSocket is to y-websocket. */
class FakeSocket {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSING = 2;
  static readonly CLOSED = 3;
  readonly OPEN = 1;
  readyState = 0;
  binaryType = 'arraybuffer';
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: ArrayBuffer }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  onerror: (() => void) | null = null;
  readonly url: string;
  hub: FakeHub;

  constructor(url: string, hub: FakeHub) {
    this.url = url;
    this.hub = hub;
  }

  send(data: Uint8Array): void {
    if (this.readyState === FakeSocket.OPEN) this.hub.heard(this, data);
  }

  close(): void {
    this.readyState = FakeSocket.CLOSED;
  }

  /** From the hub: bytes as they come over a line. */
  give(write: (encoder: encoding.Encoder) => void): void {
    const encoder = encoding.createEncoder();
    write(encoder);
    const bytes = encoding.toUint8Array(encoder);
    this.onmessage?.({ data: bytes.slice().buffer });
  }
}

export class FakeHub {
  readonly doc = new Y.Doc();
  readonly lines: FakeSocket[] = [];
  /** Tokens of barriers nobody has answered yet. */
  readonly barriers: Uint8Array[] = [];
  /** Updates that came: 1 an answer, 2 a live change. */
  readonly updates: { kind: number; bytes: number }[] = [];
  role = 'edit';
  state = 'open';
  /** With it off, the test answers barriers itself. */
  answers = true;
  reachable = true;
  /** A close code for whoever comes next. */
  refuses: number | undefined;

  /** A WebSocket class whose lines end here. */
  get Socket(): typeof WebSocket {
    const open = (url: string): FakeSocket => this.#open(url);
    function Socket(url: string): FakeSocket {
      return open(url);
    }
    return Object.assign(Socket, { OPEN: 1, CONNECTING: 0, CLOSING: 2, CLOSED: 3 }) as unknown as typeof WebSocket;
  }

  get line(): FakeSocket {
    const last = this.lines.at(-1);
    if (last === undefined) throw new Error('nobody has connected');
    return last;
  }

  #open(url: string): FakeSocket {
    const line = new FakeSocket(url, this);
    this.lines.push(line);
    queueMicrotask(() => {
      if (!this.reachable) {
        this.end(1006, line);
        return;
      }
      line.readyState = FakeSocket.OPEN;
      line.onopen?.();
      const refusal = this.refuses;
      this.refuses = undefined;
      if (refusal === undefined) this.status(line);
      else this.end(refusal, line);
    });
    return line;
  }

  status(line = this.line): void {
    line.give((encoder) => {
      encoding.writeVarUint(encoder, 103);
      encoding.writeVarString(encoder, JSON.stringify({ doc: 'd', seq: 1, role: this.role, state: this.state }));
    });
  }

  reject(code: string, retryable: boolean): void {
    this.line.give((encoder) => {
      encoding.writeVarUint(encoder, 104);
      encoding.writeVarString(encoder, JSON.stringify({ code, retryable, detail: '' }));
    });
  }

  /** Answers the oldest barrier, or the given one. */
  answer(token = this.barriers.shift()): void {
    if (token === undefined) throw new Error('nobody has asked');
    this.line.give((encoder) => {
      encoding.writeVarUint(encoder, 102);
      encoding.writeVarUint8Array(encoder, token);
    });
  }

  end(code: number, line = this.line): void {
    line.readyState = FakeSocket.CLOSED;
    line.onclose?.({ code, reason: '' });
  }

  /** Asks for the whole state of a page, as after a gap. */
  ask(line = this.line): void {
    line.give((encoder) => {
      encoding.writeVarUint(encoder, 0);
      sync.writeSyncStep1(encoder, this.doc);
    });
  }

  heard(line: FakeSocket, data: Uint8Array): void {
    if (this.refuses !== undefined) return;
    const decoder = decoding.createDecoder(data);
    const type = decoding.readVarUint(decoder);
    if (type === 102) {
      this.barriers.push(decoding.readVarUint8Array(decoder));
      if (this.answers) this.answer(this.barriers.pop());
    }
    if (type !== 0) return;
    const kind = decoding.readVarUint(decoder);
    const body = decoding.readVarUint8Array(decoder);
    if (kind !== 0) {
      this.updates.push({ kind, bytes: body.length });
      Y.applyUpdate(this.doc, body);
      return;
    }
    // The server asks before it answers, so that `synced` means our own state is on its way.
    if (this.role === 'edit') this.ask(line);
    line.give((encoder) => {
      encoding.writeVarUint(encoder, 0);
      sync.writeSyncStep2(encoder, this.doc, body);
    });
  }
}
