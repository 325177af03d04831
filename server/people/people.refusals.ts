import type { Caller } from '#server/platform/caller.ts';
import type { Log } from '#server/platform/log.ts';
import type { SecurityLog } from './people.audit.ts';

const WINDOW = 60_000; // ms in which repeats are counted into one entry
const DISTINCT = 10; // entries of one person within it; whatever else they try is counted as `others`
const BROWSERS = 'browsers'; // what they report is counted apart: anybody can, and would crowd out the unknown

const actorOf = (who: string): string => (who === BROWSERS ? 'nobody' : who);

/**
 * What somebody asked for and was refused, on the security log: the first time at once, repeats within the minute
 * counted into one entry for each person. Eleven entries a minute are the most anybody can cause.
 */
export function createRefusals({ log, complain }: { log: SecurityLog; complain: Log }) {
  let counted = new Map<string, Map<string, number>>();

  const triesOf = (person: string): Map<string, number> => {
    const tries = counted.get(person) ?? new Map<string, number>();
    counted.set(person, tries);
    return tries;
  };
  const add = (person: string, what: string, times: number): void => {
    const tries = triesOf(person);
    tries.set(what, (tries.get(what) ?? 0) + times);
  };

  /** Resolves when it is on the log, or counted. What could not be written is counted, and rejects. */
  async function note(person: string, tried: string, facts: object): Promise<void> {
    const tries = triesOf(person);
    if (tries.has(tried) || tries.size >= DISTINCT) {
      add(person, tries.has(tried) ? tried : 'others', 1);
      return;
    }
    tries.set(tried, 0);
    await log.note('refused', actorOf(person), facts).catch((error: unknown) => {
      add(person, tried, 1);
      throw error;
    });
  }

  /** For who does not wait for it. */
  function noteSoon(person: string, tried: string, facts: object): void {
    note(person, tried, facts).catch((error: unknown) => {
      complain.error({ error }, 'a refusal not noted');
    });
  }

  /** Writes down what was counted and begins anew; what could not be written waits for the next time, and rejects. */
  async function settle(): Promise<void> {
    const past = counted;
    counted = new Map();
    const failed: unknown[] = [];
    for (const [person, tries] of past) {
      const again = [...tries].filter(([, count]) => count > 0);
      if (again.length === 0) continue;
      await log.note('refused.again', actorOf(person), { times: Object.fromEntries(again) }).catch((error: unknown) => {
        failed.push(error);
        for (const [what, times] of again) add(person, what, times);
      });
    }
    if (failed.length > 0) throw new AggregateError(failed, `of ${failed.length} people`);
  }

  let settling = Promise.resolve();
  const everyMinute = setInterval(() => {
    settling = settle().catch((error: unknown) => {
      complain.error({ error }, 'refusals not noted');
    });
  }, WINDOW).unref();

  return {
    note: ({ actor, session }: Caller, command: string, code: string): Promise<void> =>
      note(actor.person, `${command} ${code}`, { command, code, session }),

    /** A page of somebody else's asked, by way of somebody's browser: counted for all together. */
    noteStranger: (): void => {
      noteSoon('nobody', 'origin', { code: 'origin' });
    },

    /** A line was refused before its handshake, of whomever: a page of somebody else's, or there was no room. */
    noteLine: (line: string, code: string): void => {
      noteSoon('nobody', `${line} ${code}`, { line, code });
    },

    /** Somebody was too fast at something. By person where they are known; never with an address. */
    noteRate: (person: string | undefined, command: string): void => {
      const unknown = command === 'csp-report' ? BROWSERS : 'nobody';
      noteSoon(person ?? unknown, `${command} rate_limited`, { command, code: 'rate_limited' });
    },

    /** A browser says it would not load or run something on one of our pages. Anybody can say so. */
    noteViolation: ({ directive, blocked }: { directive: string; blocked: string }): void => {
      noteSoon(BROWSERS, `csp ${directive} ${blocked}`, { code: 'csp', directive, blocked });
    },

    settle,

    stop: async (): Promise<void> => {
      clearInterval(everyMinute);
      await settling;
      await settle();
    },
  };
}
