import { createContext } from 'svelte';
import { createDrafts, type Drafts } from './drafts.ts';
import { openDb } from './idb.ts';
import { newId } from './ids.ts';
import { createLead, openChannel } from './lead.ts';
import { registerOffline } from './offline.ts';
import { Outbox } from './outbox.ts';
import { createSocket, type Socket } from './socket.ts';
import { createStreams, type Streams } from './streams.ts';
import type { Db } from './db.ts';
import type { Line } from './line.ts';
import type { Session, User } from './session.svelte.ts';

/*
 * Everything a feature needs of the platform, for one signed-in person. The roof makes one hub per person and calls
 * `stop()` when that person leaves; names of people and units are handed in, because the floor knows no feature.
 */

export interface Named {
  name: string;
  /** In words, as held now: 信息员. */
  post: string;
}

export interface UnitRef {
  id: string;
  code: string;
  name: string;
  level: string;
  parent: string | null;
}

export interface Hub {
  user: User;
  /** Asks for a row of the contract now. For what must not be lost, `outbox.send`. */
  request: Line['request'];
  /** `status` and `blocked` are reactive; `tell` and `on` for presence and typing. */
  line: Line;
  outbox: Outbox;
  streams: Streams;
  session: Session;
  db: Db;
  drafts: Drafts;
  /** Undefined until known; asking makes it known. Reactive if the roof's is. */
  nameOf: (person: string) => Named | undefined;
  unitOf: (unit: string) => UnitRef | undefined;
  stop: () => void;
}

export const [getHub, setHub] = createContext<Hub>();

export interface HubDeps {
  session: Session;
  user: User;
  nameOf: Hub['nameOf'];
  unitOf: Hub['unitOf'];
  /** Queries the first screen asks, which do not wait for the line. */
  early?: ReadonlySet<string>;
}

/** What a person leaves on a device they sign out of: what is not yet sent, and nothing else. */
const LEAVES = ['events', 'tails', 'drafts', 'kv'] as const;

/** Connects at once; `stop` closes it all. */
export function createHub({ session, user, nameOf, unitOf, early }: HubDeps): Hub {
  const db = openDb(user.id, globalThis.indexedDB);
  const line = createSocket({
    origin: location.origin,
    hasNetwork: () => navigator.onLine,
    onSignedOut: () => void session.end('expired'),
    ...(early && { early }),
  });
  const streams = createStreams({
    db,
    line,
    onEvent: (event) => {
      if ('id' in event) outbox.seen(event);
    },
  });
  const outbox = createOutbox(user.id, { db, line, streams });
  const drafts = createDrafts(db);
  const offs = [
    line.on('session:ended', ({ reason }) => void session.end(reason === 'expired' ? 'expired' : 'ended')),
    watchPage(line, drafts),
    session.listen(),
  ];

  session.onend = async (reason) => {
    outbox.stop();
    await Promise.all([streams.stop(), drafts.flush()]);
    // Expired: the same person comes back, and nobody else opens this database. Otherwise the device forgets them,
    // but for what they wrote and the server has not got.
    if (reason !== 'expired') await db.clear(LEAVES).catch(() => undefined);
    return outbox.unsent.length;
  };

  void outbox.start();
  line.start();
  void registerOffline();
  return {
    user,
    request: line.request,
    line,
    outbox,
    streams,
    session,
    db,
    drafts,
    nameOf,
    unitOf,
    stop: () => {
      for (const off of offs) off();
      outbox.stop();
      line.stop();
      void Promise.all([streams.stop(), drafts.flush()]).then(() => {
        db.close();
      });
    },
  };
}

function createOutbox(person: string, { db, line, streams }: { db: Db; line: Line; streams: Streams }): Outbox {
  const name = `linli-outbox:${person}`;
  const locks = (navigator as { locks?: LockManager }).locks;
  const lead = createLead(newId(), locks, localStorageIfAny());
  return new Outbox({
    db,
    line,
    lead: (begin) => lead.take(name, begin),
    channel: openChannel(name),
    closeGap: (stream, seq) => streams.until(stream, seq),
  });
}

/** Some browsers throw on the mere mention of it. */
export function localStorageIfAny(): Storage | undefined {
  try {
    return localStorage;
  } catch {
    return undefined;
  }
}

function watchPage(line: Socket, drafts: Drafts): () => void {
  const look = (): void => {
    if (document.visibilityState === 'visible') line.wake();
    else void drafts.flush();
  };
  const events = ['online', 'pageshow', 'pagehide'] as const;
  document.addEventListener('visibilitychange', look);
  for (const event of events) addEventListener(event, look);
  return () => {
    document.removeEventListener('visibilitychange', look);
    for (const event of events) removeEventListener(event, look);
  };
}
