import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import express, { type Request, type RequestHandler } from 'express';

const YEAR = 365 * 24 * 3600 * 1000; // ms; built assets carry their hash in the name

/** Address of a stylesheet of the client's sources: hashed in the build in `folder`, as it is named in development. */
export async function stylesheetOf(folder: string | undefined, source: string): Promise<string> {
  const key = source.replace(/^client\//, '');
  if (folder === undefined) return `/${key}`;
  try {
    const manifest = JSON.parse(await readFile(path.join(folder, '.vite/manifest.json'), 'utf8')) as Manifest;
    return `/${manifest[key]?.file ?? key}`;
  } catch {
    return `/${key}`;
  }
}

type Manifest = Record<string, { file: string } | undefined>;

type Encoding = 'br' | 'gzip';
const PACKED = /^\/[\w.-]+\.(?:js|css)$/;
/** Nearly the smallest there is, at a tenth of its time: somebody is waiting for the first one. */
const FIRM = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } };
const brotli = promisify(brotliCompress);
const pack = { br: (bytes: Buffer) => brotli(bytes, FIRM), gzip: promisify(gzip) };

/** The best of what the browser unpacks; undefined for a part of a file, which is a part of the file as it is. */
function encodingFor(request: Request): Encoding | undefined {
  if (request.get('range') !== undefined) return undefined;
  return (['br', 'gzip'] as const).find((encoding) => request.acceptsEncodings(encoding) !== false);
}

/**
 * Built scripts and styles, packed when they are first asked for and kept: their names change with their content, so
 * this happens once for each in the life of the hub. Everything else is left to what follows.
 */
function packedAssets(folder: string): RequestHandler {
  const kept = new Map<string, Promise<Buffer>>();
  return async (request, response, next) => {
    response.vary('Accept-Encoding');
    const encoding = encodingFor(request);
    if (!PACKED.test(request.path) || !['GET', 'HEAD'].includes(request.method) || encoding === undefined) {
      next();
      return;
    }
    const key = `${encoding} ${request.path}`;
    const packed = kept.get(key) ?? readFile(path.join(folder, request.path)).then((bytes) => pack[encoding](bytes));
    kept.set(key, packed);
    try {
      const bytes = await packed;
      response.set({ 'Cache-Control': `public, max-age=${YEAR / 1000}, immutable`, 'Content-Encoding': encoding });
      response.type(path.extname(request.path)).send(bytes);
    } catch {
      kept.delete(key); // no such file, or not readable: the next handler says so
      next();
    }
  };
}

/** The built client: hashed assets for ever, the shell always fresh, and the shell for every address of the app. */
export function builtPage(folder: string): RequestHandler {
  const router = express.Router();
  router.use('/assets', packedAssets(path.join(folder, 'assets')));
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
