import { AppError } from '#shared/wire/error.ts';
import type { FileFacts } from '#shared/wire/files.ts';
import { opened } from './http.ts';

/** A file on its way to the hub. The id is made before the first try: the same bytes sent again under it are one file. */
export interface Going {
  id: string;
  name: string | undefined;
  bytes: Blob;
}

interface Watch {
  /** Share of the bytes that have left, 0 to 1. */
  onsent: (share: number) => void;
  signal: AbortSignal;
}

export type Put = (file: Going, watch: Watch) => Promise<void>;

/** What the hub said of this page's uploads: a message that waits here shows its files as it will. */
const known = new Map<string, FileFacts>();
export const factsOf = (id: string): FileFacts | undefined => known.get(id);

/** As long as the hub waits for the end of a request, in ms: 20 MiB over a poor line. */
const DEADLINE = 300_000;

function replyOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // a proxy's own page, or a broken answer
  }
}

/**
 * Uploads one file. Throws the hub's refusal, or `unknown` where no answer came
 * or it was given up: then it may be there, and may be sent again under its id. `fetch` does not tell how far it is.
 */
export const put: Put = ({ id, name, bytes }, { onsent, signal }) =>
  new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('PUT', `/api/files/${id}${name === undefined ? '' : `?name=${encodeURIComponent(name)}`}`);
    request.setRequestHeader('content-type', 'application/octet-stream');
    request.setRequestHeader('X-Linli', '1');
    request.timeout = DEADLINE;
    request.upload.onprogress = ({ loaded, total }) => {
      if (total > 0) onsent(loaded / total);
    };
    request.onload = () => {
      try {
        const facts = opened(replyOf(request.responseText)) as FileFacts;
        known.set(id, { ...facts, ...(name !== undefined && { name }) });
        resolve();
      } catch (error) {
        reject(error instanceof AppError ? error : new AppError('unknown', String(error)));
      }
    };
    request.onerror =
      request.ontimeout =
      request.onabort =
        () => {
          reject(new AppError('unknown'));
        };
    signal.addEventListener('abort', () => {
      request.abort();
    });
    request.send(bytes);
  });
