import { open, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { typeOf } from '#server/platform/files.type.ts';
import { zipNames } from '#server/platform/zip.ts';
import { temporaryFolder } from '../support/streams.ts';

/* Archives, held to limits by their table of contents before anybody opens them (security #55). */

interface Entry {
  name: string;
  /** Bytes as they lie in the archive, and as the table says they become. */
  packed?: number;
  expanded?: number;
  /** Unix mode, as of a link. */
  mode?: number;
  /** Where it says it lies; by default behind the one before. */
  at?: number;
}

const KiB = 1024;
const MiB = 1024 * KiB;

/** An archive whose table says what we want, whatever is in it (PKWARE APPNOTE 6.3.10, 4.3.7, 4.3.12, 4.3.16). */
function archive(entries: readonly Entry[], behind = Buffer.alloc(0)): Buffer {
  const bodies: Buffer[] = [];
  const table: Buffer[] = [];
  let offset = 0;
  for (const { name, packed = 10, expanded = packed, mode = 0o100644, at = offset } of entries) {
    const named = Buffer.from(name);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(named.length, 26);
    bodies.push(local, named, Buffer.alloc(packed));
    const row = Buffer.alloc(46);
    row.writeUInt32LE(0x02014b50, 0);
    row.writeUInt32LE(packed, 20);
    row.writeUInt32LE(expanded, 24);
    row.writeUInt16LE(named.length, 28);
    row.writeUInt32LE((mode << 16) >>> 0, 38);
    row.writeUInt32LE(at, 42);
    table.push(row, named);
    offset += local.length + named.length + packed;
  }
  const rows = Buffer.concat(table);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(rows.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...bodies, rows, end, behind]);
}

const DOCUMENT: readonly Entry[] = [{ name: '[Content_Types].xml' }, { name: 'word/document.xml' }];
const WORD = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';

async function kept(bytes: Buffer): Promise<{ at: string; size: number }> {
  const at = path.join(await temporaryFolder(), 'file');
  await writeFile(at, bytes);
  return { at, size: bytes.length };
}

async function namesIn(bytes: Buffer): Promise<string[] | undefined> {
  const { at, size } = await kept(bytes);
  const file = await open(at);
  try {
    return await zipNames(file, size);
  } finally {
    await file.close();
  }
}

async function kindOf(bytes: Buffer): Promise<string | undefined> {
  const { at, size } = await kept(bytes);
  return typeOf(at, size);
}

describe('an archive', () => {
  test('that is an office document is one', async () => {
    expect(await kindOf(archive(DOCUMENT))).toBe(WORD);
    expect(await namesIn(archive(DOCUMENT))).toEqual(DOCUMENT.map(({ name }) => name));
    const many = Array.from({ length: 198 }, (_, i) => ({ name: `word/media/${i}.png` }));
    expect(await kindOf(archive([...DOCUMENT, ...many]))).toBe(WORD);
    const spaces = { name: 'word/styles.xml', packed: 100, expanded: 64 * KiB };
    expect(await kindOf(archive([...DOCUMENT, spaces]))).toBe(WORD); // packs well, and harms nobody
  });

  const HARMFUL: readonly (readonly [string, readonly Entry[]])[] = [
    ['one entry too many', Array.from({ length: 199 }, (_, i) => ({ name: `word/${i}` }))],
    ['more than a hundred to one', [{ name: 'a', packed: 1_000, expanded: 100_001 }]],
    ['more than 100 MiB in one', [{ name: 'a', packed: 2 * MiB, expanded: 101 * MiB }]],
    [
      'more than 100 MiB together',
      Array.from({ length: 50 }, (_, i) => ({ name: `${i}`, packed: 40_000, expanded: 3 * MiB })),
    ],
    ['a way up', [{ name: 'word/../../etc/passwd' }]],
    ['a way from the root', [{ name: '/etc/passwd' }]],
    ['another drive', [{ name: 'C:evil.exe' }]],
    ['a way up for Windows', [{ name: '..\\evil.exe' }]],
    ['a name that ends early', [{ name: 'word/a.xml\0.exe' }]],
    ['a link', [{ name: 'word/link', mode: 0o120777 }]],
    [
      'two entries in the same bytes',
      [
        { name: 'a', packed: 500 },
        { name: 'b', packed: 500, at: 90 },
      ],
    ],
    ['an entry beyond its end', [{ name: 'a', at: 5_000_000 }]],
  ];
  test.each(HARMFUL)('with %s is refused before anything of it is unpacked', async (_, entries) => {
    const bytes = archive([...DOCUMENT, ...entries]);
    expect(await namesIn(bytes)).toBeUndefined();
    expect(await kindOf(bytes)).toBeUndefined();
  });

  test('with something behind it, cut short, or with a wrong count is none', async () => {
    const whole = archive(DOCUMENT);
    expect(await namesIn(archive(DOCUMENT, Buffer.from('<script>')))).toBeUndefined();
    for (const length of [whole.length - 1, whole.length - 30, 40])
      expect(await namesIn(whole.subarray(0, length))).toBeUndefined();
    const wrong = Buffer.from(whole);
    wrong.writeUInt16LE(3, whole.length - 12);
    expect(await namesIn(wrong)).toBeUndefined();
  });

  test('with macros or other programs inside, or of another kind, is not taken', async () => {
    for (const name of ['word/vbaProject.bin', 'word/activeX/activeX1.xml', 'word/embeddings/evil.exe'])
      expect(await kindOf(archive([...DOCUMENT, { name }])), name).toBeUndefined();
    expect(await kindOf(archive([{ name: 'META-INF/MANIFEST.MF' }, { name: 'Evil.class' }]))).toBeUndefined();
  });
});
