import { gridBlobs } from './blobs.grid.ts';
import { folderBlobs } from './blobs.ts';
import type { Clock } from './clock.ts';
import { createFilesModel } from './files.model.ts';
import { createFiles, type Files } from './files.ts';
import { createPictures } from './pictures.ts';
import type { Store } from './store.ts';

interface Setting {
  db: Store;
  clock: Clock;
  config: { files: string; filesIn: 'folder' | 'store'; limits: 'normal' | 'off' };
}

/** Uploaded files where the settings put them: a folder, or GridFS in the store itself. */
export async function openFiles({ db, clock, config }: Setting): Promise<Files> {
  const model = createFilesModel(db);
  await model.init();
  const blobs = config.filesIn === 'folder' ? await folderBlobs(config.files) : await gridBlobs(db);
  return createFiles({ model, blobs, pictures: createPictures(), clock, limited: config.limits !== 'off' });
}
