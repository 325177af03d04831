import type { Moved } from '#server/platform/bus.ts';
import type { Clock } from '#server/platform/clock.ts';
import type { GivenFiles } from '#server/platform/files.rights.ts';
import type { Fold } from '#server/platform/fold.ts';
import type { Streams } from '#server/platform/streams.ts';
import type { RoomEvents } from '#shared/forum/forum.events.ts';
import {
  decideCreate,
  decideEdit,
  decideInvite,
  decidePost,
  decideReact,
  decideRemove,
  decideRetract,
  type Asking,
  type Found,
  type RoomState,
  type Target,
} from '#shared/forum/forum.rules.ts';
import type { forumTable } from '#shared/forum/forum.schema.ts';
import type { Actor, Sender, UnitTree } from '#shared/people/people.rules.ts';
import type { InputOf } from '#shared/wire/define.ts';
import { fail, isFailure, type Failure } from '#shared/wire/error.ts';
import type { EventDraft, StreamEvent } from '#shared/wire/stream.ts';
import type { ForumAccess } from './forum.access.ts';
import type { ForumModel } from './forum.model.ts';

type In<Verb extends keyof typeof forumTable> = InputOf<(typeof forumTable)[Verb]>;

export interface CommandDeps {
  streams: Streams;
  rooms: Fold<RoomState>;
  access: ForumAccess;
  model: ForumModel;
  units: UnitTree;
  clock: Clock;
  files: GivenFiles;
  /** Tells a person's other devices that they have read on. Lost without harm. */
  moved: (moved: Moved) => void;
  /** Throws `rate_limited` with `retryAfter` where a room has had enough messages for the moment. */
  pace: (room: string) => void;
}

interface Written {
  seq: number;
}

/** Everything that writes in rooms: load → may → decide → append. The rules decide; here is only what they need. */
export function createCommands(deps: CommandDeps) {
  const { rooms, access, units, clock, model, streams } = deps;
  const lookUp = createLookUp(deps);

  /** In the room's turn, on its state at the head: the right is asked on what was committed before it. */
  async function write(
    { person }: Sender,
    input: { id: string; room: string },
    decide: (state: RoomState, asking: Asking) => EventDraft | Failure | Promise<EventDraft | Failure>,
  ): Promise<Written> {
    const command = { id: input.id, actor: person, input };
    const { event } = await rooms.ask(input.room, command, (state, actor) =>
      decide(state, access.asking(actor, state.unit)),
    );
    return { seq: event.seq };
  }

  /** After the right was asked: nobody from elsewhere slows a room down, or learns from its pace that it is there. */
  function paced(room: string, decided: EventDraft | Failure): EventDraft | Failure {
    if (!isFailure(decided)) deps.pace(room);
    return decided;
  }

  /** A post that names something. Its files are held before it is appended: none names what a sweep has taken. */
  async function postNaming(state: RoomState, input: In<'post'>, asking: Asking): Promise<EventDraft | Failure> {
    const found = await lookUp.named(asking.actor, input);
    const decided = paced(input.room, decidePost(state, input, { ...asking, found }));
    if (isFailure(decided) || input.files === undefined) return decided;
    const isHeld = await deps.files.claim(asking.actor.person, input.files, `room:${input.room}`);
    return isHeld ? decided : fail('forum.no_such_file');
  }

  return {
    create: async ({ person }: Sender, input: In<'create'>): Promise<Written & { room: string }> => {
      const { event } = await rooms.ask(input.id, { id: input.id, actor: person, input }, (state, actor) => {
        const decided = decideCreate(state, input, { actor, path: units.path(input.unit), now: clock.now() });
        // What there was goes on in the hands of its successor, which is where new things go.
        return !isFailure(decided) && units.get(input.unit)?.closed === true ? fail('locked') : decided;
      });
      return { room: input.id, seq: event.seq };
    },

    post: (sender: Sender, input: In<'post'>): Promise<Written> =>
      write(sender, input, (state, asking) => {
        // Most messages name nothing: they are decided without another read.
        if (input.replyTo !== undefined || input.files !== undefined) return postNaming(state, input, asking);
        return paced(input.room, decidePost(state, input, { ...asking, found: NOTHING_NAMED }));
      }),

    edit: (sender: Sender, input: In<'edit'>): Promise<Written> =>
      write(sender, input, async (state, asking) =>
        decideEdit(state, input, { ...asking, target: await lookUp.target(input) }),
      ),

    retract: (sender: Sender, input: In<'retract'>): Promise<Written> =>
      write(sender, input, async (state, asking) =>
        decideRetract(state, input, { ...asking, target: await lookUp.target(input) }),
      ),

    react: (sender: Sender, input: In<'react'>): Promise<Written> =>
      write(sender, input, async (state, asking) =>
        decideReact(state, input, { ...asking, target: await lookUp.target(input) }),
      ),

    invite: (sender: Sender, input: In<'invite'>): Promise<Written> =>
      write(sender, input, (state, asking) => decideInvite(state, input, asking)),

    remove: (sender: Sender, input: In<'remove'>): Promise<Written> =>
      write(sender, input, (state, asking) => decideRemove(state, input, asking)),

    /** Moves the caller's pointer forward. No event and no time: nobody's reading is on record. */
    markRead: async (actor: Actor, { room, seq }: In<'mark-read'>): Promise<object> => {
      await access.mustSee(actor, room);
      const head = await streams.head(`room:${room}`);
      const read = Math.min(seq, head.seq);
      await model.point(actor.person, room, read);
      deps.moved({ person: actor.person, stream: `room:${room}`, seq: read });
      return {};
    },

    /** For the seed: a room opened by the house itself, before anybody holds a right to do so. */
    createRoom: async (input: In<'create'>): Promise<{ room: string }> => {
      const { id, unit, title, kind, audience = 'unit', people = [] } = input;
      const draft: EventDraft<'opened', RoomEvents['opened']> = {
        type: 'opened',
        data: { unit, title, kind, audience, people: kind === 'members' ? [...new Set(people)] : [] },
      };
      await rooms.write(id, { id, actor: 'system', input }, () => draft);
      return { room: id };
    },
  };
}

const NOTHING_NAMED: Found = { replyTo: undefined, files: [] };

/** What a command names, found before it is decided. */
function createLookUp({ streams, files }: Pick<CommandDeps, 'streams' | 'files'>) {
  async function target({ room, seq }: { room: string; seq: number }): Promise<Target> {
    const [event] = seq < 1 ? [] : await streams.read(`room:${room}`, seq, seq, 1);
    return event?.type === 'posted' ? (event as StreamEvent<'posted', RoomEvents['posted']>) : undefined;
  }

  return {
    target,
    named: async (actor: Actor, { room, replyTo, files: ids = [] }: In<'post'>): Promise<Found> => ({
      replyTo: replyTo === undefined ? undefined : await target({ room, seq: replyTo }),
      files: await files.facts(actor.person, ids),
    }),
  };
}
