import { mkdir } from 'node:fs/promises';
import mongoose, { type Connection } from 'mongoose';
import { driver } from './embedded/driver.ts';

/** An open store, as models are made from it. */
export type Store = Connection;

/**
 * Opens the store behind a URL: `embedded:<folder>` is LMDB under Mongoose, `mongodb://…` the official driver with
 * acknowledgement by a journalled majority. Nothing above this line knows which one it is. `readOnly` opens a folder
 * beside the process that owns it.
 */
export async function openStore(url: string, { readOnly = false } = {}): Promise<Store> {
  const instance = new mongoose.Mongoose();
  instance.set('autoCreate', false);
  instance.set('autoIndex', false);
  instance.set('strictQuery', true);
  instance.set('sanitizeFilter', true); // nobody's input is a query (security #39)
  if (!url.startsWith('embedded:')) {
    return instance
      .createConnection(url, { writeConcern: { w: 'majority', journal: true }, readConcern: { level: 'majority' } })
      .asPromise();
  }
  if (!readOnly) await mkdir(url.slice('embedded:'.length), { recursive: true, mode: 0o700 });
  instance.setDriver(driver);
  return instance.createConnection(url, { readOnly } as object).asPromise();
}
