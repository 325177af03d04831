import sharp from 'sharp';
import { newId, type Answer, type TestClient } from './client.ts';

interface Sent {
  id?: string;
  name?: string;
  headers?: Record<string, string>;
}

/** One upload as a page of the hub does it. */
export async function put({ url, cookie }: TestClient, bytes: Uint8Array | string, { id, name, headers }: Sent = {}) {
  const query = name === undefined ? '' : `?name=${encodeURIComponent(name)}`;
  const response = await fetch(`${url}/api/files/${id ?? newId()}${query}`, {
    method: 'PUT',
    headers: { cookie, origin: url, 'x-linli': '1', 'content-type': 'application/octet-stream', ...headers },
    body: bytes as Uint8Array<ArrayBuffer> | string,
  });
  return { status: response.status, body: (await response.json()) as Answer };
}

/** Uploads and answers the id; a refusal is a failure of the test. */
export async function uploaded(client: TestClient, bytes: Uint8Array | string, name?: string): Promise<string> {
  const { body } = await put(client, bytes, name === undefined ? {} : { name });
  if (!body.ok) throw new Error(`not taken: ${JSON.stringify(body.error)}`);
  return body['id'] as string;
}

export const get = ({ url, cookie }: TestClient, id: string, headers: Record<string, string> = {}, query = '') =>
  fetch(`${url}/api/files/${id}${query}`, { headers: { cookie, ...headers } });

/** A picture of one colour, as a phone makes it: lying on its side, with where and by whom it was taken. */
export const photo = (width = 60, height = 40): Promise<Buffer> =>
  sharp({ create: { width, height, channels: 3, background: '#c0392b' } })
    .withExif({ IFD0: { Artist: 'WITNESS' }, IFD3: { GPSLatitude: '30/1 39/1 0/1' } })
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer();
