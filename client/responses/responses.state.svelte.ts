import { AppError } from '#shared/wire/error.ts';
import { toHex } from '#shared/wire/ids.ts';
import type { Correction, Kind } from '#shared/responses/responses.events.ts';
import type { Desk, ResponseLine, ResponseView } from '#shared/responses/responses.schema.ts';
import { canonicalText } from '#shared/responses/responses.text.ts';
import type { Following } from '#client/platform/follow.svelte.ts';
import type { Hub } from '#client/platform/hub.ts';
import type { AnswerTo, AskFor } from '#client/platform/line.ts';
import { newId } from '#client/platform/ids.ts';

export type ResponsesHub = Pick<Hub, 'request' | 'streams'>;

/** `server`: this page cannot compute a hash (plain HTTP), so the one shown is the server's word. */
export type Check = 'none' | 'checking' | 'same' | 'different' | 'server';

type Verb = 'submit' | 'reopen' | 'return' | 'approve' | 'publish' | 'unschedule' | 'correct' | 'withdraw';
type Name<V extends Verb> = `responses:${V}`;
type Fields<V extends Verb> = Omit<AskFor<Name<V>>, 'id' | 'response' | 'expected'>;

/** What a person decides on: while none of it has changed, a stale command may go out again by itself. */
const seenIn = ({ state, contentHash, doc, n, planned }: ResponseView): string =>
  JSON.stringify([state, contentHash, doc, n, planned]);

const isUnderWay = ({ state }: ResponseLine): boolean => state !== 'published' && state !== 'withdrawn';

/** Not done for want of an answer: the same id may be tried again. */
const isUnanswered = (error: unknown): boolean =>
  error instanceof AppError && (error.code === 'unknown' || error.code === 'offline');

/** Made by the bytes on this screen, not by what the server says about them. */
async function hashShown({ code, n, kind, correction, text }: ResponseView): Promise<string | undefined> {
  const subtle = (globalThis.crypto as { subtle?: SubtleCrypto }).subtle;
  if (subtle === undefined || text === null) return undefined;
  const header = { code, n, kind: correction === null ? kind : ('correction' as const), correction };
  const bytes = new TextEncoder().encode(canonicalText(header, text));
  return toHex(new Uint8Array(await subtle.digest('SHA-256', bytes)));
}

/**
 * The responses to one incident, one of them open. The view is asked for again whenever its stream or the incident's
 * moves, because what this person may do next depends on facts and posts the stream does not carry. Made by the view
 * that shows it, which calls `close`.
 */
export class Responses {
  readonly incident: string;
  readonly #hub: ResponsesHub;
  readonly #facts: Following;
  #follow: Following | undefined;
  #lines = $state.raw<readonly ResponseLine[]>();
  #mayDraft = $state(false);
  #chosen = $state<string>();
  #view = $state.raw<ResponseView>();
  #desk = $state.raw<Desk>();
  #check = $state<Check>('none');
  #busy = $state<Verb | 'draft'>();
  #error = $state.raw<unknown>();
  #refreshing: Promise<void> | undefined;
  #again = false;
  #closed = false;
  /** The command that got no answer, under its id. */
  #unanswered: { key: string; id: string } | undefined;

  constructor(hub: ResponsesHub, incident: string) {
    this.#hub = hub;
    this.incident = incident;
    const moved = (): void => void this.load();
    this.#facts = hub.streams.follow(`incident:${incident}`, { reset: moved, apply: moved }, { from: 'head', page: 1 });
  }

  /** Undefined until known, in the order they were begun in. */
  get lines(): readonly ResponseLine[] | undefined {
    return this.#lines;
  }
  /** This person may begin one. */
  get mayDraft(): boolean {
    return this.#mayDraft;
  }
  get chosen(): string | undefined {
    return this.#chosen;
  }
  get view(): ResponseView | undefined {
    return this.#view;
  }
  get desk(): Desk | undefined {
    return this.#desk;
  }
  /** Whether the text on this screen has the hash it is said to have. */
  get check(): Check {
    return this.#check;
  }
  get busy(): Verb | 'draft' | undefined {
    return this.#busy;
  }
  /** Why the last thing asked was not done, or why nothing is here. */
  get error(): unknown {
    return this.#error;
  }
  dismissError(): void {
    this.#error = undefined;
  }

  /** The list, and the view of one: the chosen one, else what is still on its way out, else the newest. */
  async load(): Promise<void> {
    try {
      const { responses, mayDraft } = await this.#hub.request('responses:list', { incident: this.incident });
      if (this.#closed) return;
      this.#mayDraft = mayDraft;
      this.#lines = responses;
      const underWay = responses.findLast(isUnderWay);
      const chosen = this.#chosen ?? (underWay ?? responses.at(-1))?.id;
      if (chosen !== undefined) await this.choose(chosen);
    } catch (error) {
      if (this.#lines === undefined) this.#error = error;
    }
  }

  /**
   * Looks once more before one is begun, because nothing tells this page that somebody else has just begun one. If so,
   * opens theirs and answers false: two people would write two responses to the same thing.
   */
  async isFree(): Promise<boolean> {
    const known = this.#lines?.map(({ id }) => id) ?? [];
    await this.load();
    const begun = this.#lines?.findLast((line) => !known.includes(line.id) && isUnderWay(line));
    if (begun === undefined) return true;
    await this.choose(begun.id);
    return false;
  }

  /** Opens one; follows its stream from then on. */
  async choose(response: string): Promise<void> {
    if (response !== this.#chosen) {
      this.#follow?.close();
      this.#chosen = response;
      this.#view = undefined;
      this.#desk = undefined;
      const moved = (): void => void this.refresh();
      this.#follow = this.#hub.streams.follow(
        `response:${response}`,
        { reset: moved, apply: moved },
        { from: 'head', page: 1 },
      );
    }
    await this.refresh();
  }

  /** Asks for the view again; asked meanwhile, once more after. */
  refresh(): Promise<void> {
    if (this.#refreshing !== undefined) {
      this.#again = true;
      return this.#refreshing;
    }
    this.#refreshing = this.#look().finally(() => {
      this.#refreshing = undefined;
      if (!this.#again) return undefined;
      this.#again = false;
      return this.refresh();
    });
    return this.#refreshing;
  }

  async #look(): Promise<void> {
    const response = this.#chosen;
    if (response === undefined || this.#closed) return;
    try {
      const answer = await this.#hub.request('responses:view', { response });
      if (response === this.#chosen) this.#take(answer);
    } catch (error) {
      if (this.#view === undefined) this.#error = error;
    }
  }

  #take({ response, desk }: AnswerTo<'responses:view'>): void {
    const before = this.#view;
    this.#view = response;
    this.#desk = desk;
    if (before?.text !== null && before?.contentHash === response.contentHash && this.#check === 'same') return;
    void this.#compare(response);
  }

  async #compare(view: ResponseView): Promise<void> {
    if (view.text === null) {
      this.#check = 'none';
      return;
    }
    this.#check = 'checking';
    const shown = await hashShown(view);
    if (this.#view !== view) return; // another text is on the screen by now
    this.#check = shown === undefined ? 'server' : shown === view.contentHash ? 'same' : 'different';
  }

  /** Begins a response. False where it was refused; `error` says why. */
  async draft(kind: Exclude<Kind, 'correction'>): Promise<boolean> {
    return this.#attempt('draft', async () => {
      const id = this.#idFor(`draft ${kind}`);
      const { response } = await this.#hub.request('responses:draft', { id, incident: this.incident, kind });
      this.#chosen = undefined;
      await this.load();
      await this.choose(response);
    });
  }

  submit = (): Promise<boolean> => this.#ask('submit', {});
  reopen = (): Promise<boolean> => this.#ask('reopen', {});
  unschedule = (): Promise<boolean> => this.#ask('unschedule', {});
  giveBack = (comment: string): Promise<boolean> => this.#ask('return', { comment });
  correct = (correction: Correction): Promise<boolean> => this.#ask('correct', correction);
  withdraw = (reason: string): Promise<boolean> => this.#ask('withdraw', { reason });

  /** Signs what is on this screen: the hash made here where it can be made, which must be the one under review. */
  approve = async (): Promise<boolean> => {
    const { view } = this;
    if (view?.contentHash == null || this.#check === 'different' || this.#check === 'checking') return false;
    return this.#ask('approve', { contentHash: view.contentHash });
  };

  /**
   * At once, or at a moment (ISO 8601). Answers whether residents can see it already; undefined where it was refused.
   */
  publish = async (publishAt?: string): Promise<'visible' | 'soon' | 'scheduled' | undefined> => {
    const answers: AnswerTo<'responses:publish'>[] = [];
    await this.#ask('publish', publishAt === undefined ? {} : { publishAt }, (answer) => answers.push(answer));
    const [answer] = answers;
    if (answer === undefined) return undefined;
    if (answer.publishAt !== undefined) return 'scheduled';
    return answer.visible || answer.url === null ? 'visible' : 'soon';
  };

  async #ask<V extends Verb>(
    verb: V,
    fields: Fields<V>,
    answered?: (answer: AnswerTo<Name<V>>) => unknown,
  ): Promise<boolean> {
    const { view } = this;
    if (view === undefined) return false;
    return this.#attempt(verb, async () => {
      const id = this.#idFor(JSON.stringify([verb, view.id, fields]));
      const answer = await this.#send(verb, { ...fields, id, response: view.id }, view);
      answered?.(answer);
      await this.refresh();
    });
  }

  async #send<V extends Verb>(verb: V, input: object, seen: ResponseView): Promise<AnswerTo<Name<V>>> {
    const name: Name<V> = `responses:${verb}`;
    const ask = (expected: number) => this.#hub.request(name, { ...input, expected } as AskFor<Name<V>>);
    try {
      return await ask(seen.version);
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'stale') throw error;
      await this.refresh();
      const now = this.#view;
      if (now === undefined || seenIn(now) !== seenIn(seen)) throw error;
      return await ask(now.version);
    }
  }

  /** The same id for the same thing as long as nobody has answered it; a fresh one otherwise. */
  #idFor(key: string): string {
    if (this.#unanswered?.key !== key) this.#unanswered = { key, id: newId() };
    return this.#unanswered.id;
  }

  async #attempt(verb: Verb | 'draft', run: () => Promise<void>): Promise<boolean> {
    if (this.#busy !== undefined) return false;
    this.#busy = verb;
    this.#error = undefined;
    try {
      await run();
      this.#unanswered = undefined;
      return true;
    } catch (error) {
      if (!isUnanswered(error)) this.#unanswered = undefined;
      this.#error = error;
      return false;
    } finally {
      this.#busy = undefined;
    }
  }

  close(): void {
    this.#closed = true;
    this.#facts.close();
    this.#follow?.close();
  }
}
