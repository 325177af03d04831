import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import mongoose, { type Connection } from 'mongoose';
import { temporaryScratch, type Blobs } from './blobs.ts';

/**
 * Blobs in GridFS, beside everything else of the hub on its MongoDB, with the connection's write concern. The name is
 * the hash and not the id: chunks that an upload left when its process ended must not stand in the next one's way.
 */
export async function gridBlobs({ db }: Connection): Promise<Blobs> {
  if (db === undefined) throw new Error('GridFS is asked for before the store is open');
  const bucket = new mongoose.mongo.GridFSBucket(db, { bucketName: 'blobs' });
  const scratch = await temporaryScratch();
  const named = (hash: string) => bucket.find({ filename: hash }).toArray();

  return {
    scratch,
    keep: async (from, hash) => {
      const before = await named(hash);
      const upload = bucket.openUploadStream(hash);
      try {
        await pipeline(createReadStream(from), upload);
      } catch (error) {
        await upload.abort().catch(() => undefined); // it may be what failed; the sweep of the next day looks again
        throw error;
      }
      // The newer one stays: its date says when the bytes were last given.
      for (const { _id } of before) await bucket.delete(_id);
      await rm(from, { force: true });
    },
    open: async (hash, range) => {
      const [found] = await named(hash);
      if (found === undefined) return undefined;
      return bucket.openDownloadStream(found._id, range && { start: range.start, end: range.end + 1 });
    },
    drop: async (hash) => {
      for (const { _id } of await named(hash)) await bucket.delete(_id);
    },
    all: async function* () {
      for await (const { filename, uploadDate } of bucket.find({})) yield { hash: filename, at: uploadDate.getTime() };
    },
    close: () => rm(scratch, { recursive: true, force: true }),
  };
}
