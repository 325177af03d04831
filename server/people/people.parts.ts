import type { Bus } from '#server/platform/bus.ts';
import type { Clock } from '#server/platform/clock.ts';
import type { Written } from '#server/platform/fold.ts';
import type { Log } from '#server/platform/log.ts';
import type { OpenReader } from '#server/platform/reader.ts';
import { loadKey } from '#server/platform/secrets.ts';
import type { Streams } from '#server/platform/streams.ts';
import type { Held } from '#shared/people/closing.schema.ts';
import type { EventDraft } from '#shared/wire/stream.ts';
import type { AccountModel } from './people.account.model.ts';
import { createMyData } from './my-data.service.ts';
import { createAccount, createChosen } from './people.account.ts';
import type { SecurityLog } from './people.audit.ts';
import { createDevices } from './people.devices.ts';
import type { Breached } from './people.breached.ts';
import type { Directory } from './people.directory.ts';
import { createErasure } from './people.erase.ts';
import { createErasures } from './people.erasures.ts';
import { createTell } from './people.elsewhere.ts';
import { createFactor } from './people.factor.ts';
import { createGuesses } from './people.guesses.ts';
import { createOidc, type OidcSettings } from './people.oidc.ts';
import type { PeopleModel } from './people.model.ts';
import { createResets } from './people.resets.ts';
import type { PeopleService } from './people.service.ts';
import { createSessions, type SessionService } from './people.sessions.ts';
import { createSignIn } from './people.signin.ts';
import { createThrottle } from './people.throttle.ts';
import { createVouching } from './people.vouching.ts';

interface Around {
  bus: Bus;
  streams: Streams;
  model: PeopleModel;
  accounts: AccountModel;
  directory: Directory;
  clock: Clock;
  log: SecurityLog;
  tell: (person: string, source: { id: string; actor: string }, draft: EventDraft) => Promise<Written>;
}

interface Settings {
  /** Folder of the hub's keys. */
  secrets: string;
  demo: boolean;
  oidc: OidcSettings | undefined;
  isBreached: Breached['has'];
  onEnded: (session: string, reason: string) => void;
  onReplaced: (key: string) => void;
  complain: Log;
}

const LOOK_EVERY = 500; // ms between two looks at whether a session or a line is past its limits
const HEAR_EVERY = 400; // ms between two looks at what others ended, whether or not they can tell

/** Does something again and again, once at a time; resolves, when it is called, after the last time. */
function again(every: number, work: () => Promise<void>, log: Log): () => Promise<void> {
  let working: Promise<void> | undefined;
  const timer = setInterval(() => {
    working ??= work()
      .catch((error: unknown) => {
        log.error({ error }, 'sessions not ended'); // nothing they ask is answered all the same
      })
      .finally(() => (working = undefined));
  }, every).unref();
  return async () => {
    clearInterval(timer);
    await working;
  };
}

/**
 * Sessions end within a second of their limits, or of their end on another process, and with them what is open: the
 * sockets and the live texts. The bus is no part of that promise: it may have been silent for seconds before anybody
 * can know.
 */
function keepEnding(sessions: SessionService, { bus, streams }: Pick<Around, 'bus' | 'streams'>, log: Log) {
  const overdue = again(LOOK_EVERY, sessions.endOverdue, log);
  if (streams.current === undefined) return overdue;
  bus.on('ended', (line) => {
    sessions.askAgain(line).catch(() => undefined); // it is heard of again
  });
  const elsewhere = again(HEAR_EVERY, sessions.hearEndings, log);
  return async () => {
    await Promise.all([overdue(), elsewhere()]);
  };
}

/** Whoever is let in has the rights they have by then, whichever process changed them. */
function afterOthers(sessions: SessionService, current: () => Promise<void>): SessionService {
  const { begin, caller, holder, again: line } = sessions;
  return {
    ...sessions,
    begin: (person, from, holds) => begin(person, from, () => current().then(holds)),
    caller: (secret) => current().then(() => caller(secret)),
    holder: (secret) => current().then(() => holder(secret)),
    // Where the hub asks by itself it has done so already, once for all whom it asks about.
    again: (open, isUse) => (isUse ? current().then(() => line(open, isUse)) : line(open, isUse)),
  };
}

/** Signing in and staying signed in: sessions, passwords, the second factor, known devices. */
export async function createSigningIn(around: Around, settings: Settings) {
  const { secrets, demo, oidc: provider, isBreached, onEnded, onReplaced, complain } = settings;
  const { bus, streams, model, accounts, directory, clock, log, tell } = around;
  const key = await loadKey(secrets, 'account-key');
  const factor = createFactor({ model: accounts, key, clock });
  const devices = createDevices(key);
  const now = (): number => clock.now().getTime();
  const tellOthers = streams.current === undefined ? () => Promise.resolve() : createTell({ model, bus, now });
  const own = createSessions({ model, accounts, directory, clock, demo, tellOthers, onEnded, onReplaced });
  const sessions = streams.current === undefined ? own : afterOthers(own, streams.current);
  // Whose guesses they are cannot be read out of the store: names are kept as the hub's key signs them.
  const throttle = await createThrottle({
    now,
    rows: model.misses,
    keyOf: (bucket) => key.sign(`misses ${bucket}`),
  });
  const current = streams.current ?? (() => Promise.resolve());
  const isSuspended = directory.isOut; // or closed: both hear what everybody hears who is not let in
  const signIn = createSignIn({ model, sessions, factor, devices, throttle, clock, log, isSuspended, current });
  const chosen = createChosen({ directory, clock, isBreached });
  const issuer = provider?.issuer;
  const { guessed } = createGuesses(throttle);
  const vouching = createVouching({ streams, model: accounts, directory, clock, key, guessed, tell });
  const resets = createResets({
    streams,
    model: accounts,
    sessions,
    directory,
    clock,
    log,
    issuer,
    demo,
    chosen,
    tell,
    vouchWanted: vouching.wanted,
  });
  const account = createAccount({
    model: accounts,
    sessions,
    factor,
    guessed,
    directory,
    clock,
    log,
    chosen,
    resetAt: resets.resetAt,
    unvouch: vouching.unvouch,
  });
  const oidc =
    provider && (await createOidc(provider, { model: accounts, sessions, key, log, complain, isSuspended, current }));
  return {
    sessions,
    signIn,
    devices,
    account,
    resets,
    vouching,
    oidc,
    stopEnding: keepEnding(sessions, around, complain),
  };
}

/** What a sign-in name is known by once its account is closed: under a key, so that nobody can try names against it. */
export async function loginMarks(secrets: string): Promise<(login: string) => string> {
  const key = await loadKey(secrets, 'account-key');
  return (login) => key.sign(`spent login ${login}`);
}

interface Beside {
  streams: Streams;
  people: PeopleService;
  readers: Readonly<Partial<Record<string, OpenReader>>>;
  /** What other parts hold of somebody beside the record; and to hold it no longer. */
  beside: (person: string) => Promise<Held[]>;
  forget: (person: string) => Promise<unknown>;
}

/** One's own data: the copy of it, and what follows when an account is closed. */
export async function createOwnData(
  around: Omit<Around, 'tell' | 'model' | 'streams' | 'bus'> & {
    sessions: SessionService;
    loginMark: (login: string) => string;
  },
  { secrets, ...more }: Beside & { secrets: string },
) {
  const key = await loadKey(secrets, 'account-key');
  const { personFold, point } = more.people;
  return {
    myData: createMyData({ ...around, ...more, sign: key.sign }),
    erasure: createErasure({ ...around, ...more, personFold, point, erasures: createErasures(secrets) }),
  };
}
