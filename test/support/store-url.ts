import { createHash } from 'node:crypto';
import mongoose from 'mongoose';
import { onTestFinished } from 'vitest';

/** The server the tests run on: `mongodb://…` in LINLI_TEST_STORE; without it each has an embedded store of its own. */
export const server = process.env['LINLI_TEST_STORE'];

/** The same server with a database of this name. */
export const databaseOn = (url: string, name: string): string =>
  url.replace(/^(mongodb(?:\+srv)?:\/\/[^/?]+)\/?[^?]*/, `$1/${name}`);

/**
 * What LINLI_STORE is for a folder of a test: the embedded store in it, or the database that stands for it on the
 * server the tests run on, dropped when the test is over. The same folder is the same store, however often it is asked.
 */
export function storeAt(folder: string): string {
  if (server === undefined) return `embedded:${folder}`;
  const name = `linli_${createHash('sha256').update(folder).digest('hex').slice(0, 16)}`;
  const url = databaseOn(server, name);
  onTestFinished(async () => {
    const { connection } = await mongoose.connect(url);
    await connection.dropDatabase();
    await mongoose.disconnect();
  });
  return url;
}
