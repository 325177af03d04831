import { setTimeout as wait } from 'node:timers/promises';
import type { Actor, Sender } from '#shared/people/people.rules.ts';
import { AppError, fail, isFailure, type Failure } from '#shared/wire/error.ts';
import { derivedId, publicCode } from '#shared/wire/ids.ts';
import type { InputOf, OutputOf } from '#shared/wire/define.ts';
import { decide, refusalOf, type Commands, type Context, type Verb } from '#shared/responses/responses.decide.ts';
import type { DataOf } from '#shared/responses/responses.events.ts';
import { kindAtWork, type Response } from '#shared/responses/responses.rules.ts';
import type { Desk, ResponseLine, responsesTable } from '#shared/responses/responses.schema.ts';
import { overlap, signedUntil, SIGNATURES } from '#shared/responses/responses.signing.ts';
import { cleanLine, contentHashOf, withdrawalHashOf } from '#shared/responses/responses.text.ts';
import { toOfficerView } from '#shared/responses/responses.view.ts';
import { sha256 } from '#server/platform/crypto.ts';
import type { Fold, Written } from '#server/platform/fold.ts';
import type { Drafts } from './responses.drafts.ts';
import { contextFor, mayPublishAt, speakerFor, type Around } from './responses.incident.ts';
import type { ResponseRow, ResponsesModel } from './responses.model.ts';
import type { Release } from './responses.release.ts';

type Input<V extends keyof typeof responsesTable> = InputOf<(typeof responsesTable)[V]>;
type Output<V extends keyof typeof responsesTable> = Promise<OutputOf<(typeof responsesTable)[V]>>;

interface Deps {
  fold: Fold<Response>;
  drafts: Drafts;
  release: Release;
  model: ResponsesModel;
  around: Around;
  /** Resolves when the read models hold everything committed before. */
  settled: () => Promise<void>;
}

export type ResponsesService = ReturnType<typeof createResponsesService>;

/** How long a publisher waits for the page to show it (security P1), ms. */
const VISIBLE_WITHIN = 10_000;

/** One command on an existing response. */
interface Ask<V extends Verb> {
  verb: V;
  input: { id: string; response: string; expected: number };
  /** The part of the command the server finds out, or why it cannot be. */
  prepare: (state: Response, context: Context, seq: number) => Promise<Commands[V] | Failure> | Commands[V] | Failure;
}

const toLine = ({ _id, code, incident, kind, title, state, n, publishedAt }: ResponseRow): ResponseLine => ({
  id: _id,
  code,
  incident,
  kind,
  title,
  state,
  n,
  publishedAt,
});

/** A response's page; null for what never leaves the house. */
const urlOf = (state: Response): string | null =>
  state.exercise || state.kind === 'none_needed' ? null : `/public/responses/${state.code}`;

/** Responses: draft → review → signed by somebody else → published, corrected, withdrawn. */
export function createResponsesService({ fold, drafts, release, model, around, settled }: Deps) {
  const ask = <V extends Verb>(sender: Sender, { verb, input, prepare }: Ask<V>): Promise<Written> => {
    const { id, expected } = input;
    return fold.ask(
      input.response,
      { id, actor: sender.person, expected, input: { verb, ...input } },
      async (state, actor, seq) => {
        if (state.state === 'none') return fail('not_found');
        const context = await contextFor(around, actor, state.incident);
        const prepared = await prepare(state, context, seq);
        return isFailure(prepared) ? prepared : decide(state, { verb, input: prepared }, context);
      },
    );
  };

  /** Reads back through what the public pages read: "published" is said of what residents can see. */
  async function isVisible(code: string, n: number): Promise<boolean> {
    const timeout = new AbortController();
    await Promise.race([
      settled(),
      wait(VISIBLE_WITHIN, undefined, { signal: timeout.signal, ref: false }).catch(() => undefined),
    ]);
    timeout.abort();
    return (await model.publicByCode(code))?.revisions.some((revision) => revision.n === n) ?? false;
  }

  async function visible(actor: Actor, response: string): Promise<{ state: Response; seq: number; context: Context }> {
    const { state, seq } = await fold.load(response);
    if (state.state === 'none') throw new AppError('not_found');
    const context = await contextFor(around, actor, state.incident);
    if (!context.asker.rights.read) throw new AppError('not_found');
    return { state, seq, context };
  }

  function deskOf(state: Response, context: Context, actor: Actor): Desk {
    const { asker, facts } = context;
    const { rights } = asker;
    const speaker = speakerFor(around, actor, rights.publish);
    const authors = state.withdrawal === null ? state.contributors : [state.withdrawal.by];
    const held = {
      draft: rights.draft,
      return: rights.return,
      approve: rights.approve.length > 0,
      publish: rights.publish.length > 0,
      unschedule: rights.unschedule,
      correct: rights.correct,
      withdraw: rights.withdraw,
    };
    const until = signedUntil(state, context);
    return {
      factVersion: facts.factVersion,
      needed: SIGNATURES[facts.about.severity],
      may: (Object.keys(held) as (keyof typeof held)[]).filter((right) => held[right]),
      signedUntil: until === undefined ? null : new Date(until).toISOString(),
      isContributor: overlap(asker.agents, authors),
      speaker: speaker === undefined ? null : { name: speaker.name, post: speaker.post, unit: speaker.unit },
      url: urlOf(state),
    };
  }

  return {
    draft: async (sender: Sender, input: Input<'draft'>): Output<'draft'> => {
      const { id, incident, kind } = input;
      const { event } = await fold.ask(id, { id, actor: sender.person, input }, async (state, actor) => {
        const context = await contextFor(around, actor, incident);
        const read = await around.incidents.factsOf(incident);
        const code = publicCode(sha256, context.facts.exercise ? 'XR' : 'R', id);
        const title = cleanLine(input.title ?? read?.title ?? '');
        return decide(
          state,
          {
            verb: 'draft',
            input: { kind, title, code, doc: derivedId(sha256, id, 'doc:1'), authors: read?.authors ?? [] },
          },
          context,
        );
      });
      await drafts.ensure(id);
      const { code, doc } = event.data as DataOf<'drafted'>;
      return { response: id, doc, seq: event.seq, code };
    },

    submit: async (actor: Actor, input: Input<'submit'>): Output<'submit'> => {
      const prepare = async (state: Response, context: Context, seq: number) => {
        // Nothing is sealed for somebody who may not, or who saw another version: the fold answers those itself.
        const no = refusalOf(state, 'submitted', { context, right: context.asker.rights.draft });
        if (no !== undefined || seq !== input.expected) return no ?? fail('stale', { current: seq });
        const { text, contributors } = await drafts.freeze(state);
        const { code, n, correction } = state;
        return {
          text,
          contributors,
          contentHash: contentHashOf(sha256, { code, n, kind: kindAtWork(state), correction }, text),
        };
      };
      try {
        const { event } = await ask(actor, { verb: 'submit', input, prepare });
        const { contentHash, missing } = event.data as DataOf<'submitted'>;
        return { seq: event.seq, contentHash, missing };
      } catch (error) {
        await drafts.open(input.response);
        throw error;
      }
    },

    reopen: async (actor: Actor, input: Input<'reopen'>): Output<'reopen'> => {
      const { event } = await ask(actor, { verb: 'reopen', input, prepare: () => ({}) });
      await drafts.open(input.response);
      return { seq: event.seq };
    },

    return: async (actor: Actor, input: Input<'return'>): Output<'return'> => {
      const { event } = await ask(actor, { verb: 'return', input, prepare: () => ({ comment: input.comment }) });
      await drafts.open(input.response);
      return { seq: event.seq };
    },

    approve: async (actor: Actor, input: Input<'approve'>): Output<'approve'> => {
      const { contentHash } = input;
      const { event } = await ask(actor, { verb: 'approve', input, prepare: () => ({ contentHash }) });
      return { seq: event.seq };
    },

    /**
     * At once, or at the moment `publishAt` names: then nothing goes out yet. Throws `responses.publish_blocked` where
     * the facts moved between the two steps; nothing has gone out then.
     */
    publish: async (actor: Actor, input: Input<'publish'>): Output<'publish'> => {
      const prepare = (_: Response, { asker, facts }: Context) => {
        const spokenBy = speakerFor(around, actor, asker.rights.publish);
        if (spokenBy === undefined) return fail(asker.rights.read ? 'forbidden' : 'not_found');
        const { publishAt } = input;
        if (publishAt === undefined) return { spokenBy };
        const mayThen = mayPublishAt(around, actor, { lead: facts.leadUnit, at: new Date(publishAt) });
        return { spokenBy, moment: { publishAt, mayThen } };
      };
      const written = await ask(actor, { verb: 'publish', input, prepare });
      if (written.event.type === 'scheduled') {
        const { state } = await fold.load(input.response);
        const { publishAt } = written.event.data as DataOf<'scheduled'>;
        return { seq: written.event.seq, code: state.code, url: urlOf(state), visible: false, publishAt };
      }
      const { event } = await release.finish(input.response, written.event);
      if (event.type !== 'published')
        throw new AppError('responses.publish_blocked', undefined, { ...(event.data as DataOf<'publish_blocked'>) });
      const { state } = await fold.load(input.response);
      const url = urlOf(state);
      const { n } = event.data as DataOf<'published'>;
      return { seq: event.seq, code: state.code, url, visible: url !== null && (await isVisible(state.code, n)) };
    },

    unschedule: async (actor: Actor, input: Input<'unschedule'>): Output<'unschedule'> => {
      const { event } = await ask(actor, { verb: 'unschedule', input, prepare: () => ({}) });
      return { seq: event.seq };
    },

    correct: async (actor: Actor, input: Input<'correct'>): Output<'correct'> => {
      const { id, response, expected: _, ...correction } = input;
      // Of both ids: the command's alone may be another response's, whose document would then be this one's.
      const doc = derivedId(sha256, `${response} ${id}`, 'doc');
      const { event } = await ask(actor, { verb: 'correct', input, prepare: () => ({ ...correction, doc }) });
      await drafts.ensure(response);
      return { seq: event.seq, doc };
    },

    withdraw: async (actor: Actor, input: Input<'withdraw'>): Output<'withdraw'> => {
      const prepare = (state: Response) => {
        const base = state.revisions.at(-1)?.contentHash ?? '';
        const reason = cleanLine(input.reason);
        return { reason, contentHash: withdrawalHashOf(sha256, state.code, { base, reason }) };
      };
      const { event } = await ask(actor, { verb: 'withdraw', input, prepare });
      return { seq: event.seq, contentHash: (event.data as DataOf<'withdrawing'>).contentHash };
    },

    view: async (actor: Actor, { response }: Input<'view'>): Output<'view'> => {
      const { state, seq, context } = await visible(actor, response);
      await drafts.heal(state);
      return { response: toOfficerView(state, seq), desk: deskOf(state, context, actor) };
    },

    list: async (actor: Actor, { incident }: Input<'list'>): Output<'list'> => {
      if (!(await around.incidents.mayOn(actor, incident, 'incident.read'))) throw new AppError('not_found');
      const mayDraft = await around.incidents.mayOn(actor, incident, 'response.draft');
      await settled();
      return { responses: (await model.ofIncident(incident)).map(toLine), mayDraft };
    },

    /** Lines for the incident's own view; whoever calls has asked whether it may be read. */
    responsesOf: async (incident: string): Promise<ResponseLine[]> => (await model.ofIncident(incident)).map(toLine),
  };
}
