import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import path from 'node:path';
import type { FileRow } from './files.model.ts';

async function hashOf(at: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(at), hash);
    return hash.digest('hex');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * What of the files that events may name is missing from a folder of blobs or is not what its name says, in words. Every
 * byte is read. Uploads that nothing names may be swept at any moment, and are no loss.
 */
export async function checkFiles(rows: AsyncIterable<FileRow>, folder: string): Promise<string[]> {
  const faults: string[] = [];
  for await (const { _id, named, blobs } of rows) {
    for (const blob of named ? blobs : []) {
      const found = await hashOf(path.join(folder, blob.slice(0, 2), blob));
      if (found !== blob) faults.push(`file ${_id}: its bytes ${found === undefined ? 'are missing' : 'are damaged'}`);
    }
  }
  return faults;
}
