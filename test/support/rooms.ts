import type { Message, RoomLine } from '#shared/forum/forum.schema.ts';
import type { WireEvent } from '#shared/wire/stream.ts';
import type { TestApp } from './app.ts';
import { newId, signIn, type TestClient } from './client.ts';

interface Facts {
  unit?: string;
  title?: string;
  kind?: 'open' | 'members' | 'announce';
  audience?: 'unit' | 'subtree';
  /** Sign-in names. */
  people?: string[];
}

const admins = new WeakMap<TestApp, Promise<TestClient>>();

/** One administrator an app: signing in takes its time on purpose. */
function adminOf(app: TestApp): Promise<TestClient> {
  const known = admins.get(app) ?? signIn(app, 'admin');
  admins.set(app, known);
  return known;
}

/** A room opened by the demo's administrator; open to 文殊社区 unless told otherwise. */
export async function aRoom(app: TestApp, { unit = 'wenshu', people = [], ...facts }: Facts = {}): Promise<string> {
  const admin = await adminOf(app);
  const id = newId();
  await admin.done('forum:create', {
    ...{ id, unit: app.unit(unit), title: '社区工作群', kind: 'open', ...facts },
    people: people.map(app.person),
  });
  return id;
}

/** Posts and answers the seq. */
export async function say(client: TestClient, room: string, text: string, more: object = {}): Promise<number> {
  const answer = await client.done('forum:post', { id: newId(), room, text, ...more });
  return answer['seq'] as number;
}

export const messagesIn = async (client: TestClient, room: string, more: object = {}): Promise<Message[]> =>
  (await client.done('forum:messages', { room, ...more }))['messages'] as Message[];

export const search = async (client: TestClient, q: string, room?: string): Promise<Message[]> =>
  (await client.done('forum:search', { q, ...(room !== undefined && { room }) }))['messages'] as Message[];

export const roomsOf = async (client: TestClient): Promise<RoomLine[]> =>
  (await client.done('forum:rooms', {}))['rooms'] as RoomLine[];

/** The whole stream as this person gets it. */
export async function opened(client: TestClient, room: string, have = 0): Promise<WireEvent[]> {
  return (await client.done('stream:open', { stream: `room:${room}`, have }))['events'] as WireEvent[];
}
