import { existsSync } from 'node:fs';
import path from 'node:path';
import { ConfigError, readConfig, type Config } from '#server/config.ts';
import { walk, type Walk } from '#server/platform/chains.ts';
import { checkFiles } from '#server/platform/files.check.ts';
import { createFilesModel } from '#server/platform/files.model.ts';
import { openStore, type Store } from '#server/platform/store.ts';
import { createEventsModel, type EventsModel } from '#server/platform/streams.model.ts';

/* What the verbs that keep a store have in common. */

/** The one argument such a verb takes. */
export function oneFolder(args: readonly string[], usage: string): string {
  const [given] = args;
  if (args.length !== 1 || given === undefined || given.startsWith('-')) throw new ConfigError(`Usage: ${usage}`);
  return path.resolve(given);
}

export const config = (): Config => readConfig(process.env, { demo: false });

/** The folder of the embedded store the hub is set to. @throws ConfigError for any other engine, with what to use there */
export function embeddedFolder({ store }: Config, verb: string): string {
  if (!store.startsWith('embedded:'))
    throw new ConfigError(
      `linli ${verb} is for the embedded store. On MongoDB use mongodump and mongorestore, or linli export and import.`,
    );
  return store.slice('embedded:'.length);
}

/** Whether an embedded store has ever been opened in this folder. */
export const holdsStore = (folder: string): boolean => existsSync(path.join(folder, 'data.mdb'));

/** @throws ConfigError where there is nothing to read */
export function mustHoldStore(folder: string): void {
  if (!holdsStore(folder)) throw new ConfigError(`There is no store in ${folder}.`);
}

export function mustBeFree(target: string): void {
  if (existsSync(target)) throw new ConfigError(`${target} is there already: name a folder that is not.`);
}

interface Opened {
  db: Store;
  events: EventsModel;
}

/** Opens a store, hands it over, and closes it whatever comes of it. */
export async function withStore<T>(
  url: string,
  options: { readOnly: boolean },
  work: (opened: Opened) => Promise<T>,
): Promise<T> {
  const db = await openStore(url, options);
  try {
    return await work({ db, events: createEventsModel(db) });
  } finally {
    await db.close();
  }
}

/** All chains of an embedded store, which may belong to a running hub. */
export const walkFolder = (folder: string): Promise<Walk> =>
  withStore(`embedded:${folder}`, { readOnly: true }, ({ events }) => walk(events.all()));

/** What of the files of an embedded store, kept in `files`, is missing or damaged. */
export const filesFaults = (folder: string, files: string): Promise<string[]> =>
  withStore(`embedded:${folder}`, { readOnly: true }, async ({ db }) => {
    const there = await db.listCollections(); // a store from before there were uploads has none
    return there.some(({ name }) => name === 'files') ? checkFiles(createFilesModel(db).all(), files) : [];
  });

/** As every verb tells it, so that two of them can be laid side by side. */
export const told = ({ events, streams, digest }: Pick<Walk, 'events' | 'streams' | 'digest'>): string =>
  `${events} events on ${streams} streams, digest ${digest}`;
