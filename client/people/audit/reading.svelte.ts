import { AppError } from '#shared/wire/error.ts';
import type { Stored } from '#shared/people/audit.schema.ts';
import type { AnswerTo, Line } from '#client/platform/line.ts';

/** What of a stream is looked for; an empty field asks for nothing. */
export interface Wanted {
  person: string;
  type: string;
  since: string | undefined;
  until: string | undefined;
}

/** How many answers one press of a button may take before it asks again: each looks at a thousand events. */
const ANSWERS = 10;
const MOST = 50_000; // events of one export: they are held in memory until they are a file

type Page = AnswerTo<'audit:stream'>;

/** One stream under audit: the pages read of it, and taking it away. */
export class Reading {
  events = $state.raw<readonly Stored[]>([]);
  /** The last seq looked at, and the last there is. */
  looked = $state(0);
  head = $state<number>();
  more = $state(false);
  busy = $state(false);
  failed = $state<unknown>();
  /** How far an export has come: seqs looked at. Undefined: none is under way. */
  taking = $state<number>();
  #turn = 0;
  readonly #request: Line['request'];
  readonly #stream: string;

  constructor(request: Line['request'], stream: string) {
    this.#request = request;
    this.#stream = stream;
  }

  /** From the beginning, for something else that is wanted. */
  async start(wanted: Wanted): Promise<void> {
    this.events = [];
    this.looked = 0;
    await this.next(wanted);
  }

  /** Goes on until something was found, everything or as much as one press may take was looked at, or it is stopped. */
  async next(wanted: Wanted): Promise<void> {
    const turn = ++this.#turn;
    this.busy = true;
    this.failed = undefined;
    try {
      for (let answers = 0, found = 0; answers < ANSWERS && found === 0; answers++) {
        const page = await this.#page(wanted, this.looked + 1, false);
        if (turn !== this.#turn) return; // something else is wanted meanwhile
        found = page.events.length;
        this.events = [...this.events, ...page.events];
        [this.looked, this.head, this.more] = [page.looked, page.head, page.more];
        if (!page.more) break;
      }
    } catch (error) {
      if (turn === this.#turn) this.failed = error;
    } finally {
      if (turn === this.#turn) this.busy = false;
    }
  }

  /** Stops looking, or taking away. */
  stop(): void {
    this.#turn++;
    this.busy = false;
    this.taking = undefined;
  }

  /** Everything that fits, as it stands now; undefined when stopped, failed, or more than an export may be. */
  async take(wanted: Wanted): Promise<readonly Stored[] | undefined> {
    const turn = ++this.#turn;
    const found: Stored[] = [];
    this.failed = undefined;
    this.taking = 0;
    try {
      for (let more = true; more;) {
        const page = await this.#page(wanted, this.taking + 1, true);
        if (turn !== this.#turn) return undefined;
        found.push(...page.events);
        if (found.length > MOST) throw new AppError('audit.too_many');
        [this.taking, this.head, more] = [page.looked, page.head, page.more];
      }
      return found;
    } catch (error) {
      if (turn === this.#turn) this.failed = error;
      return undefined;
    } finally {
      if (turn === this.#turn) this.taking = undefined;
    }
  }

  /** One answer; where the hub says that it was too fast, after the time it names. */
  async #page(wanted: Wanted, from: number, isTaken: boolean): Promise<Page> {
    const input = {
      ...{ stream: this.#stream, from },
      ...(wanted.person !== '' && { person: wanted.person }),
      ...(wanted.type !== '' && { type: wanted.type }),
      ...(wanted.since !== undefined && { since: wanted.since }),
      ...(wanted.until !== undefined && { until: wanted.until }),
      ...(isTaken && { export: true }),
    };
    for (;;) {
      try {
        return await this.#request('audit:stream', input);
      } catch (error) {
        const wait = error instanceof AppError && error.code === 'rate_limited' ? error.details?.retryAfter : undefined;
        if (wait === undefined) throw error;
        await new Promise((resolve) => setTimeout(resolve, wait * 1000));
      }
    }
  }
}
