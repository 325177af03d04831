import { createApp, type App } from '#server/app.ts';
import type { Config } from '#server/config.ts';
import { createClock } from '#server/platform/clock.ts';
import { createLog } from '#server/platform/log.ts';

/** The hub put together on its store, up to date and listening to nobody: for what is done to it while it is closed. */
export const closedApp = (settings: Config): Promise<App> =>
  createApp({
    config: settings,
    clock: createClock(),
    log: createLog(settings.log),
    page: () => (_request, response) => void response.status(503).end(),
  });
