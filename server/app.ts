import type { IncomingMessage, Server } from 'node:http';
import type { RequestHandler } from 'express';
import * as v from 'valibot';
import { Id } from '#shared/wire/define.ts';
import { createFeatures, type Features } from './features.ts';
import { isEmbedded, type Config } from './config.ts';
import { openBreachedList } from './config.breached.ts';
import { createCookies } from './people/people.cookies.ts';
import { peopleRoutes } from './people/people.routes.ts';
import { joinBus, noBus, type Moved } from './platform/bus.ts';
import { addressOf, type Believed } from './platform/address.ts';
import type { Clock } from './platform/clock.ts';
import { createCheckpointsModel } from './platform/consume.model.ts';
import { createConsumers } from './platform/consume.ts';
import { createDispatch, type Dispatch } from './platform/dispatch.ts';
import { openFiles } from './platform/files.open.ts';
import { filesRoutes } from './platform/files.routes.ts';
import { createHttp } from './platform/http.ts';
import { createLimiter } from './platform/limits.ts';
import { createHttpServer, createLines, type Kind } from './platform/lines.ts';
import type { Log } from './platform/log.ts';
import { metrics } from './platform/metrics.ts';
import { cookieName, readCookie } from './platform/origin.ts';
import { createReadinessModel } from './platform/ready.model.ts';
import { createReadiness } from './platform/ready.ts';
import { createSockets, type Sockets } from './platform/sockets.ts';
import { stylesheetOf } from './platform/page.ts';
import { openStore } from './platform/store.ts';
import { createEventsModel } from './platform/streams.model.ts';
import { createStreams } from './platform/streams.ts';
import { TOLD_FIRST } from './rights.ts';
import { createMerged } from './platform/turns.ts';
import { dispatchUpgrades } from './platform/upgrades.ts';

/** What the hub is given from outside: its settings, the time, where to complain, and the client's pages. */
export interface Surroundings {
  config: Config;
  clock: Clock;
  log: Log;
  /** Folder of the built client; none in development, where files are named as they are in the sources. */
  client?: string | undefined;
  /** Built files, or Vite's middleware in development. */
  page: (http: Server) => RequestHandler | Promise<RequestHandler>;
}

export type Floor = Awaited<ReturnType<typeof openFloor>>;
export type App = Awaited<ReturnType<typeof createApp>>;

/** The store and the streams on it, and what else is open for as long as they are. */
async function openFloor({ config, clock, log }: Surroundings) {
  const breached = await openBreachedList(config.breached); // first: a wrong setting leaves nothing open
  const db = await openStore(config.store);
  const bus = config.redis === undefined ? noBus : await joinBus(config.redis, log);
  // A folder has one owner; a server may always have more hubs on it than this one.
  const others = isEmbedded(config.store) ? undefined : { bus, pointed: TOLD_FIRST };
  const streams = createStreams({ model: createEventsModel(db), clock, others });
  await streams.start();
  const consumers = createConsumers({ streams, checkpoints: createCheckpointsModel(db), log });
  const files = await openFiles({ db, clock, config });
  return { config, clock, log, breached, db, bus, streams, consumers, files };
}

/** Where a hub that listens can be reached; the printed address and the same port on `localhost` unless told. */
function originsOf(config: Config, http: Server): readonly string[] {
  const address = http.address();
  if (config.origins !== undefined) return config.origins;
  if (address === null || typeof address === 'string') return [];
  const hosts = new Set([config.host, 'localhost', ...(config.host === '0.0.0.0' ? ['127.0.0.1'] : [])]);
  return [...hosts].map((host) => `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`);
}

/** A limit's key is who, then what: whoever is no person is an address, and stands in no log of ours. */
const noteRateOf =
  (refusals: Features['refusals']) =>
  (key: string): void => {
    const cut = key.indexOf(' ');
    const [who, what] = [key.slice(0, cut), key.slice(cut + 1)];
    if (what === 'handshake' || what === 'turned away') return; // noted where lines are refused
    refusals.noteRate(v.is(Id, who) ? who : undefined, what);
  };

interface Served {
  surroundings: Surroundings;
  floor: Floor;
  features: Features;
  dispatch: Dispatch;
}

/** Both ways in, HTTP and sockets, on one server. Nothing listens yet. */
async function serve({ surroundings, floor, features, dispatch }: Served) {
  const { config, log, page } = surroundings;
  const http = createHttpServer();
  const origins = (): readonly string[] => originsOf(config, http);
  const { refusals } = features;
  const limiter = config.limits === 'off' ? undefined : createLimiter(Date.now, noteRateOf(refusals));
  const { sessions, readers, access } = features;
  const { streams } = floor;
  const lines = createLines({
    limiter,
    addressOf: (request) => addressOf(request, app.get('trust proxy fn') as Believed),
    personOf: async (request: IncomingMessage) => {
      const secret = readCookie(request, cookieName(origins()));
      return secret === undefined ? undefined : (await sessions.caller(secret))?.actor.person;
    },
  });
  const door = (kind: Kind) => ({
    admit: (request: IncomingMessage) => lines.admit(request, kind),
    turned: (code: string) => {
      refusals.noteLine(kind, code);
    },
  });
  const around = { limiter, log, ...door('socket') };
  const sockets = createSockets({ http, origins, sessions, dispatch, streams, readers, access, ...around });
  const ready = createReadiness({ write: createReadinessModel(floor.db).write, stuck: floor.consumers.stuck, log });
  const app = createHttp({
    origins,
    proxies: config.proxies,
    sessions,
    carry: createCookies(origins).setSession,
    dispatch,
    strangers: refusals.noteStranger,
    violated: refusals.noteViolation,
    limiter,
    ready,
    metrics: () => Promise.resolve(metrics({ linli_sockets: sockets.count() })),
    routers: [
      { path: '/api', router: peopleRoutes({ ...features, origins }) },
      { path: '/api/files', router: filesRoutes({ ...features, files: floor.files, origins, limiter }) },
      ...features.routers,
    ],
    page: await page(http),
  });
  http.on('request', app);
  const { mayTurnAway } = lines;
  dispatchUpgrades({ http, origins, ...door('text'), collab: features.collab, mayTurnAway, lenient: false });
  return { http, sockets, origins };
}

function close(http: Server): Promise<void> {
  return new Promise((resolve) => {
    http.close(() => {
      resolve();
    });
    http.closeAllConnections();
  });
}

/**
 * The roof: opens the store, builds the features, connects them, and leaves the listening to its caller. After
 * `close` everything acknowledged is in the store and nothing of it is open any more.
 */
export async function createApp(surroundings: Surroundings) {
  const floor = await openFloor(surroundings);
  // Nobody is connected before the hub serves; a post may end by date while it is still being built.
  const open: { sockets?: Sockets; features?: Features; origins?: () => readonly string[] } = {};
  const unasked = (error: unknown): void => {
    surroundings.log.error({ error }, 'rights not asked again'); // they are asked before the next delivery
  };
  // Side by side and each never twice at a time: every event that changes rights asks for all of it again.
  const rechecks = [
    createMerged(() => open.sockets?.recheck() ?? Promise.resolve()),
    createMerged(() => open.features?.recheckDocs() ?? Promise.resolve()),
  ];
  const movedHere = (moved: Moved): void => open.sockets?.moved(moved);
  floor.bus.on('moved', movedHere);
  const features = await createFeatures(floor, {
    moved: (moved) => {
      movedHere(moved);
      floor.bus.say('moved', moved);
    },
    end: (who, reason) => {
      open.sockets?.end(who, reason);
      const isTheirs = (one: { session: string; person: string }): boolean =>
        one.session === who.session || one.person === who.person;
      open.features?.recheckDocs(isTheirs).catch(unasked);
    },
    cut: (key) => {
      open.sockets?.cut(key);
      open.features?.docs.cut(key);
    },
    recheck: () => {
      for (const recheck of rechecks) recheck().catch(unasked);
    },
    origins: () => open.origins?.() ?? [],
    stylesheet: await stylesheetOf(surroundings.client, 'client/styles/public.css'),
  });
  open.features = features;
  await floor.consumers.start();
  const unfollow = await floor.streams.follow?.((error) => {
    surroundings.log.error({ error }, 'what other processes wrote was not read, trying again');
  });
  await features.begin();
  const rights = { ...features.access, current: floor.streams.current, actorOf: features.directory.actor };
  const dispatch = createDispatch(features.bindings, surroundings.log, { refused: features.refusals.note, rights });
  const served = await serve({ surroundings, floor, features, dispatch });
  open.sockets = served.sockets;
  open.origins = served.origins;
  floor.streams.onCommitted(served.sockets.announce);
  const { http } = served;

  return {
    ...floor,
    features,
    dispatch,
    origins: served.origins,
    http,

    /** Resolves with the address it listens on. */
    listen: (): Promise<string> =>
      new Promise((resolve, reject) => {
        http.once('error', reject);
        http.listen(surroundings.config.port, surroundings.config.host, () => {
          resolve(served.origins()[0] ?? '');
        });
      }),

    /** Stops taking, finishes what was begun, closes the store. */
    close: async (): Promise<void> => {
      // Together: Socket.IO waits for every connection of the server, those of the documents among them.
      await Promise.all([features.close(), served.sockets.close()]);
      await close(http);
      await unfollow?.();
      await floor.consumers.stop();
      await features.lastAnchor();
      await floor.files.close();
      await floor.bus.close();
      await floor.db.close();
      await floor.breached.close();
    },
  };
}
