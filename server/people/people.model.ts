import { Schema, type Connection, type mongo } from 'mongoose';
import type { Level, Role } from '#shared/people/people.policy.ts';
import { putNewest } from '#server/platform/rows.ts';
import type { Missed, Misses } from './people.throttle.ts';

export interface UnitRow {
  _id: string;
  code: string;
  name: string;
  level: Level;
  parent: string | null;
  from?: string | undefined;
  /** When it closes, and who takes its place. */
  until?: string;
  successors?: readonly string[];
  /** Seq of the last event that changed it: an older one that comes again changes nothing. */
  applied: number;
}

export interface PersonRow {
  _id: string;
  login: string;
  name: string;
  /** Where they were enrolled. */
  unit?: string | undefined;
  suspended?: boolean;
  /** Since when they ask that their account be closed. */
  closing?: string | undefined;
  /** Their second factor is that of whom a second administrator met; false: it was once, and is no more. */
  vouched?: boolean;
  /** Others may have had the account until then: it was suspended, or its second factor reset. */
  anew?: string;
  /** The account is closed: `name` is a pseudonym, and `spent` is what their sign-in name is known by. */
  erased?: true;
  spent?: string;
  applied: number;
}

export interface PostRow {
  _id: string;
  person: string;
  unit: string;
  role: Role;
  from: string;
  until: string | null;
  /** It gives nothing until its holder is vouched for; who proposed it. */
  vouch?: string | undefined;
  /** It was ended, and when. Its row stays, so that no process that is slow brings it back. */
  ended?: true;
  over?: string;
  applied: number;
}

export interface DelegationRow {
  _id: string;
  person: string;
  principal: string;
  unit: string;
  from: string;
  until: string;
  accepted: boolean;
  /** When it was asked for, and when accepted. */
  given?: string;
  taken?: string;
  reason?: string;
  /** When it was taken back, or declined, before its time. */
  ended?: string;
  how?: 'declined' | 'revoked';
  applied: number;
}

export interface SessionRow {
  /** SHA-256 of the secret in the cookie, hex: a stolen store holds no usable session. */
  _id: string;
  id: string;
  person: string;
  /** Milliseconds. Neither is ever shown or evaluated: they end the session, nothing else. */
  created: number;
  used: number;
  device: string;
  /** Where it was begun: an IP address, for its owner to recognise. */
  address: string;
  /** What it must do before it may do anything else: choose another password, or show a code. */
  asks: 'password' | 'code' | null;
  /** A second factor was shown in it. */
  proved: boolean;
  /** When its person last proved who they are, ms (step-up). */
  fresh: number;
  /** Where it began with another provider: when they were last asked there, ms. Its fixed time counts from then. */
  askedThere?: number;
}

/** A session of which another process may still believe more than is true: it ended, or another secret opens it now. */
export interface EndingRow {
  /** That of the session's row that is gone. */
  _id: string;
  person: string;
  /** Public id of the session. */
  session: string;
  /** When, ms. Two minutes later nobody has to be told, and the row goes (DESIGN §1). */
  at: number;
}

export interface CredentialRow {
  _id: string;
  login: string;
  /** Argon2id, with its parameters. */
  hash: string;
  /** Somebody else chose the password: it must be changed first. */
  start?: boolean;
  /** When it was changed or given, ms; missing since they were enrolled. */
  set?: number;
  /** Seed of the second factor, sealed with the hub's key, and the last step whose code was used. */
  seed?: string;
  step?: number;
  /** When it was enrolled, ms. */
  since?: number;
  /** SHA-256 of each recovery code that is left, hex: they hold 80 random bits. */
  recovery?: string[];
  /** A seed that was shown and waits for its first code. */
  pending?: string;
  /** What the last code that vouches for them is known by, under the hub's key, and the event that gave it. */
  vouch?: { mark: string; given: string };
}

const text = { type: String, required: true } as const;
const whole = { type: Number, required: true } as const;
const options = (collection: string) => ({ collection, versionKey: false, autoIndex: false }) as const;

const units = new Schema(
  {
    ...{ _id: text, code: text, name: text, level: text, parent: String },
    ...{ from: String, until: String, successors: [String], applied: whole },
  },
  options('units'),
);
const persons = new Schema(
  {
    ...{ _id: text, login: text, name: text, unit: String, suspended: Boolean, closing: String },
    ...{ vouched: Boolean, anew: String, erased: Boolean, spent: String, applied: whole },
  },
  options('people'),
);
const posts = new Schema(
  {
    ...{ _id: text, person: text, unit: text, role: text, from: text, until: String },
    ...{ vouch: String, ended: Boolean, over: String, applied: whole },
  },
  options('appointments'),
);
const delegations = new Schema(
  {
    ...{ _id: text, person: text, principal: text, unit: text, from: text, until: text, accepted: Boolean },
    ...{ given: String, taken: String, reason: String, ended: String, how: String, applied: whole },
  },
  options('delegations'),
);
const credentials = new Schema(
  {
    ...{ _id: text, login: text, hash: text, start: Boolean },
    ...{ seed: String, step: Number, since: Number, recovery: [String], pending: String },
    vouch: new Schema({ mark: text, given: text }, { _id: false }),
  },
  options('credentials'),
);
credentials.index({ login: 1 }, { unique: true });
const identities = new Schema({ _id: text, person: text }, options('identities'));
const sessions = new Schema(
  {
    ...{ _id: text, id: text, person: text, created: whole, used: whole, device: { type: String, default: '' } },
    ...{ address: String, asks: String, proved: Boolean, fresh: Number, askedThere: Number },
  },
  options('sessions'),
);
sessions.index({ person: 1 });

const endings = new Schema({ _id: text, person: text, session: text, at: whole }, options('endings'));
endings.index({ at: 1 });
const guesses = new Schema({ _id: text, count: whole, last: whole }, options('guesses'));

export type PeopleModel = ReturnType<typeof createPeopleModel>;

/**
 * Units, people, posts and delegations are projections of streams; credentials and sessions are rows of their own,
 * because a secret has no place in a record that is kept for good.
 */
export function createPeopleModel(db: Connection) {
  const table = <Row extends mongo.Document>(name: string, schema: Schema) => {
    const model = db.model(name, schema);
    return { init: () => model.createIndexes(), rows: () => model.collection as unknown as mongo.Collection<Row> };
  };
  const tables = {
    units: table<UnitRow & mongo.Document>('Unit', units),
    persons: table<PersonRow & mongo.Document>('Person', persons),
    posts: table<PostRow & mongo.Document>('Appointment', posts),
    delegations: table<DelegationRow & mongo.Document>('Delegation', delegations),
    credentials: table<CredentialRow & mongo.Document>('Credential', credentials),
    sessions: table<SessionRow & mongo.Document>('Session', sessions),
    endings: table<EndingRow & mongo.Document>('Ending', endings),
    identities: table('Identity', identities),
    guesses: table<Missed & { _id: string } & mongo.Document>('Guess', guesses),
  };
  type Projected = 'units' | 'persons' | 'posts' | 'delegations';
  type RowIn<T extends Projected> = {
    units: UnitRow;
    persons: PersonRow;
    posts: PostRow;
    delegations: DelegationRow;
  }[T];

  return {
    init: async (): Promise<void> => {
      for (const { init } of Object.values(tables)) await init();
    },

    all: async () => ({
      units: (await tables.units.rows().find({}).toArray()) as UnitRow[],
      persons: (await tables.persons.rows().find({}).toArray()) as PersonRow[],
      posts: (await tables.posts.rows().find({}).toArray()) as PostRow[],
      delegations: (await tables.delegations.rows().find({}).toArray()) as DelegationRow[],
    }),

    /** Brings rows to what they are now, in one write; each named once. */
    put: <T extends Projected>(kind: T, rows: readonly RowIn<T>[]): Promise<void> =>
      putNewest(tables[kind].rows() as unknown as mongo.Collection<RowIn<T>>, rows),

    /** E11000 where the login is taken. A repeat for the same person replaces the hash. */
    putCredential: async (row: { _id: string; login: string; hash: string; start: boolean }): Promise<void> => {
      const { _id, ...rest } = row;
      await tables.credentials.rows().updateOne({ _id }, { $set: rest }, { upsert: true });
    },
    /** By login. */
    credential: (login: string): Promise<CredentialRow | null> => tables.credentials.rows().findOne({ login }),

    misses: {
      all: async () =>
        new Map((await tables.guesses.rows().find({}).toArray()).map(({ _id, count, last }) => [_id, { count, last }])),
      put: async (key, missed) => {
        // The most that any process counted.
        await tables.guesses.rows().updateOne({ _id: key }, { $max: missed }, { upsert: true });
      },
      drop: async (key) => {
        await tables.guesses.rows().deleteOne({ _id: key });
      },
      sweep: async (before) => {
        await tables.guesses.rows().deleteMany({ last: { $lt: before } });
      },
    } satisfies Misses,

    putSession: async (row: SessionRow): Promise<void> => {
      await tables.sessions.rows().insertOne(row);
    },
    session: async (hash: string): Promise<SessionRow | null> => tables.sessions.rows().findOne({ _id: hash }),
    touchSession: async (hash: string, used: number): Promise<void> => {
      await tables.sessions.rows().updateOne({ _id: hash }, { $set: { used } });
    },
    /** No second factor counts as shown in it. */
    unproveSession: async (hash: string): Promise<void> => {
      await tables.sessions.rows().updateOne({ _id: hash }, { $set: { proved: false } });
    },
    /** False: it was gone already. */
    dropSession: async (hash: string): Promise<boolean> =>
      (await tables.sessions.rows().deleteOne({ _id: hash })).deletedCount === 1,
    /** Those not used, or not begun, since a moment (ms). Once a day: it looks at every row. */
    dropSessions: async ({ usedBefore, begunBefore }: { usedBefore: number; begunBefore: number }): Promise<void> => {
      await tables.sessions.rows().deleteMany({ used: { $lt: usedBefore } });
      await tables.sessions.rows().deleteMany({ created: { $lt: begunBefore } });
    },

    endings: {
      put: async ({ _id, ...rest }: EndingRow): Promise<void> => {
        await tables.endings.rows().updateOne({ _id }, { $set: rest }, { upsert: true });
      },
      /** By `at`, from a moment (ms) on. */
      since: (at: number): Promise<EndingRow[]> =>
        tables.endings
          .rows()
          .find({ at: { $gte: at } })
          .toArray(),
      drop: async (before: number): Promise<void> => {
        await tables.endings.rows().deleteMany({ at: { $lt: before } });
      },
    },
  };
}
