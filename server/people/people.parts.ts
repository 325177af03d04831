import type { Clock } from '#server/platform/clock.ts';
import type { Log } from '#server/platform/log.ts';
import { loadKey } from '#server/platform/secrets.ts';
import type { EventDraft, StreamEvent } from '#shared/wire/stream.ts';
import type { AccountModel } from './people.account.model.ts';
import { createAccount } from './people.account.ts';
import type { SecurityLog } from './people.audit.ts';
import { createDevices } from './people.devices.ts';
import type { Directory } from './people.directory.ts';
import { createFactor } from './people.factor.ts';
import { createOidc, type OidcSettings } from './people.oidc.ts';
import type { PeopleModel } from './people.model.ts';
import { createSessions, type SessionService } from './people.sessions.ts';
import { createSignIn } from './people.signin.ts';
import { createThrottle } from './people.throttle.ts';

interface Around {
  model: PeopleModel;
  accounts: AccountModel;
  directory: Directory;
  clock: Clock;
  log: SecurityLog;
  tell: (person: string, source: { id: string; actor: string }, draft: EventDraft) => Promise<{ event: StreamEvent }>;
}

interface Settings {
  /** Folder of the hub's keys. */
  secrets: string;
  demo: boolean;
  oidc: OidcSettings | undefined;
  onEnded: (session: string, reason: string) => void;
  complain: Log;
}

const LOOK_EVERY = 500; // ms between two looks at whether a session with something open is past its limits

/** Sessions end within a second of their limits, and with them what is open: the sockets and the live texts. */
function endOverdue({ endOverdue: look }: SessionService, log: Log): () => Promise<void> {
  let looking = Promise.resolve();
  const every = setInterval(() => {
    looking = look().catch((error: unknown) => {
      log.error({ error }, 'sessions not ended'); // nothing they ask is answered all the same
    });
  }, LOOK_EVERY).unref();
  return async () => {
    clearInterval(every);
    await looking;
  };
}

/** Signing in and staying signed in: sessions, passwords, the second factor, known devices. */
export async function createSigningIn(around: Around, { secrets, demo, oidc: settings, onEnded, complain }: Settings) {
  const { model, accounts, directory, clock, log, tell } = around;
  const key = await loadKey(secrets, 'account-key');
  const factor = createFactor({ model: accounts, key, clock });
  const devices = createDevices(key);
  const sessions = createSessions({ model, accounts, directory, clock, demo, onEnded });
  // Whose guesses they are cannot be read out of the store: names are kept as the hub's key signs them.
  const throttle = await createThrottle({
    now: () => clock.now().getTime(),
    rows: model.misses,
    keyOf: (bucket) => key.sign(`misses ${bucket}`),
  });
  const isSuspended = (person: string): boolean => directory.person(person)?.suspended === true;
  const signIn = createSignIn({ model, sessions, factor, devices, throttle, clock, log, isSuspended });
  const account = createAccount({
    model: accounts,
    sessions,
    factor,
    throttle,
    directory,
    clock,
    log,
    tell,
    issuer: settings?.issuer,
  });
  const oidc = settings && (await createOidc(settings, { model: accounts, sessions, key, log, complain, isSuspended }));
  return { sessions, signIn, devices, account, oidc, stopEnding: endOverdue(sessions, complain) };
}
