import type { Floor } from './app.ts';
import type { Forum, People } from './features.ts';
import { createOwnData } from './people/people.parts.ts';
import type { OpenReader } from './platform/reader.ts';

type Readers = Readonly<Partial<Record<string, OpenReader>>>;

/** What is held of one person: the copy they may take, and its end with their account. */
export async function buildOwnData(
  floor: Floor,
  { who, forum, readers }: { who: People; forum: Forum; readers: Readers },
) {
  const { config, clock, streams, files, consumers } = floor;
  const own = await createOwnData(
    { ...who, clock, log: who.securityLog },
    {
      ...{ streams, people: who.people, readers, secrets: config.secrets },
      beside: async (person) => [
        ...(await forum.readBy(person)).map(({ room, seq }) => ({ about: 'read', what: { room, seq } })),
        ...(await files.sentBy(person)).map(({ _id: id, name, type, size }) => ({
          about: 'file',
          what: { id, name, type, size },
        })),
      ],
      forget: (person) => Promise.all([forum.forget(person), files.forget(person)]),
    },
  );
  consumers.add(own.erasure.consumer);
  return own;
}
