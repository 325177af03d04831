import type { Grant } from '#shared/people/people.rules.ts';
import { fail, type Failure } from '#shared/wire/error.ts';
import type { EventDraft } from '#shared/wire/stream.ts';
import type { About, BlockReason, Correction, DataOf, EventType, Kind, SpokenBy, Text } from './responses.events.ts';
import { can, type Approval, type Response } from './responses.rules.ts';
import { isEnough, obstacle, overlap, valid } from './responses.signing.ts';
import { isEmpty, MAX_TEXT, missingIn, statesCause } from './responses.text.ts';

/* What may happen. Each decider adds to the table the guards that need values, and answers with exactly one event. */

/** The incident as a response needs it: handed in by the roof, read again at each decision. */
export interface IncidentFacts {
  incident: string;
  /** Raised by whatever changes what may be said: a regrading, a verification, new facts. */
  factVersion: number;
  exercise: boolean;
  /** Flagged, triaged, active or monitoring. */
  open: boolean;
  leadUnit: string;
  about: About;
}

/** What this actor's posts give on this incident: lead unit alone for signing and publishing, any unit for the rest. */
interface Rights {
  read: boolean;
  draft: boolean;
  return: boolean;
  /** Takes back a moment that was set: whoever publishes or signs, and the incident's lead (R8). */
  unschedule: boolean;
  correct: boolean;
  withdraw: boolean;
  approve: readonly Grant[];
  publish: readonly Grant[];
}

interface Asker {
  person: string;
  /** The person and whoever was joined to them by a delegation in the last 24 hours. */
  agents: readonly string[];
  rights: Rights;
}

export interface Context {
  asker: Asker;
  facts: IncidentFacts;
  now: Date;
  /** Whether somebody who signed at a moment could still sign, and whether it was theirs. */
  signs: (person: string, at: string) => boolean;
}

export interface Commands {
  /** `authors`: whose words it begins with. */
  draft: { kind: Kind; title: string; code: string; doc: string; authors: readonly string[] };
  submit: { text: Text; contentHash: string; contributors: readonly string[] };
  reopen: object;
  return: { comment: string };
  approve: { contentHash: string };
  publish: { spokenBy: SpokenBy; moment?: { publishAt: string; mayThen: boolean } | undefined };
  unschedule: object;
  correct: Correction & { doc: string };
  withdraw: { reason: string; contentHash: string };
}
export type Verb = keyof Commands;

type Decided = EventDraft<EventType> | Failure;
type Deciders = { [V in Verb]: (state: Response, command: Commands[V], context: Context) => Decided };

export const event = <T extends EventType>(type: T, data: DataOf<T>): EventDraft<T, DataOf<T>> => ({ type, data });

/** Only where the thing is visible is a refusal called one (contract). */
const refused = (context: Context): Failure => fail(context.asker.rights.read ? 'forbidden' : 'not_found');
export const wrongState = (state: Response): Failure => fail('responses.wrong_state', { state: state.state });

/** The checks every command on an existing response begins with: it is there, the right is held, the table allows it. */
export function refusalOf(
  state: Response,
  type: EventType,
  ask: { context: Context; right: boolean },
): Failure | undefined {
  if (state.state === 'none') return fail('not_found');
  if (!ask.right) return refused(ask.context);
  return can(state, type) ? undefined : wrongState(state);
}

/**
 * Four eyes (incidents §3.5): whoever signs, and whoever a delegation joins to them, wrote no surviving or deleted
 * character, filled in no field and did not submit; and the hash their screen showed is the hash under review.
 */
function eyes(
  context: Context,
  sign: { authors: readonly string[]; given: string; under: string },
): Failure | undefined {
  if (overlap(context.asker.agents, sign.authors)) return fail('responses.contributor');
  return sign.given === sign.under ? undefined : fail('responses.hash_mismatch', { contentHash: sign.under });
}

function signed(contentHash: string, context: Context): DataOf<'withdrawn'> {
  const { asker, facts } = context;
  const upper = asker.rights.approve.find((grant) => grant.unit !== facts.leadUnit);
  return {
    contentHash,
    factVersion: facts.factVersion,
    unit: upper?.unit ?? facts.leadUnit,
    upper: upper !== undefined,
    agents: [...asker.agents],
  };
}

/** What stands in the way of publishing, as it is said to whoever asked. */
const REFUSED: Readonly<Record<BlockReason, string>> = {
  facts_changed: 'responses.facts_changed',
  incident_closed: 'responses.incident_closed',
  approval_expired: 'responses.approval_expired',
  not_enough_approvals: 'responses.not_enough_approvals',
  right_lapsed: 'forbidden',
  text_moved: 'responses.wrong_state',
};

const SOONEST = 5_000; // ms: as long as a public page may be kept by whoever has it (incidents R7)
const LATEST = 14 * 24 * 3_600_000; // ms: no delegation runs longer either

type Moment = NonNullable<Commands['publish']['moment']>;

function momentRefused({ publishAt, mayThen }: Moment, { now }: Context): Failure | undefined {
  const away = Date.parse(publishAt) - now.getTime();
  if (!(away >= SOONEST && away <= LATEST)) return fail('responses.moment_out_of_reach');
  return mayThen ? undefined : fail('responses.right_ends_before');
}

/** The base it stands on, and who must hear of it should it not go out. */
const setBy = (state: Response, { publishAt }: Moment, { asker }: Context) => ({
  base: state.revisions.at(-1)?.contentHash ?? null,
  publishAt: new Date(publishAt).toISOString(),
  people: [...new Set([asker.person, ...asker.rights.publish.flatMap(({ principal }) => principal ?? [])])],
});

const DECIDE: Deciders = {
  draft: (state, { kind, title, code, doc, authors }, context) => {
    const { asker, facts } = context;
    if (!asker.rights.draft) return refused(context);
    if (state.state !== 'none') return fail('id_reused');
    if (!facts.open) return fail('responses.incident_closed');
    const { incident, exercise, factVersion } = facts;
    return event('drafted', { incident, kind, title, code, doc, exercise, factVersion, authors: [...authors] });
  },

  submit: (state, { text, contentHash, contributors }, context) => {
    const no = refusalOf(state, 'submitted', { context, right: context.asker.rights.draft });
    if (no !== undefined) return no;
    if (isEmpty(text)) return fail('responses.incomplete', { missing: missingIn(state.kind, text) });
    if (sizeOf(text) > MAX_TEXT) return fail('too_large');
    if (statesCause(state.kind, text)) return fail('responses.cause_locked');
    return event('submitted', {
      n: state.n,
      text,
      contentHash,
      contributors: [...new Set([...contributors, ...state.contributors, context.asker.person])],
      missing: missingIn(state.kind, text),
      factVersion: context.facts.factVersion,
    });
  },

  reopen: (state, _command, context) => {
    const { rights } = context.asker;
    const right = state.state === 'withdrawing' ? rights.withdraw : rights.draft;
    return refusalOf(state, 'reopened', { context, right }) ?? event('reopened', {});
  },

  return: (state, { comment }, context) =>
    refusalOf(state, 'returned', { context, right: context.asker.rights.return }) ?? event('returned', { comment }),

  approve: (state, { contentHash }, context) => {
    const type = state.state === 'withdrawing' ? 'withdrawn' : 'approved';
    const no = refusalOf(state, type, { context, right: context.asker.rights.approve.length > 0 });
    if (no !== undefined) return no;
    const signature = signed(contentHash, context);
    if (state.withdrawal !== null) {
      const sign = { authors: [state.withdrawal.by], given: contentHash, under: state.withdrawal.contentHash };
      return eyes(context, sign) ?? event('withdrawn', signature);
    }
    if (state.frozen === null) return wrongState(state);
    const sign = { authors: state.contributors, given: contentHash, under: state.frozen.contentHash };
    const { person } = context.asker;
    const others = valid(state, context).filter((approval) => approval.person !== person);
    const mine: Approval = { ...signature, person, at: context.now.toISOString() };
    const enough = isEnough([...others, mine], context.facts.about.severity);
    return eyes(context, sign) ?? event('approved', { ...signature, enough });
  },

  publish: (state, { spokenBy, moment }, context) => {
    const type = moment === undefined ? 'publishing' : 'scheduled';
    const no = refusalOf(state, type, { context, right: context.asker.rights.publish.length > 0 });
    if (no !== undefined) return no;
    if (state.frozen === null) return wrongState(state);
    const { factVersion } = context.facts;
    const stopped = obstacle(state, context);
    if (stopped !== undefined) return fail(REFUSED[stopped], { factVersion });
    const released = { n: state.n, contentHash: state.frozen.contentHash, factVersion };
    if (moment === undefined) return event('publishing', { ...released, spokenBy });
    return momentRefused(moment, context) ?? event('scheduled', { ...released, ...setBy(state, moment, context) });
  },

  unschedule: (state, _command, context) =>
    refusalOf(state, 'unscheduled', { context, right: context.asker.rights.unschedule }) ?? event('unscheduled', {}),

  correct: (state, { doc, ...correction }, context) => {
    const no = refusalOf(state, 'correcting', { context, right: context.asker.rights.correct });
    const last = state.revisions.at(-1);
    if (no !== undefined || last === undefined) return no ?? wrongState(state);
    return event('correcting', { ...correction, n: last.n + 1, base: last.contentHash, doc });
  },

  withdraw: (state, { reason, contentHash }, context) =>
    refusalOf(state, 'withdrawing', { context, right: context.asker.rights.withdraw }) ??
    event('withdrawing', { reason, contentHash }),
};

const sizeOf = (text: Text): number => text.blocks.reduce((sum, block) => sum + block.text.length, 0);

/** One command on a response: the one event it leads to, or why not. */
export function decide<V extends Verb>(
  state: Response,
  command: { verb: V; input: Commands[V] },
  context: Context,
): Decided {
  return DECIDE[command.verb](state, command.input, context);
}
