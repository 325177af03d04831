import { crc32, deflateRawSync } from 'node:zlib';
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

/** A real archive of texts, as an office program packs its documents (PKWARE APPNOTE 6.3.10, 4.3). */
export function zipped(texts: Readonly<Record<string, string>>): Buffer {
  const bodies: Buffer[] = [];
  const table: Buffer[] = [];
  let at = 0;
  for (const [name, text] of Object.entries(texts)) {
    const [named, bytes] = [Buffer.from(name), Buffer.from(text)];
    const packed = deflateRawSync(bytes);
    const facts = Buffer.alloc(26); // the part that both places share: version to the length of the extra field
    facts.writeUInt16LE(20, 0);
    facts.writeUInt16LE(8, 4);
    facts.writeUInt32LE(crc32(bytes), 10);
    facts.writeUInt32LE(packed.length, 14);
    facts.writeUInt32LE(bytes.length, 18);
    facts.writeUInt16LE(named.length, 22);
    const local = Buffer.concat([Buffer.from([0x50, 0x4b, 3, 4]), facts, named, packed]);
    const where = Buffer.alloc(14);
    where.writeUInt32LE(at, 10);
    table.push(Buffer.concat([Buffer.from([0x50, 0x4b, 1, 2, 20, 0]), facts, where, named]));
    bodies.push(local);
    at += local.length;
  }
  const rows = Buffer.concat(table);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(table.length, 8);
  end.writeUInt16LE(table.length, 10);
  end.writeUInt32LE(rows.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...bodies, rows, end]);
}

/** A letter of one paragraph: what Word needs to open it, and no more (ECMA-376). */
export const letter = (words: string): Record<string, string> => {
  const open = 'http://schemas.openxmlformats.org';
  const kind = 'application/vnd.openxmlformats';
  return {
    '[Content_Types].xml': `<?xml version="1.0"?><Types xmlns="${open}/package/2006/content-types"><Default Extension="rels" ContentType="${kind}-package.relationships+xml"/><Override PartName="/word/document.xml" ContentType="${kind}-officedocument.wordprocessingml.document.main+xml"/></Types>`,
    '_rels/.rels': `<?xml version="1.0"?><Relationships xmlns="${open}/package/2006/relationships"><Relationship Id="a" Type="${open}/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>`,
    'word/document.xml': `<?xml version="1.0"?><w:document xmlns:w="${open}/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>${words}</w:t></w:r></w:p></w:body></w:document>`,
  };
};
