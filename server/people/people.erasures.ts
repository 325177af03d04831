import { mkdir, open, readFile } from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import { Id } from '#shared/wire/define.ts';

const Erasure = v.object({ person: Id, id: Id, actor: v.string() });
/** Whose account was closed, by which event, and by whom. */
export type Erasure = v.InferOutput<typeof Erasure>;

/** A line that a power cut left half written says nothing; its event is still to have its effect and writes it anew. */
function erasureIn(line: string): Erasure[] {
  try {
    const parsed = v.safeParse(Erasure, JSON.parse(line));
    return parsed.success ? [parsed.output] : [];
  } catch {
    return [];
  }
}

export type Erasures = ReturnType<typeof createErasures>;

/**
 * The list of closed accounts, `erasures.jsonl` in the secrets folder: beside the store and in no backup, so that an
 * older backup cannot bring anybody back. Ids alone stand in it.
 */
export function createErasures(secrets: string) {
  const file = path.join(secrets, 'erasures.jsonl');
  /** Nothing where there is no list. One that cannot be read is an error: to take it for empty would bring people back. */
  const read = (): Promise<string> =>
    readFile(file, 'utf8').catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      return '';
    });
  const erasuresIn = (text: string): Erasure[] => text.split('\n').flatMap(erasureIn);

  return {
    all: async (): Promise<Erasure[]> => erasuresIn(await read()),
    /** Resolves when it is on the disk; a second time it is there already. */
    add: async (erasure: Erasure): Promise<void> => {
      const text = await read(); // whole: a line of 130 bytes for each account ever closed
      if (erasuresIn(text).some(({ id }) => id === erasure.id)) return;
      await mkdir(secrets, { recursive: true, mode: 0o700 });
      const handle = await open(file, 'a', 0o600);
      try {
        await handle.write(`${text === '' || text.endsWith('\n') ? '' : '\n'}${JSON.stringify(erasure)}\n`);
        await handle.sync();
      } finally {
        await handle.close();
      }
    },
  };
}
