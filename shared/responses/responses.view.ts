import type { Correction, Kind, SpokenBy, UnitName } from './responses.events.ts';
import type { Response, Revision } from './responses.rules.ts';
import type { ResponseView, RevisionView } from './responses.schema.ts';
import { sectionsOf, type Section } from './responses.text.ts';

/* What each audience sees. Both views are built field by field: what is not named here does not leave. */

/** A revision of the public page. People appear by name and post alone, never by id. */
export interface PublicRevision {
  n: number;
  kind: Kind;
  correction: Correction | null;
  contentHash: string;
  publishedAt: string;
  headline: string;
  sections: readonly Section[];
  by: PublicSpeaker;
}

interface PublicSpeaker {
  name: string;
  post: string;
  unit: string;
  actingFor: { name: string; until: string } | null;
}

export interface PublicUnit {
  code: string;
  name: string;
}

export interface PublicResponse {
  code: string;
  kind: Kind;
  /** The incident's code: it ties the responses to one matter together and opens nothing. */
  matter: string;
  severity: string;
  category: string;
  verification: string;
  unit: PublicUnit;
  units: readonly PublicUnit[];
  revisions: readonly PublicRevision[];
  withdrawn: { at: string; reason: string; contentHash: string } | null;
}

function toPublicSpeaker({ name, post, unit, actingFor }: SpokenBy): PublicSpeaker {
  return {
    name,
    post,
    unit,
    actingFor: actingFor === undefined ? null : { name: actingFor.name, until: actingFor.until },
  };
}

const toPublicUnit = ({ code, name }: UnitName): PublicUnit => ({ code, name });

function toPublicRevision(revision: Revision, isWithdrawn: boolean): PublicRevision {
  const { n, kind, correction, contentHash, publishedAt, text, spokenBy } = revision;
  return {
    n,
    kind,
    correction: isWithdrawn ? null : correction,
    contentHash,
    publishedAt,
    headline: text.headline,
    // What was withdrawn is gone; its notice and its fingerprints stay (security P2, incidents R15).
    sections: isWithdrawn ? [] : sectionsOf(text.blocks),
    by: toPublicSpeaker(spokenBy),
  };
}

/**
 * What residents may see, or undefined where that is nothing: unpublished, an exercise (incidents I7), or an internal
 * record. Drafts, contributors, approvals, reporters and ids of people have no field here.
 */
export function toPublicView(state: Response): PublicResponse | undefined {
  const last = state.revisions.at(-1);
  if (last === undefined || state.exercise || state.kind === 'none_needed') return undefined;
  const { about } = last;
  const units = about.units.map(toPublicUnit);
  const [unit] = units;
  if (unit === undefined) return undefined;
  const isWithdrawn = state.state === 'withdrawn';
  const withdrawal = isWithdrawn ? state.withdrawal : null;
  return {
    code: state.code,
    kind: state.kind,
    matter: about.code,
    severity: about.severity,
    category: about.category,
    verification: about.verification,
    unit,
    units,
    revisions: state.revisions.map((revision) => toPublicRevision(revision, isWithdrawn)),
    withdrawn:
      withdrawal === null
        ? null
        : { at: withdrawal.at ?? '', reason: withdrawal.reason, contentHash: withdrawal.contentHash },
  };
}

function toRevisionView(revision: Revision, state: Response): RevisionView {
  const { n, kind, correction, contentHash, publishedAt, text, late } = revision;
  const isLast = n === state.revisions.length;
  const next = state.revisions[n];
  return {
    n,
    kind,
    ...(correction === null ? {} : { class: correction.class }),
    contentHash,
    publishedAt,
    state: isLast ? lastState(state) : next?.correction?.class === 'retraction' ? 'retracted' : 'corrected',
    text,
    late,
  };
}

const lastState = (state: Response): 'published' | 'withdrawn' =>
  state.state === 'withdrawn' ? 'withdrawn' : 'published';

/** What those who may read the incident see; `version` is the stream's head. */
export function toOfficerView(state: Response, version: number): ResponseView {
  const hash = state.frozen?.contentHash ?? state.withdrawal?.contentHash ?? inForceHash(state);
  return {
    id: state.id,
    code: state.code,
    incident: state.incident,
    kind: state.kind,
    title: state.title,
    state: state.state,
    version,
    exercise: state.exercise,
    n: state.n,
    doc: state.doc,
    contentHash: hash,
    text: state.frozen?.text ?? null,
    missing: [...(state.frozen?.missing ?? [])],
    contributors: [...state.contributors],
    approvals: state.approvals.map(({ person, at, upper, factVersion }) => ({ person, at, upper, factVersion })),
    factVersion: state.frozen?.factVersion ?? 0,
    correction: state.correction,
    withdrawal:
      state.withdrawal === null
        ? null
        : { reason: state.withdrawal.reason, contentHash: state.withdrawal.contentHash, by: state.withdrawal.by },
    returned: state.returned,
    blocked: state.blocked,
    planned: state.planned === null ? null : { publishAt: state.planned.publishAt, by: state.planned.by },
    revisions: state.revisions.map((revision) => toRevisionView(revision, state)),
  };
}

/** The hash of the text that is out, while nothing is under review. */
function inForceHash(state: Response): string | null {
  const isOut = state.state === 'published' || state.state === 'withdrawn';
  return isOut ? (state.revisions.at(-1)?.contentHash ?? null) : null;
}
