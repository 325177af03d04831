import { may, NOBODY, type Actor, type Sender, type UnitTree } from '#shared/people/people.rules.ts';
import { contentHashOf, fragmentOf, fragmentsOf, signedBytes } from '#shared/minutes/minutes.content.ts';
import {
  decideAddItem,
  decideAttendance,
  decideCreate,
  decideSendBack,
  decideSign,
  decideSubmit,
  docRole,
  mayRead,
  refusal,
  type Asked,
  type Freeze,
} from '#shared/minutes/minutes.decide.ts';
import { minutesEvents, type DataOf } from '#shared/minutes/minutes.events.ts';
import type { Meeting } from '#shared/minutes/minutes.rules.ts';
import type { minutesTable } from '#shared/minutes/minutes.schema.ts';
import { toView } from '#shared/minutes/minutes.view.ts';
import type { InputOf, OutputOf } from '#shared/wire/define.ts';
import { AppError, fail, type Failure } from '#shared/wire/error.ts';
import { derivedId } from '#shared/wire/ids.ts';
import type { EventDraft } from '#shared/wire/stream.ts';
import type { Clock } from '#server/platform/clock.ts';
import { sha256 } from '#server/platform/crypto.ts';
import type { Fold } from '#server/platform/fold.ts';
import { withheld, type OpenReader } from '#server/platform/reader.ts';
import type { Signer } from '#server/platform/signing.ts';
import type { Streams } from '#server/platform/streams.ts';
import type { DocAccess, YDocs } from '#server/ydocs/ydocs.port.ts';
import type { MinutesModel } from './minutes.model.ts';
import type { MinutesProjection } from './minutes.project.ts';
import { seedFragments } from './minutes.seed.ts';

type Input<V extends keyof typeof minutesTable> = InputOf<(typeof minutesTable)[V]>;
type Output<V extends keyof typeof minutesTable> = Promise<OutputOf<(typeof minutesTable)[V]>>;

export interface MinutesDeps {
  streams: Streams;
  fold: Fold<Meeting>;
  model: MinutesModel;
  projection: MinutesProjection;
  docs: Pick<YDocs, 'create' | 'read' | 'edit' | 'seal' | 'unseal' | 'isSealed' | 'isLeftSealed'>;
  units: UnitTree;
  clock: Clock;
  signer: Pick<Signer, 'keyId' | 'sign'>;
  /** A person's posts, to see whether they can sign; undefined for nobody. */
  actorOf: (person: string) => Actor | undefined;
}

export type MinutesService = ReturnType<typeof createMinutesService>;

/**
 * Minutes: the text in a document, the counted record on the meeting's stream. Freezing needs no transaction over
 * both: the document is sealed first, inside the meeting's turn, and the event that names the seal comes second. If it
 * does not come, the document is opened again: at once by whoever failed, after a crash by whoever asks for it next.
 */
export function createMinutesService(deps: MinutesDeps) {
  const { streams, fold, model, projection, docs, units, clock, signer } = deps;

  const askedIn = (actor: Actor, unit: string): Asked => ({
    actor,
    now: clock.now(),
    scope: { path: units.path(unit) },
  });

  type Aimed = { id: string; meeting: string; expected?: number };
  type Rule = (state: Meeting, asked: Asked, seq: number) => EventDraft | Failure | Promise<EventDraft | Failure>;

  const act = ({ person }: Sender, input: Aimed, { expected, rule }: { expected?: number; rule: Rule }) =>
    fold.ask(input.meeting, { id: input.id, actor: person, expected, input }, (state, actor, seq) =>
      rule(state, askedIn(actor, state.unit), seq),
    );

  /** For what concerns a unit: `not_found` where it is not visible, `forbidden` where only the right is missing. */
  function mustInUnit(actor: Actor, action: 'meeting.create' | 'minutes.read', unit: string): void {
    const { now, scope } = askedIn(actor, unit);
    if (may(actor, action, scope, now)) return;
    throw new AppError(may(actor, 'unit.read', scope, now) ? 'forbidden' : 'not_found');
  }

  function isEligible(person: string, unit: string): boolean {
    const actor = deps.actorOf(person);
    return actor !== undefined && may(actor, 'minutes.sign', { path: units.path(unit) }, clock.now());
  }

  /** Begins the document of a meeting; a second time changes nothing. */
  const ensureDoc = (state: Meeting): Promise<void> =>
    docs.create(state.doc, seedFragments(fragmentsOf(state)), { owner: `meeting:${state.id}`, actor: 'system' });

  /** The text as it stands, from here on unchanging, and what it and the record come to. Inside the meeting's turn. */
  async function freeze(state: Meeting, command: { id: string; actor: string }): Promise<Freeze> {
    const sealed = await docs.seal(state.doc, { id: derivedId(sha256, command.id, 'seal'), actor: command.actor });
    return {
      contentHash: contentHashOf(sha256, state, sealed.fragments),
      docSeq: sealed.seq,
      contributors: [...sealed.contributors],
    };
  }

  /**
   * Takes edits again where the meeting is in draft. In its turn, with the state read there: a submit that came in
   * between has sealed the document and must not find it open.
   */
  const open = (meeting: string): Promise<void> =>
    streams.inTurn(`meeting:${meeting}`, async () => {
      await streams.hear(`meeting:${meeting}`);
      const { state } = await fold.load(meeting);
      if (state.state !== 'draft' || !(await docs.isSealed(state.doc))) return;
      await docs.unseal(state.doc, { id: derivedId(sha256, `${meeting} ${state.version}`, 'unseal'), actor: 'system' });
    });

  /** Runs a command that seals; whatever goes wrong after the seal, a draft takes edits again. */
  async function sealing<T>(meeting: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      await open(meeting).catch(() => undefined); // the store is down: whoever asks for the document next opens it
      throw error;
    }
  }

  function statementOf(state: Meeting, frozen: Freeze, actor: string): DataOf<'signed'> {
    const signedAt = clock.now().toISOString();
    const { contentHash, docSeq } = frozen;
    const statement = { contentHash, doc: state.doc, docSeq, meetingSeq: state.version, signer: actor, signedAt };
    const signature = signer.sign(signedBytes(statement));
    return { ...frozen, meetingSeq: state.version, signedAt, keyId: signer.keyId, signature };
  }

  async function hashNow(state: Meeting): Promise<string> {
    if (state.frozen !== null) return state.frozen.contentHash;
    const { fragments } = await docs.read(state.doc).catch(async (error: unknown) => {
      if (!(error instanceof AppError && error.code === 'not_found')) throw error;
      await ensureDoc(state); // the process died between the meeting and its document
      return docs.read(state.doc);
    });
    return contentHashOf(sha256, state, fragments);
  }

  return {
    create: async (sender: Sender, input: Input<'create'>): Output<'create'> => {
      const { id, unit } = input;
      const doc = derivedId(sha256, id, 'doc');
      const { event } = await fold.ask(id, { id, actor: sender.person, expected: 0, input }, (_, actor) => {
        mustInUnit(actor, 'meeting.create', unit);
        if (units.get(unit)?.closed === true) return fail('locked'); // new things go to its successor
        return decideCreate(input, { actor: actor.person, doc, isEligible: (person) => isEligible(person, unit) });
      });
      const { state } = await fold.load(id);
      await ensureDoc(state);
      return { seq: event.seq, meeting: id, doc };
    },

    addItem: async (sender: Sender, input: Input<'add-item'>): Output<'add-item'> => {
      const { event } = await act(sender, input, { rule: (state, asked) => decideAddItem(state, input, asked) });
      const { state } = await fold.load(input.meeting);
      const by = { id: derivedId(sha256, input.id, 'fragment'), actor: 'system' };
      await docs.edit(state.doc, by, seedFragments([fragmentOf(input.id)])).catch((error: unknown) => {
        // Sealed meanwhile: an item without a fragment reads as an empty one.
        if (!(error instanceof AppError && error.code === 'locked')) throw error;
      });
      return { seq: event.seq, item: input.id };
    },

    setAttendance: async (sender: Sender, input: Input<'set-attendance'>): Output<'set-attendance'> => {
      const { event } = await act(sender, input, {
        rule: (state, asked) =>
          decideAttendance(state, input, { ...asked, isSomebody: deps.actorOf(input.person) !== undefined }),
      });
      return { seq: event.seq };
    },

    submit: (sender: Sender, input: Input<'submit'>): Output<'submit'> =>
      sealing(input.meeting, async () => {
        const { event } = await act(sender, input, {
          expected: input.expected,
          rule: async (state, asked, seq) => {
            // Nothing is sealed for somebody who may not, or who saw another version: the fold answers those itself.
            const no = refusal(state, 'submit', asked);
            if (no !== undefined || seq !== input.expected) return no ?? fail('stale', { current: seq });
            return decideSubmit(state, await freeze(state, { id: input.id, actor: sender.person }), asked);
          },
        });
        return { seq: event.seq, contentHash: (event.data as DataOf<'submitted'>).contentHash };
      }),

    sendBack: async (sender: Sender, input: Input<'send-back'>): Output<'send-back'> => {
      const { event } = await act(sender, input, {
        expected: input.expected,
        rule: (state, asked) => decideSendBack(state, input, asked),
      });
      await open(input.meeting);
      return { seq: event.seq };
    },

    /** In draft the text is frozen first, if it is the one the signer saw. */
    sign: (sender: Sender, input: Input<'sign'>): Output<'sign'> =>
      sealing(input.meeting, async () => {
        const { event } = await act(sender, input, {
          expected: input.expected,
          rule: async (state, asked, seq) => {
            const no = refusal(state, 'sign', asked);
            if (no !== undefined || seq !== input.expected) return no ?? fail('stale', { current: seq });
            // Compared before the seal, so that a signer who saw an older text interrupts nobody.
            if ((await hashNow(state)) !== input.contentHash) return fail('stale', { current: seq });
            const frozen = await freeze(state, { id: input.id, actor: sender.person });
            const signed = statementOf(state, frozen, sender.person);
            return decideSign(state, { seen: input.contentHash, signed }, asked);
          },
        });
        return { seq: event.seq, contentHash: (event.data as DataOf<'signed'>).contentHash };
      }),

    list: async (actor: Actor, { unit, cursor, limit }: Input<'list'>): Output<'list'> => {
      mustInUnit(actor, 'minutes.read', unit);
      await projection.current();
      const rows = await model.ofUnit(unit, cursor, limit + 1);
      mustInUnit(deps.actorOf(actor.person) ?? NOBODY, 'minutes.read', unit); // again, after the reading
      const meetings = rows.slice(0, limit).map((row) => row.line);
      const last = rows.length > limit ? rows[limit - 1] : undefined;
      return { meetings, ...(last === undefined ? {} : { cursor: last.key }) };
    },

    view: async (actor: Actor, { meeting }: Input<'view'>): Output<'view'> => {
      const { state } = await fold.load(meeting);
      if (!mayRead(state, askedIn(actor, state.unit))) throw new AppError('not_found');
      const hash = await hashNow(state);
      const asked = askedIn(deps.actorOf(actor.person) ?? NOBODY, state.unit); // again, after the reading
      if (!mayRead(state, asked)) throw new AppError('not_found');
      return { meeting: toView(state, hash, asked) };
    },

    /** What somebody may do with a meeting's document; the owner's word for its state is the meeting's. */
    docAccess: async (actor: Actor, meeting: string, doc: string): Promise<DocAccess | undefined> => {
      const { state } = await fold.load(meeting);
      const role = state.doc === doc ? docRole(state, askedIn(actor, state.unit)) : undefined;
      if (role === undefined) return undefined;
      // A seal without its event: the process died between the two, and the draft is opened again.
      if (role === 'edit' && (await docs.isLeftSealed(doc))) await open(meeting);
      return { role, state: state.state };
    },

    /** Makes what a crash kept a creation from making: its document. For a consumer; may be repeated. */
    ensureDoc: async (meeting: string): Promise<void> => {
      const { state } = await fold.load(meeting);
      if (state.state !== 'none') await ensureDoc(state);
    },

    /** `meeting:` is open to whoever may read the minutes; a type nobody has named is kept back. */
    reader: (async (actor, id) => {
      const { state } = await fold.load(id);
      if (!mayRead(state, askedIn(actor, state.unit))) return undefined;
      return { floor: 1, view: (event) => (Object.hasOwn(minutesEvents, event.type) ? event : withheld(event)) };
    }) satisfies OpenReader,
  };
}
