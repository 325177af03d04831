import type { Server } from 'node:http';
import type { RequestHandler } from 'express';
import { createApp, type App } from './app.ts';
import { ConfigError, refuseOpenSecrets, type Config } from './config.ts';
import { refuseNetworkDisk } from './config.disk.ts';
import { createClock, type SettableClock } from './platform/clock.ts';
import { createLog, type Log } from './platform/log.ts';
import { builtPage } from './platform/page.ts';
import { TransferError } from './platform/transfer.ts';

interface Options {
  dev: boolean;
  /** Folder of the built client. */
  client: string;
  /** Runs after the hub is built and before it listens. */
  prepare?: (app: App, clock: SettableClock) => Promise<void>;
}

async function vitePage(http: Server): Promise<RequestHandler> {
  const { createServer } = await import('vite');
  const vite = await createServer({ server: { middlewareMode: true, hmr: { server: http } }, appType: 'spa' });
  return vite.middlewares;
}

/** Something nobody caught: say so, stop taking, and leave within two seconds (security #64). */
function dieOn(log: Log, app: App): void {
  const die = (kind: string) => (error: unknown) => {
    log.fatal({ error }, kind);
    setTimeout(() => process.exit(1), 2_000).unref();
    void app.close().finally(() => process.exit(1));
  };
  process.on('uncaughtException', die('uncaught exception'));
  process.on('unhandledRejection', die('unhandled rejection'));
}

/** What an operator can do something about, in a sentence; everything else keeps its stack. */
export function sentenceFor(error: unknown): string | undefined {
  if (error instanceof ConfigError) return error.message;
  if (error instanceof TransferError) return `${error.message}.`;
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  if (error.code === 'storage') return `The store cannot be opened: ${error.message}.`;
  if (error.code === 'EADDRINUSE') return 'Somebody else listens there already: choose another LINLI_PORT.';
  if (error.code === 'EACCES') return `Not allowed: ${error.message}.`;
  return undefined;
}

/** Starts a hub, prints where it listens, and drains on SIGTERM or SIGINT: everything acknowledged is kept. */
export async function run(config: Config, { dev, client, prepare }: Options): Promise<App> {
  await refuseOpenSecrets(config.secrets);
  await refuseNetworkDisk(config.store);
  const log = createLog(config.log);
  const page = dev ? vitePage : () => builtPage(client);
  const clock = createClock();
  const app = await createApp({ config, clock, log, page, client: dev ? undefined : client });
  dieOn(log, app);
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    app.close().then(
      () => process.exit(0),
      (error: unknown) => {
        log.fatal({ error }, 'not closed cleanly');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  await prepare?.(app, clock);
  const url = await app.listen();
  console.log(`linli listening on ${url}`);
  if (app.features.directory.isEmpty()) {
    console.log(`First start: open ${url}/setup and enter the set-up code ${app.features.setup.code}`);
  }
  return app;
}
