import type { Actor } from '#shared/people/people.rules.ts';
import { parseStream } from '#shared/wire/stream.ts';
import type { Files } from './files.ts';
import type { FileRow } from './files.model.ts';

/** What a feature asks of files that a command names. */
export type GivenFiles = Pick<Files, 'facts' | 'claim'>;

/** Of one stream: whether an event that stands names a file, and whether the asker may read one that does. */
export interface Named {
  stands: boolean;
  mayRead: boolean;
}

/** A feature's answer for its kind of stream. */
type FileIn = (actor: Actor, id: string, file: string) => Promise<Named>;

/**
 * Whether somebody may have a file, asked for every request: who may read an event that names it, and its uploader
 * (contract) unless everything that named it was taken back. What is withheld from everybody is withheld from them too.
 */
export function fileReader(kinds: Readonly<Record<string, FileIn>>) {
  return async (actor: Actor, { _id, owner, named, streams }: FileRow): Promise<boolean> => {
    let stands = !named;
    for (const stream of streams) {
      const { kind, id } = parseStream(stream) ?? { kind: '', id: '' };
      const found = await kinds[kind]?.(actor, id, _id);
      if (found?.mayRead === true) return true;
      if (found?.stands === true) stands = true;
    }
    return stands && owner === actor.person;
  };
}
