import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Router, type Request, type Response } from 'express';
import * as v from 'valibot';
import type { Actor } from '#shared/people/people.rules.ts';
import { Id } from '#shared/wire/define.ts';
import { AppError } from '#shared/wire/error.ts';
import { isPicture, MAX_FILE_BYTES } from '#shared/wire/files.limits.ts';
import { FileName } from '#shared/wire/files.ts';
import type { ByteRange } from './blobs.ts';
import { toFacts, type Files } from './files.ts';
import type { FileRow } from './files.model.ts';
import { rateOf, type Limiter } from './limits.ts';
import { cookieName, readCookie } from './origin.ts';
import type { Sessions } from './caller.ts';

interface Deps {
  files: Files;
  sessions: Sessions;
  origins: () => readonly string[];
  limiter: Limiter | undefined;
  /** Whether somebody may have this file now: its uploader, or who may read an event that names it. */
  mayRead: (actor: Actor, file: FileRow) => Promise<boolean>;
}

/** Nothing in a file is ever a page of ours, whatever a browser takes it for (security #56). */
const SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

const Asked = v.object({ name: v.optional(FileName) });

/** The announced length in bytes. Without one nothing is taken: chunked bodies have no end that can be counted on. */
function lengthOf(request: Request): number {
  const length = Number(request.get('content-length'));
  if (!Number.isInteger(length) || length < 1) throw new AppError('bad_input', 'Content-Length is missing.');
  if (length > MAX_FILE_BYTES) throw new AppError('too_large', 'At most 20 MiB.');
  return length;
}

/** One range of bytes (RFC 9110 §14.1.2); several, or one that cannot be met, is answered with everything. */
function rangeOf(request: Request, size: number): ByteRange | undefined {
  const found = /^bytes=(\d*)-(\d*)$/.exec(request.get('range') ?? '');
  const [, from = '', to = ''] = found ?? [];
  if (from === '' && to === '') return undefined;
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const end = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  return start <= end ? { start, end } : undefined;
}

function disposition({ name, type }: FileRow): string {
  const whole = name ?? `file${type === 'text/plain' ? '.txt' : ''}`;
  const plain = whole.replace(/[^\w. -]/gu, '_');
  const encoded = encodeURIComponent(whole).replace(/['()*]/gu, (sign) => `%${sign.charCodeAt(0).toString(16)}`);
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`; // RFC 6266 §5
}

function setHeaders(response: Response, file: FileRow, small: boolean): void {
  const hash = (small ? file.small?.sha256 : undefined) ?? file.sha256;
  const type = small && file.small !== null ? 'image/webp' : file.type;
  response.set({
    'Content-Type': type === 'text/plain' ? 'text/plain; charset=utf-8' : type,
    'Content-Disposition': disposition(file),
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy': SANDBOX,
    // It may be kept on this person's device, and is asked for each time: a right may be gone.
    'Cache-Control': 'private, no-cache',
    ETag: `"${hash}"`,
    'Accept-Ranges': 'bytes',
  });
}

/** `PUT` and `GET /api/files/<id>`: one file, its bytes as they are. */
export function filesRoutes({ files, sessions, origins, limiter, mayRead }: Deps): Router {
  const router = Router();

  async function callerOf(request: Request, rate: 'files:put' | 'files:get'): Promise<Actor> {
    const secret = readCookie(request, cookieName(origins()));
    const caller = secret === undefined ? undefined : await sessions.caller(secret);
    if (caller === undefined) throw new AppError('unauthenticated');
    limiter?.take(`${caller.actor.person} ${rate}`, rateOf(rate));
    return caller.actor;
  }
  const idOf = (request: Request): string | undefined => {
    const parsed = v.safeParse(Id, request.params['id']);
    return parsed.success ? parsed.output : undefined;
  };

  router.put('/:id', async (request, response) => {
    const { person } = await callerOf(request, 'files:put');
    const id = idOf(request);
    if (id === undefined) throw new AppError('bad_input', 'The id is a UUID.', { field: 'id' });
    if (request.is('application/octet-stream') !== 'application/octet-stream')
      throw new AppError('bad_input', 'One file, as application/octet-stream.');
    const asked = v.safeParse(Asked, request.query);
    if (!asked.success) throw new AppError('bad_input', 'The name is not usable.', { field: 'name' });
    const given = { id, owner: person, name: asked.output.name, length: lengthOf(request), bytes: request as Readable };
    const { name: _name, ...facts } = toFacts(await files.put(given));
    response.json({ ok: true, ...facts });
  });

  router.get('/:id', async (request, response) => {
    const actor = await callerOf(request, 'files:get');
    const id = idOf(request);
    const file = id === undefined ? undefined : await files.find(id);
    if (file === undefined || !(await mayRead(actor, file))) throw new AppError('not_found');
    const small = request.query['size'] === 'small' && isPicture(file) && file.small !== null;
    const size = small ? (file.small?.size ?? 0) : file.size;
    const range = rangeOf(request, size);
    const bytes = await files.open(file, small, range);
    if (bytes === undefined) throw new AppError('not_found');
    setHeaders(response, file, small);
    if (request.fresh || request.method === 'HEAD') {
      bytes.destroy();
      response.status(request.fresh ? 304 : 200).end();
      return;
    }
    response.status(range === undefined ? 200 : 206);
    if (range !== undefined) response.set('Content-Range', `bytes ${range.start}-${range.end}/${size}`);
    response.set('Content-Length', String(range === undefined ? size : range.end - range.start + 1));
    // Whoever turns away meanwhile has not done anything wrong; a disk that fails ends the answer short of its length.
    await pipeline(bytes, response).catch(() => response.destroy());
  });

  return router;
}
