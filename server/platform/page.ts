import { readFile } from 'node:fs/promises';
import path from 'node:path';
import express, { type RequestHandler } from 'express';

const YEAR = 365 * 24 * 3600 * 1000; // ms; built assets carry their hash in the name

/** Address of a stylesheet of the client's sources: hashed in a build, as it is named in development. */
export async function stylesheetOf(source: string): Promise<string> {
  const key = source.replace(/^client\//, '');
  try {
    const manifest = JSON.parse(await readFile(path.resolve('dist/client/.vite/manifest.json'), 'utf8')) as Manifest;
    return `/${manifest[key]?.file ?? key}`;
  } catch {
    return `/${key}`;
  }
}

type Manifest = Record<string, { file: string } | undefined>;

/** The built client: hashed assets for ever, the shell always fresh, and the shell for every address of the app. */
export function builtPage(folder: string): RequestHandler {
  const router = express.Router();
  router.use('/assets', express.static(path.join(folder, 'assets'), { immutable: true, maxAge: YEAR, index: false }));
  router.use(
    express.static(folder, {
      index: false,
      dotfiles: 'ignore',
      setHeaders: (response) => {
        response.setHeader('Cache-Control', 'no-cache');
      },
    }),
  );
  router.get('/{*rest}', (request, response, next) => {
    if (request.accepts('html') === false || path.extname(request.path) !== '') {
      next();
      return;
    }
    response.set('Cache-Control', 'no-cache').sendFile('index.html', { root: folder });
  });
  router.use((_request, response) => {
    response.status(404).type('text').send('Not found.\n');
  });
  return router;
}
