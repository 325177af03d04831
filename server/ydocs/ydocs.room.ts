import * as Y from 'yjs';
import type { Log } from '#server/platform/log.ts';
import { createAwareness } from './ydocs.awareness.ts';
import { createCrowd } from './ydocs.crowd.ts';
import { applyEdit, type Accepted, type Taken } from './ydocs.edit.ts';
import { createGaps } from './ydocs.gaps.ts';
import { createIntake } from './ydocs.intake.ts';
import { createKeeper } from './ydocs.keeper.ts';
import type { Link } from './ydocs.link.ts';
import { Overtaken, type Loaded, type YDocsLog } from './ydocs.log.ts';
import type { DocAccess, Tuning } from './ydocs.port.ts';
import { CLOSE, step2Message } from './ydocs.protocol.ts';
import { createQueue, type After, type Grouped, type Work } from './ydocs.queue.ts';
import { createAside } from './ydocs.aside.ts';
import { createTries } from './ydocs.tries.ts';

/*
 * One live document: loading → open → gone.
 *
 * Everything that touches it goes through one queue. The pump takes as many edits from its head as there are, applies
 * them, appends them as one entry, and only when that is durable relays them, says what was to be said after them, and
 * lets the next have their turn. So edits group by themselves while a write is under way, and nobody is ever shown, or
 * told as saved, what a power cut could take back: between two turns of the pump the document in memory is exactly
 * what the store holds.
 *
 * If the store refuses for too long, everybody is sent away with 4503 and the document is dropped: clients still hold
 * their edits and bring them when they come back.
 */

export type Room = ReturnType<typeof createRoom>;

interface Deps {
  id: string;
  docs: YDocsLog;
  log: Log;
  tuning: Tuning;
  /** Where other processes change rights too: resolves when what they changed by now is known here. */
  current: (() => Promise<void>) | undefined;
  /** The room is of no use any more: it was closed, or the store gave up. */
  onGone: () => void;
}

interface Applied {
  now: Loaded;
  taken: Taken[];
  /** To be said once what was taken is durable. */
  said: After[];
}

export function createRoom({ id, docs, log, tuning, current, onGone }: Deps) {
  const crowd = createCrowd(id, tuning.heartbeat);
  const { links, tellRight } = crowd;
  const awareness = createAwareness(links);
  const queue = createQueue();
  const keeper = createKeeper({ id, docs, log, retryFor: tuning.retryFor, others: crowd.relay });
  const tries = createTries({ id, log });
  const gaps = createGaps({ gapFor: tuning.gapFor, ask: crowd.ask, attempt: tries.attempt });
  let held: Loaded | undefined;
  let pumping: Promise<void> | undefined;
  let state: 'loading' | 'open' | 'closing' | 'gone' = 'loading';

  function give(item: Work): void {
    queue.push(item);
    start();
  }

  const aside = createAside(() => {
    start();
  });
  const intake = createIntake({ give, awareness, log });

  function start(): void {
    if (pumping !== undefined) return;
    queue.putBack(aside.takeBack());
    if (queue.isEmpty() || held === undefined || state === 'gone') return;
    pumping = pump().finally(() => {
      pumping = undefined;
      start(); // something came in the last turn
    });
  }

  function leaveAll(code: number = CLOSE.storage): void {
    if (state === 'gone') return;
    state = 'gone';
    for (const link of links) link.close(code);
    awareness.stop();
    queue.close();
    held?.doc.destroy();
    onGone();
  }

  /** The document as the store holds it at the same seq, with what was taken in this turn on top. */
  async function renew({ doc, seq, claims }: Loaded, taken: readonly Taken[]): Promise<Loaded> {
    doc.destroy();
    // What other processes wrote above it nobody here has been shown: it comes with the next refresh.
    const renewed = { ...(await docs.load(id, seq)), claims };
    for (const { frame } of taken) {
      Y.applyUpdate(renewed.doc, frame);
      renewed.size += frame.length;
    }
    return renewed;
  }

  /**
   * One edit after the other, because each may build on those before it. One that fails in being applied may have
   * changed half of what it speaks of: the document is made anew without it. What was taken before it stays taken: to
   * try that again would say twice what was said on its connections, and lose what had waited for it. Whose right may
   * have changed is asked about first: theirs, and what they wait to be told, comes in another turn.
   */
  async function applyAll(loaded: Loaded, group: readonly Grouped[]): Promise<Applied> {
    let now = loaded;
    const taken: Taken[] = [];
    const said: After[] = [];
    for (const item of group) {
      if (aside.takes(item)) continue;
      if ('after' in item) {
        said.push(item.after);
        continue;
      }
      try {
        taken.push(...gaps.take(now, item.edit));
      } catch (error) {
        tries.broke(item.edit.link, error);
        now = held = await renew(now, taken);
      }
    }
    return { now, taken, said };
  }

  /** Durable, then shown, then receipts. */
  async function keepAndShow(loaded: Loaded, taken: readonly Taken[], entry?: string): Promise<void> {
    if (taken.length === 0) return;
    await keeper.keep(loaded, taken, entry);
    for (const { link, frame } of taken) crowd.relay([frame], link);
    keeper.snapshotIfDue(loaded);
  }

  async function turn(loaded: Loaded): Promise<void> {
    queue.putBack(aside.takeBack()); // in no group under way: what they sent after it may be further on in there
    const group = queue.takeGroup();
    if (group.length === 0) {
      await queue.takeRun()?.run(loaded);
      return;
    }
    if (current !== undefined) await current();
    const { now, taken, said } = await applyAll(loaded, group);
    await keepAndShow(now, taken);
    gaps.tellSettled();
    for (const after of said) gaps.say(after, now);
  }

  const isGone = (): boolean => state === 'gone';

  async function pump(): Promise<void> {
    await Promise.resolve(); // let everything that arrived in this turn of the loop into the first group
    while (!queue.isEmpty() && held !== undefined && !isGone()) {
      try {
        await turn(held);
      } catch (error) {
        if (!(error instanceof Overtaken)) log.error({ error, doc: id }, 'document given up');
        leaveAll(CLOSE.storage);
      }
    }
  }

  const after = (link: Link, speak: (loaded: Loaded) => void): void => {
    give({ after: { link, say: speak } });
  };

  /** In the queue's order: what somebody is greeted with is durable. */
  const greet = (link: Link): void => {
    after(link, (loaded) => {
      tellRight(link, loaded);
      link.send(awareness.all());
    });
  };

  const isIdle = (): boolean => links.size === 0 && queue.isEmpty() && pumping === undefined && aside.isEmpty();

  return {
    links: (): ReadonlySet<Link> => links,
    isGone,

    /** Loads the document, then lets in what waited. Throws what the store throws; the room is gone then. */
    open: async (): Promise<void> => {
      try {
        held = await docs.load(id);
      } catch (error) {
        leaveAll(CLOSE.storage);
        throw error;
      }
      state = 'open';
      for (const link of links) {
        greet(link);
        for (const frame of link.early.take()) intake.receive(link, frame, held);
      }
    },

    join: (link: Link): void => {
      links.add(link);
      if (held !== undefined) greet(link);
    },

    leave: (link: Link): void => {
      links.delete(link);
      awareness.leave(link);
    },

    receive: (link: Link, frame: Uint8Array): void => {
      if (state === 'open' && held !== undefined) intake.receive(link, frame, held);
      else if (state === 'loading' && !link.early.keep(frame)) link.close(CLOSE.storage);
    },

    /** Runs in the queue, when everything before it is durable; rejects when the document had to be given up. */
    atRest: <T>(run: (loaded: Loaded) => Promise<T> | T): Promise<T> =>
      new Promise((resolve, reject) => {
        const whole = async (loaded: Loaded): Promise<void> => {
          try {
            resolve(await run(loaded));
          } catch (error) {
            reject(error instanceof Error ? error : new Error(String(error)));
          }
        };
        give({ run: { run: whole, drop: reject } });
      }),

    /** For whoever runs `atRest`: takes an edit by the server, shows what was read, tells what everybody may. */
    takeOwn: async (loaded: Loaded, own: Accepted, entry: string): Promise<void> => {
      try {
        const taken = applyEdit(loaded, own);
        await keepAndShow(loaded, taken === undefined ? [] : [taken], entry);
      } catch (error) {
        leaveAll(CLOSE.storage); // the document in memory may hold what the store does not
        throw error;
      }
    },
    ...{ others: crowd.relay, tellAll: crowd.tellAll },

    /** What other processes wrote meanwhile. */
    refresh: (): void => {
      if (state !== 'open') return;
      const run = async (loaded: Loaded): Promise<void> => {
        const { sealed } = loaded;
        crowd.relay(await docs.refresh(id, loaded));
        if (loaded.sealed !== sealed) crowd.tellAll(loaded);
      };
      give({ run: { run, drop: () => undefined } });
    },

    /** Takes effect in place; says so where it changes something. */
    setRight: (link: Link, right: DocAccess): void => {
      if (link.role === right.role && link.state === right.state) return;
      const isOther = link.role !== right.role;
      Object.assign(link, { role: right.role, state: right.state });
      after(link, (loaded) => {
        if (isOther) tellRight(link, loaded);
        else crowd.tellStatus(link, loaded);
      });
    },

    /** What is due from time to time: whoever reads again is sent what was left out; who never does is closed. */
    tend: (): void => {
      if (state !== 'open') return;
      for (const link of links) {
        link.checkSlow(tuning.slowFor);
        if (link.owed && link.hasDrained()) {
          link.owed = false;
          after(link, ({ doc }) => {
            link.sendText(step2Message(Y.encodeStateAsUpdate(doc))); // an answer may be among what was left out
          });
        }
      }
      // The receipts that waited go with the next turn.
      for (const link of links) if (held !== undefined && gaps.expire(held, link)) after(link, () => undefined);
    },

    beat: (): void => {
      crowd.beat(held);
    },

    /** Lets go of the document if nobody needs it; asked again after the wait, since somebody may have come. */
    evict: async (): Promise<void> => {
      if (held === undefined || !isIdle()) return;
      await keeper.snapshotIfWorthIt(held);
      if (isIdle()) leaveAll(CLOSE.goingAway);
    },

    /** Takes nothing more, finishes what was begun, and lets go of the document. */
    close: async (): Promise<void> => {
      if (state === 'open') state = 'closing';
      while (pumping !== undefined || !aside.isEmpty()) await (pumping ?? aside.settled());
      if (held !== undefined && state === 'closing') await keeper.snapshotIfWorthIt(held);
      leaveAll(CLOSE.goingAway);
    },
  };
}
