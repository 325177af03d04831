import type { FileHandle } from 'node:fs/promises';

/* The table of contents of a ZIP archive (PKWARE APPNOTE 6.3.10, 4.3), read and held to limits. Nothing is unpacked. */

const END = 0x06054b50;
const ENTRY = 0x02014b50;
const END_LENGTH = 22;
const MAX_COMMENT = 65_535;
const ENTRY_LENGTH = 46;

/** Limits of security #55: what an office document stays far below and a bomb does not. */
const MAX_ENTRIES = 200;
const MAX_EXPANDED = 100 * 1024 * 1024; // bytes
const MAX_RATIO = 100;
const SMALL = 64 * 1024; // bytes: a short entry of nothing but spaces packs better than any ratio and harms nobody

const SYMLINK = 0o120000;
const KIND = 0o170000;

async function read(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, at);
  return buffer.subarray(0, bytesRead);
}

interface Entry {
  name: string;
  packed: number;
  expanded: number;
  offset: number;
  isLink: boolean;
}

/** Where the table lies: the archive ends with it, so that nothing stands behind it that another reader would see. */
async function tableOf(
  file: FileHandle,
  size: number,
): Promise<{ count: number; table: Buffer; at: number } | undefined> {
  const tailAt = Math.max(0, size - END_LENGTH - MAX_COMMENT);
  const tail = await read(file, tailAt, size - tailAt);
  for (let i = tail.length - END_LENGTH; i >= 0; i--) {
    if (tail.readUInt32LE(i) !== END || i + END_LENGTH + tail.readUInt16LE(i + 20) !== tail.length) continue;
    const count = tail.readUInt16LE(i + 10);
    const length = tail.readUInt32LE(i + 12);
    const at = tail.readUInt32LE(i + 16);
    // Also keeps ZIP64 out: its marks lie beyond the end of any file we take.
    if (count > MAX_ENTRIES || at + length !== tailAt + i) return undefined;
    return { count, table: await read(file, at, length), at };
  }
  return undefined;
}

function entriesIn(count: number, table: Buffer): Entry[] | undefined {
  const entries: Entry[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + ENTRY_LENGTH > table.length || table.readUInt32LE(at) !== ENTRY) return undefined;
    const nameLength = table.readUInt16LE(at + 28);
    const end = at + ENTRY_LENGTH + nameLength;
    if (end > table.length) return undefined;
    entries.push({
      name: table.toString('utf8', at + ENTRY_LENGTH, end),
      packed: table.readUInt32LE(at + 20),
      expanded: table.readUInt32LE(at + 24),
      offset: table.readUInt32LE(at + 42),
      isLink: ((table.readUInt32LE(at + 38) >>> 16) & KIND) === SYMLINK,
    });
    at = end + table.readUInt16LE(at + 30) + table.readUInt16LE(at + 32);
  }
  return at === table.length ? entries : undefined;
}

const leavesItsFolder = (name: string): boolean =>
  name.startsWith('/') ||
  name.includes('\\') ||
  name.includes('\0') ||
  /^[a-z]:/iu.test(name) ||
  name.split('/').includes('..');

/** Entries that share bytes are how a small archive becomes a huge one without a high ratio. */
function overlap(entries: readonly Entry[], tableAt: number): boolean {
  const sorted = [...entries].sort((a, b) => a.offset - b.offset);
  return sorted.some(({ offset, packed }, i) => offset + packed > (sorted[i + 1]?.offset ?? tableAt));
}

const isBomb = ({ packed, expanded }: Entry): boolean => expanded > SMALL && expanded > packed * MAX_RATIO;

/** Names in an archive; undefined for what is no archive, is damaged, or could harm who unpacks it. */
export async function zipNames(file: FileHandle, size: number): Promise<string[] | undefined> {
  const found = await tableOf(file, size);
  const entries = found && entriesIn(found.count, found.table);
  if (entries === undefined) return undefined;
  const expanded = entries.reduce((sum, entry) => sum + entry.expanded, 0);
  const isHarmful =
    expanded > MAX_EXPANDED ||
    overlap(entries, found?.at ?? 0) ||
    entries.some((entry) => entry.isLink || leavesItsFolder(entry.name) || isBomb(entry));
  return isHarmful ? undefined : entries.map(({ name }) => name);
}
