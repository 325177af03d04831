import { DEADLINE } from './http.ts';

/*
 * One connection to the hub. It speaks Socket.IO's protocol (revision 5, over Engine.IO's revision 4) as far as a page
 * needs it: the one namespace, text, a WebSocket. The stock client brings transports, namespaces, binary parts, buffers
 * and a reconnection of its own, none of which was used X
 * The hub's tests keep using the stock client, so that the hub stays what that one expects.
 *
 *   0{…} open    1 close    2 ping    3 pong    40 connect    41 disconnect    44{…} refused
 *   42[name,what] event    42<id>[name,what] the same, asking for an answer    43<id>[answer]
 */

const PATH = '/socket.io/?EIO=4&transport=websocket';
/** Bytes waiting to leave above which what may be lost is not sent at all. */
const CONGESTED = 16_384;

/** What is used of a WebSocket. */
export interface Pipe {
  readonly bufferedAmount: number;
  send: (text: string) => void;
  close: () => void;
}

/** Opens a pipe; `end` is called when it has closed or could not be opened, any number of times. */
export type OpenPipe = (url: string, on: { frame: (text: string) => void; end: () => void }) => Pipe;

export interface Hearing {
  /** The hub has let us in. */
  connected: () => void;
  /** The hub has not; `data` is its envelope. `gone` follows. */
  refused: (data: unknown) => void;
  event: (name: string, payload: unknown) => void;
  /** Anything came, be it a ping. */
  heard: () => void;
  /** It is over, whoever ended it; once. */
  gone: () => void;
}

const openWebSocket: OpenPipe = (url, on) => {
  const socket = new WebSocket(url);
  socket.onmessage = ({ data }) => {
    on.frame(String(data));
  };
  socket.onclose = on.end; // also after an error
  return socket;
};

export class Wire {
  /** Between being let in and the end. */
  connected = false;
  readonly #hearing: Hearing;
  readonly #pipe: Pipe;
  /** By the number a question went out with; undefined stands for no answer. */
  readonly #answers = new Map<number, (answer: readonly unknown[] | undefined) => void>();
  readonly #patience: ReturnType<typeof setTimeout>;
  #asked = 0;
  #over = false;

  /** Connects at once, and gives up after 8 s. `origin` is the hub's, with http or https. */
  constructor(origin: string, hearing: Hearing, open: OpenPipe = openWebSocket) {
    this.#hearing = hearing;
    this.#patience = setTimeout(this.close, DEADLINE);
    this.#pipe = open(origin.replace(/^http/, 'ws') + PATH, { frame: this.#take, end: this.close });
  }

  /** Ends it and rejects what was asked; `gone` is called before it returns. */
  close = (): void => {
    if (this.#over) return;
    this.#over = true;
    this.connected = false;
    clearTimeout(this.#patience);
    for (const settle of [...this.#answers.values()]) settle(undefined);
    this.#pipe.close();
    this.#hearing.gone();
  };

  /** The answer; rejects after 8 s without one, or when the connection ends: it may have happened nevertheless. */
  ask(name: string, input: object): Promise<unknown> {
    const id = this.#asked++;
    return new Promise((resolve, reject) => {
      const settle = (answer: readonly unknown[] | undefined): void => {
        clearTimeout(timer);
        this.#answers.delete(id);
        if (answer === undefined) reject(new Error('no answer'));
        else resolve(answer[0]);
      };
      const timer = setTimeout(() => {
        settle(undefined);
      }, DEADLINE);
      this.#answers.set(id, settle);
      this.#pipe.send(`42${id}${JSON.stringify([name, input])}`);
    });
  }

  /** Lost without harm: not sent where much is waiting already. */
  tell(name: string, input: object): void {
    if (this.#pipe.bufferedAmount < CONGESTED) this.#pipe.send(`42${JSON.stringify([name, input])}`);
  }

  readonly #take = (frame: string): void => {
    if (this.#over) return;
    this.#hearing.heard();
    const [, kind, id, body = ''] = /^(4?\d)(\d*)(.*)$/s.exec(frame) ?? [];
    let said: unknown;
    try {
      said = body === '' ? undefined : JSON.parse(body);
    } catch {
      this.close(); // not this protocol: nothing after it can be trusted
      return;
    }
    this.#act(kind, said, id);
  };

  #act(kind: string | undefined, said: unknown, id: string | undefined): void {
    if (kind === '0') this.#pipe.send('40');
    else if (kind === '2') this.#pipe.send('3');
    else if (kind === '1' || kind === '41') this.close();
    else if (kind === '40') {
      clearTimeout(this.#patience);
      this.connected = true;
      this.#hearing.connected();
    } else if (kind === '44') {
      this.#hearing.refused((said as { data?: unknown }).data);
      this.close();
    } else if (kind === '42') {
      const [name, payload] = said as [string, unknown];
      this.#hearing.event(name, payload);
    } else if (kind === '43') this.#answers.get(Number(id))?.(said as unknown[]);
  }
}
