import type { Clock } from '#server/platform/clock.ts';
import { createTurns } from '#server/platform/turns.ts';
import { AppError } from '#shared/wire/error.ts';
import { createAddresses } from './people.addresses.ts';
import type { SecurityLog } from './people.audit.ts';
import type { Devices } from './people.devices.ts';
import type { Factor } from './people.factor.ts';
import type { CredentialRow, PeopleModel } from './people.model.ts';
import { verifyPassword } from './people.passwords.ts';
import type { SessionService } from './people.sessions.ts';
import type { Throttle } from './people.throttle.ts';

interface Deps {
  model: PeopleModel;
  sessions: SessionService;
  factor: Factor;
  devices: Devices;
  throttle: Throttle;
  clock: Clock;
  log: SecurityLog;
  isSuspended: (person: string) => boolean;
  /** Resolves when whom other processes suspended or let back in by now is known here. */
  current: () => Promise<void>;
}

export interface Attempt {
  name: string;
  password: string;
  code?: string | undefined;
  address: string;
  device: string;
  /** What the device cookie for this login says. */
  known: (login: string) => string | undefined;
}

/** Whether what was shown for one of them opens the other. */
const isSame = (shown: CredentialRow, now: CredentialRow | null): boolean =>
  shown._id === now?._id && shown.hash === now.hash && shown.seed === now.seed;

export type SignIn = ReturnType<typeof createSignIn>;

/** Password, then code. Nobody learns who exists, and nobody keeps somebody else out (security #26, #27). */
export function createSignIn({ model, sessions, factor, devices, throttle, clock, log, isSuspended, current }: Deps) {
  const addresses = createAddresses();
  const inTurn = createTurns();

  /** Counts a wrong guess; resolves with what its sender is told. */
  async function refused(row: CredentialRow | null, { bucket, address }: Guess, error: AppError): Promise<AppError> {
    await throttle.missed(bucket);
    await log.note('sign-in.refused', row?._id ?? 'nobody', { address });
    return error;
  }

  /**
   * Lets a guess be looked at, or throws `rate_limited`. A known device is asked for its own guesses alone; and whoever
   * shows the code of the moment is let try, however many strangers are guessing meanwhile. One code is worth one try,
   * right or wrong, and is taken here: else whoever found one by guessing had a minute for passwords. Resolves with what
   * was taken.
   */
  async function admit(row: CredentialRow | null, guess: Guess, isShown: boolean): Promise<Taken | undefined> {
    const wait = throttle.wait(guess.bucket);
    if (wait === 0) return undefined;
    const taken = isShown && row !== null ? await factor.take(row, guess.code ?? '') : undefined;
    if (taken !== undefined) return taken;
    if (guess.code !== undefined && guess.device === undefined) addresses.take(guess.address);
    throw new AppError('rate_limited', `Please wait ${wait} s.`, { retryAfter: wait });
  }

  /** Whether the code of the moment comes with it. */
  const showsCode = (row: CredentialRow | null, { code }: Guess): boolean =>
    row?.seed !== undefined && code !== undefined && factor.matches(row, code);

  /** Throws `rate_limited` where too many from this address were wrong lately. */
  function checkAddress({ address, device }: Guess, isShown: boolean): void {
    if (device === undefined && !isShown) addresses.check(address);
  }

  async function prove(login: string, guess: Guess): Promise<{ row: CredentialRow; proved: boolean }> {
    await current(); // whatever was guessed, so that the time tells nothing
    const row = await model.credential(login);
    const isShown = showsCode(row, guess);
    checkAddress(guess, isShown);
    const admitted = await admit(row, guess, isShown);
    const right = await verifyPassword(row?.hash, guess.password);
    checkAddress(guess, isShown); // others of it, sent with this one at other names, may have been wrong meanwhile
    // Whoever is suspended hears what everybody hears: that it is not right.
    if (!right || row === null || isSuspended(row._id)) {
      const error = new AppError('unauthenticated', 'The name or the password is not right.');
      await refused(row, guess, error); // counted and noted also where the address has had enough
      if (guess.device === undefined) addresses.take(guess.address);
      throw error;
    }
    if (row.seed === undefined) return { row, proved: false };
    if (guess.code === undefined) throw new AppError('people.code_needed');
    const taken = admitted ?? (await factor.take(row, guess.code));
    if (taken === undefined) throw await refused(row, guess, new AppError('people.code_wrong'));
    if (taken === 'recovery') await log.note('recovery-code.used', row._id, { address: guess.address });
    return { row, proved: true };
  }

  return {
    /**
     * Begins a session. Throws `unauthenticated` with the same words and in the same time whoever was named,
     * `people.code_needed` where the password is right and a second factor is enrolled, `people.code_wrong`, or
     * `rate_limited` with `retryAfter` in seconds after five wrong guesses.
     */
    begin: async ({ name, password, code, address, device, known }: Attempt) => {
      const login = name.toLowerCase();
      const from = known(login);
      const bucket = from === undefined ? `login ${login}` : `device ${from} ${login}`;
      // One after the other: guesses sent side by side would all be looked at before the first wrong one counts.
      const guess = { password, code, address, device: from, bucket };
      const { row, proved } = await inTurn(bucket, () => prove(login, guess));
      await throttle.forget(bucket);
      const asks = row.start === true ? ('password' as const) : null;
      // The password is read slowly: somebody may have reset it meanwhile, or the second factor.
      const holds = async (): Promise<boolean> => isSame(row, await model.credential(login)) && !isSuspended(row._id);
      const { secret, session } = await sessions.begin(row._id, { address, device, asks, proved }, holds);
      await log.note('signed-in', row._id, { address, session });
      return { secret, session, person: row._id, login, known: devices.give(login, clock.now()) };
    },
  };
}

type Taken = 'code' | 'recovery';

interface Guess {
  password: string;
  code: string | undefined;
  address: string;
  /** The known device it comes from. */
  device: string | undefined;
  bucket: string;
}
