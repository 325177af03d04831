import type { StreamEvent } from '#shared/wire/stream.ts';
import type { About, Correction, DataOf, EventType, Kind, SpokenBy, Text } from './responses.events.ts';
import { TRANSITIONS, type ResponseState } from './responses.states.ts';

/* What has happened to a response is folded here. What may happen is decided in responses.decide.ts. */

export interface Approval {
  person: string;
  agents: readonly string[];
  at: string;
  upper: boolean;
  contentHash: string;
  factVersion: number;
}

/** The bytes under review. */
interface Frozen {
  text: Text;
  contentHash: string;
  missing: readonly string[];
  factVersion: number;
}

/** A published text. Once it stands here nothing changes it. */
export interface Revision {
  n: number;
  kind: Kind;
  correction: Correction | null;
  contentHash: string;
  publishedAt: string;
  text: Text;
  spokenBy: SpokenBy;
  about: About;
  /** It went out more than ten minutes after the moment set for it. */
  late: boolean;
}

/** The moment a spokesperson set, and what exactly for. */
export interface Plan {
  /** The id of the event that set it. */
  id: string;
  by: string;
  /** When it was set. */
  at: string;
  publishAt: string;
  contentHash: string;
  base: string | null;
  people: readonly string[];
}

export interface Response {
  id: string;
  state: ResponseState;
  incident: string;
  code: string;
  kind: Kind;
  title: string;
  exercise: boolean;
  /** The document the revision at work is written in. */
  doc: string;
  n: number;
  /** Everybody who wrote in the revision at work, or filled in a field of it. */
  contributors: readonly string[];
  frozen: Frozen | null;
  approvals: readonly Approval[];
  correction: Correction | null;
  withdrawal: { reason: string; contentHash: string; by: string; at: string | null } | null;
  returned: { comment: string; by: string } | null;
  blocked: string | null;
  /** Stays in sight when it has passed in vain, until somebody decides anew. */
  planned: Plan | null;
  revisions: readonly Revision[];
}

export const noResponse = (id: string): Response => ({
  id,
  state: 'none',
  incident: '',
  code: '',
  kind: 'statement',
  title: '',
  exercise: false,
  doc: '',
  n: 0,
  contributors: [],
  frozen: null,
  approvals: [],
  correction: null,
  withdrawal: null,
  returned: null,
  blocked: null,
  planned: null,
  revisions: [],
});

/** May this event happen now? What the table says, and nothing can be taken back that is not out. */
export function can(state: Response, type: EventType): boolean {
  if (type === 'withdrawing' && state.revisions.length === 0) return false;
  return TRANSITIONS[state.state][type] !== null;
}

/** The text is being written: its document takes edits. */
export const isEditable = (state: Response): boolean => state.state === 'draft' || state.state === 'changes_requested';

/** The kind of the revision at work. */
export const kindAtWork = (state: Response): Kind => (state.correction === null ? state.kind : 'correction');

/* What has happened. */

type Happened<T extends EventType> = StreamEvent<T, DataOf<T>>;
type Evolvers = { [T in EventType]: (state: Response, event: Happened<T>) => Response };

/** Back to writing: whatever was signed is void, whoever wrote stays a contributor. */
const unfrozen = { frozen: null, approvals: [], blocked: null, planned: null } as const;

const atWithdrawal = (state: Response): boolean => state.state === 'withdrawing';

/** The withdrawal was not signed or was taken back; the last revision is in force as before. */
const inForceAgain = { withdrawal: null, approvals: [] } as const;

const EVOLVE: Evolvers = {
  drafted: (state, { data, actor }) => ({
    ...state,
    incident: data.incident,
    code: data.code,
    kind: data.kind,
    title: data.title,
    exercise: data.exercise,
    doc: data.doc,
    n: 1,
    contributors: [...new Set([actor, ...(data.authors ?? [])])],
  }),
  submitted: (state, { data }) => ({
    ...state,
    frozen: {
      text: data.text,
      contentHash: data.contentHash,
      missing: data.missing,
      factVersion: data.factVersion,
    },
    contributors: [...new Set([...state.contributors, ...data.contributors])],
    approvals: [],
    returned: null,
    blocked: null,
  }),
  returned: (state, { data, actor }) => ({
    ...state,
    ...(atWithdrawal(state) ? inForceAgain : unfrozen),
    returned: { comment: data.comment, by: actor },
  }),
  reopened: (state) => ({ ...state, ...(atWithdrawal(state) ? inForceAgain : unfrozen) }),
  approved: (state, { data, actor, at }) => ({
    ...state,
    approvals: [
      ...state.approvals.filter((approval) => approval.person !== actor),
      {
        person: actor,
        agents: data.agents,
        at,
        upper: data.upper,
        contentHash: data.contentHash,
        factVersion: data.factVersion,
      },
    ],
    blocked: null,
    planned: state.state === 'scheduled' ? state.planned : null,
  }),
  scheduled: (state, { id, data, actor, at }) => ({
    ...state,
    blocked: null,
    planned: {
      id,
      by: actor,
      at,
      publishAt: data.publishAt,
      contentHash: data.contentHash,
      base: data.base,
      people: data.people,
    },
  }),
  unscheduled: (state) => ({ ...state, planned: null }),
  publishing: (state, { data }) => ({
    ...state,
    blocked: null,
    planned: data.plannedFor === undefined ? null : state.planned,
  }),
  published: (state, { data, at }) => ({
    ...state,
    ...unfrozen,
    correction: null,
    contributors: [],
    revisions: [
      ...state.revisions,
      {
        n: data.n,
        kind: kindAtWork(state),
        correction: state.correction,
        contentHash: data.contentHash,
        publishedAt: at,
        text: state.frozen?.text ?? { headline: '', blocks: [] },
        spokenBy: data.spokenBy,
        about: data.about,
        late: data.late ?? false,
      },
    ],
  }),
  publish_blocked: (state, { data }) => ({ ...state, blocked: data.reason }),
  publish_missed: (state) => state,
  correcting: (state, { data, actor }) => ({
    ...state,
    n: data.n,
    doc: data.doc,
    contributors: [actor],
    correction: correctionOf(data),
    returned: null,
  }),
  withdrawing: (state, { data, actor }) => ({
    ...state,
    ...unfrozen,
    n: state.revisions.length, // a correction that was being written is given up
    correction: null,
    returned: null,
    withdrawal: { reason: data.reason, contentHash: data.contentHash, by: actor, at: null },
  }),
  withdrawn: (state, { at }) => ({
    ...state,
    withdrawal: state.withdrawal === null ? null : { ...state.withdrawal, at },
  }),
};

function correctionOf({ class: kind, wrong, right, why }: Correction): Correction {
  return {
    class: kind,
    ...(wrong === undefined ? {} : { wrong }),
    ...(right === undefined ? {} : { right }),
    ...(why === undefined ? {} : { why }),
  };
}

/**
 * An approval that is not the last one needed leaves the text in review. A set moment stands meanwhile: whether the
 * signatures are enough is asked again when it has come.
 */
function nextState(state: Response, event: StreamEvent): ResponseState {
  const next = TRANSITIONS[state.state][event.type as EventType];
  if (next === null) return state.state;
  if (event.type !== 'approved' || state.state === 'scheduled' || (event.data as DataOf<'approved'>).enough)
    return next;
  return 'in_review';
}

/** The state after an event that was accepted. An event of an unknown type, from a newer version, changes nothing. */
export function evolve(state: Response, event: StreamEvent): Response {
  if (!Object.hasOwn(EVOLVE, event.type)) return state;
  const step = EVOLVE[event.type as EventType] as (state: Response, event: StreamEvent) => Response;
  return { ...step(state, event), state: nextState(state, event) };
}
