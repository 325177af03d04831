import { may, NOBODY, type Actor, type Sender, type UnitTree } from '#shared/people/people.rules.ts';
import {
  allowed,
  decideAccept,
  decideAssign,
  decideDismiss,
  decideFlag,
  decideNote,
  decideRegrade,
  decideReport,
  decideResolve,
  decideTriage,
  decideVerify,
  type Asked,
} from '#shared/incidents/incidents.decide.ts';
import type { DataOf, Provenance } from '#shared/incidents/incidents.events.ts';
import { leadUnitOf, type Incident } from '#shared/incidents/incidents.rules.ts';
import type { FlagInput, incidentsTable, IncidentView, ResponseRef } from '#shared/incidents/incidents.schema.ts';
import { toTimeline, toView } from '#shared/incidents/incidents.view.ts';
import type { InputOf } from '#shared/wire/define.ts';
import { AppError, fail, type Failure } from '#shared/wire/error.ts';
import { publicCode } from '#shared/wire/ids.ts';
import type { EventDraft } from '#shared/wire/stream.ts';
import type { Clock } from '#server/platform/clock.ts';
import { sha256 } from '#server/platform/crypto.ts';
import type { GivenFiles } from '#server/platform/files.rights.ts';
import type { Fold } from '#server/platform/fold.ts';
import type { Log } from '#server/platform/log.ts';
import type { Streams } from '#server/platform/streams.ts';
import type { IncidentsAccess } from './incidents.access.ts';
import type { IncidentsBoard } from './incidents.board.ts';

type In<Verb extends keyof typeof incidentsTable> = InputOf<(typeof incidentsTable)[Verb]>;

/** A message as evidence, from the forum. */
export interface Message {
  hash: string;
  text: string;
  actor: string;
  at: string;
}

export interface IncidentsDeps {
  streams: Streams;
  fold: Fold<Incident>;
  access: IncidentsAccess;
  board: IncidentsBoard;
  units: UnitTree;
  clock: Clock;
  log: Log;
  /** A person's posts, to see whether they can lead; undefined for nobody. */
  actorOf: (person: string) => Actor | undefined;
  /** A message the actor may read; undefined otherwise. */
  messageAt: (actor: Actor, room: string, seq: number) => Promise<Message | undefined>;
  files: GivenFiles;
  /** An incident's responses, newest last. */
  responsesOf: (incident: string) => Promise<readonly ResponseRef[]>;
}

/** 0 community, 1 street, 2 district, 3 city (incidents §3.1); grids report as their community. */
const LEVEL = { grid: 0, community: 0, street: 1, district: 2, city: 3 } as const;

/** States of a response in which its incident cannot be called resolved (T10). */
const UNDER_WAY: ReadonlySet<string> = new Set(['in_review', 'approved', 'scheduled', 'publishing']);

const TIMELINE = 200; // events shown at once; the stream itself has them all

export type IncidentsService = ReturnType<typeof createIncidentsService>;

/** Commands and queries of incidents: load, ask the rules, append. */
export function createIncidentsService(deps: IncidentsDeps) {
  const { streams, fold, access, board, units, clock } = deps;

  const asked = (actor: Actor, state: Incident): Asked => ({ actor, now: clock.now(), scopes: access.scopesOf(state) });
  const levelOf = (unit: string): number => LEVEL[units.get(unit)?.level ?? 'community'];

  type Aimed = { id: string; incident: string; expected?: number };
  type Rule = (state: Incident, asked: Asked) => EventDraft | Failure | Promise<EventDraft | Failure>;

  /** One command on an existing incident: one event, in the stream's turn, at the version the client saw. */
  async function act({ person }: Sender, input: Aimed, rule: Rule): Promise<{ seq: number }> {
    const { id, incident, expected } = input;
    const write = { id, actor: person, expected, input };
    const { event } = await fold.ask(incident, write, (state, actor) => rule(state, asked(actor, state)));
    return { seq: event.seq };
  }

  /** The message a concern began with. One taken back or out of reach meanwhile is left out: it stops no first report. */
  async function provenance(actor: Actor, from: FlagInput['from']): Promise<Provenance | undefined> {
    if (from === undefined) return undefined;
    const message = await deps.messageAt(actor, from.room, from.seq);
    if (message === undefined) return undefined;
    const { hash, text, actor: author, at } = message;
    return { room: from.room, seq: from.seq, hash, author, at, text };
  }

  /** Whether somebody can lead: an officer of a unit concerned, or above one. */
  function isEligible(person: string, { scopes, now }: Asked): boolean {
    const actor = deps.actorOf(person);
    return actor !== undefined && scopes.some((scope) => may(actor, 'incident.assign', scope, now));
  }

  function leadFor(communities: readonly string[]): { unit: string; level: number } | undefined {
    const unit = leadUnitOf(communities.map((community) => units.path(community)));
    return unit === undefined ? undefined : { unit, level: levelOf(unit) };
  }

  return {
    /** T1. The incident's id is the command's. Whoever may not post flags in a unit hears so, whatever else is wrong. */
    flag: async ({ person }: Sender, input: FlagInput) => {
      const { id, unit, category } = input;
      const { event } = await fold.ask(id, { id, actor: person, expected: 0, input }, async (_, actor) => {
        access.mustInUnit(actor, 'incident.flag', unit);
        if (units.get(unit)?.closed === true) return fail('locked'); // new things go to its successor
        const now = clock.now();
        const from = await provenance(actor, input.from);
        const asking = { text: `${input.title}\n${input.what}`, unit, category, at: now.getTime() };
        const similar = await board.similarTo(actor, asking).catch((error: unknown) => {
          // A comparison that fails stops no first report (突发事件应对法 Art. 61).
          deps.log.error({ error, incident: id }, 'similar incidents not found');
          return [];
        });
        const code = publicCode(sha256, input.exercise === true ? 'XI' : 'I', id);
        const files = await deps.files.facts(person, input.files ?? []);
        // Held before the event, so that it never names what a sweep has taken.
        const isHeld = files !== undefined && (await deps.files.claim(person, input.files ?? [], `incident:${id}`));
        if (!isHeld) return fail('incidents.no_such_file');
        return decideFlag(input, { now, code, level: levelOf(unit), similar, from, files });
      });
      const { code, similar, from } = event.data as DataOf<'flagged'>;
      const isUnlinked = input.from !== undefined && from === undefined;
      return { seq: event.seq, incident: id, code, similar, ...(isUnlinked && { unlinked: true as const }) };
    },

    triage: (sender: Sender, input: In<'triage'>) =>
      act(sender, input, (state, who) => decideTriage(state, input, { ...who, lead: leadFor(input.communities) })),

    assign: (sender: Sender, input: In<'assign'>) =>
      act(sender, input, (state, who) => decideAssign(state, input, { ...who, eligible: isEligible(input.lead, who) })),

    accept: (sender: Sender, input: In<'accept'>) => act(sender, input, decideAccept),

    report: (sender: Sender, input: In<'report'>) =>
      act(sender, input, (state, who) =>
        units.path(input.unit).length === 0 ? fail('not_found') : decideReport(state, input, who),
      ),

    note: (sender: Sender, input: In<'note'>) => act(sender, input, (state, who) => decideNote(state, input, who)),

    regrade: (sender: Sender, input: In<'regrade'>) =>
      act(sender, input, (state, who) => decideRegrade(state, input, who)),

    verify: (sender: Sender, input: In<'verify'>) =>
      act(sender, input, (state, who) => decideVerify(state, input, who)),

    resolve: (sender: Sender, input: In<'resolve'>) =>
      act(sender, input, async (state, who) => {
        const responses = await deps.responsesOf(input.incident);
        return decideResolve(state, input, { ...who, inReview: responses.some(({ state: at }) => UNDER_WAY.has(at)) });
      }),

    dismiss: (sender: Sender, input: In<'dismiss'>) =>
      act(sender, input, (state, who) => decideDismiss(state, input, who)),

    feed: board.feed,

    /** The whole incident as this reader may see it. */
    view: async (actor: Actor, { incident }: In<'view'>): Promise<{ incident: IncidentView }> => {
      const state = await access.mustRead(actor, incident);
      const { version } = state;
      const events = await streams.read(`incident:${incident}`, version - TIMELINE + 1, version, TIMELINE);
      const responses = await deps.responsesOf(incident);
      // Asked after everything was read: the post that the right rests on may have ended meanwhile.
      const now = deps.actorOf(actor.person) ?? NOBODY;
      const reader = await access.reader(now, incident);
      if (reader === undefined) throw new AppError('not_found');
      const timeline = toTimeline(events.map(reader.view));
      const similar = await access.readable(now, state.similar);
      const view = toView({ ...state, similar }, clock.now().getTime(), {
        responses,
        timeline,
        may: allowed(state, asked(now, state)),
      });
      return { incident: view };
    },

    /** For the flag form, while it is being written. */
    similar: async (actor: Actor, { unit, text }: In<'similar'>) => {
      access.mustInUnit(actor, 'incident.flag', unit);
      const asking = { text, unit, category: undefined, at: clock.now().getTime() };
      return { similar: await board.similarTo(actor, asking) };
    },
  };
}
