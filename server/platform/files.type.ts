import { open, type FileHandle } from 'node:fs/promises';
import type { FileType } from '#shared/wire/files.ts';
import { zipNames } from './zip.ts';

const OFFICE = 'application/vnd.openxmlformats-officedocument';

/** The part every document of a kind has (ECMA-376 Part 2). */
const PARTS: readonly (readonly [string, FileType])[] = [
  ['word/document.xml', `${OFFICE}.wordprocessingml.document`],
  ['xl/workbook.xml', `${OFFICE}.spreadsheetml.sheet`],
  ['ppt/presentation.xml', `${OFFICE}.presentationml.presentation`],
];

const HEAD = 1024; // bytes
const CHUNK = 64 * 1024; // bytes

const startsWith = (head: Buffer, ...bytes: number[]): boolean =>
  head.subarray(0, bytes.length).equals(Buffer.from(bytes));

/** The type by the first bytes, where those say all. */
function byMagic(head: Buffer): FileType | 'zip' | undefined {
  if (startsWith(head, 0xff, 0xd8, 0xff)) return 'image/jpeg';
  if (startsWith(head, 0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return 'image/png';
  if (head.toString('latin1', 0, 4) === 'RIFF' && head.toString('latin1', 8, 12) === 'WEBP') return 'image/webp';
  if (head.toString('latin1', 0, 5) === '%PDF-') return 'application/pdf';
  if (startsWith(head, 0x50, 0x4b, 0x03, 0x04)) return 'zip';
  return undefined;
}

/** An office document without macros, and nothing else that is packed the same way. */
async function officeType(file: FileHandle, size: number): Promise<FileType | undefined> {
  const names = await zipNames(file, size);
  if (names === undefined || !names.includes('[Content_Types].xml')) return undefined;
  if (names.some((name) => /vbaProject|(^|\/)(activeX|embeddings)\//iu.test(name))) return undefined;
  return PARTS.find(([part]) => names.includes(part))?.[1];
}

/** Pages and drawings are text too, and a browser told to open one would run what is in it. */
const IS_MARKUP = /^\s*<(?:!doctype|\?xml|html|head|body|svg|script|!--)/iu;

/** UTF-8 from the first byte to the last, with no control character but those that set text. */
async function isText(file: FileHandle, size: number): Promise<boolean> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const buffer = Buffer.alloc(CHUNK);
  try {
    for (let at = 0; at < size;) {
      const { bytesRead } = await file.read(buffer, 0, CHUNK, at);
      if (bytesRead === 0) break;
      const text = decoder.decode(buffer.subarray(0, bytesRead), { stream: true });
      // eslint-disable-next-line no-control-regex -- they are what is looked for
      if (/[\u0000-\u0008\u000e-\u001a\u001c-\u001f]/u.test(text) || (at === 0 && IS_MARKUP.test(text))) return false;
      at += bytesRead;
    }
    decoder.decode();
    return true;
  } catch {
    return false;
  }
}

/** What a file is by its bytes; undefined for everything that is not taken. A name is never asked. */
export async function typeOf(at: string, size: number): Promise<FileType | undefined> {
  const file = await open(at, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD), 0, HEAD, 0);
    const found = byMagic(buffer.subarray(0, bytesRead));
    if (found === 'zip') return await officeType(file, size);
    return found ?? (size > 0 && (await isText(file, size)) ? 'text/plain' : undefined);
  } finally {
    await file.close();
  }
}
