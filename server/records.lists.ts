import { ROOM_KINDS } from '#shared/forum/forum.events.ts';
import type { AuditKind } from '#shared/people/audit.schema.ts';
import type { Forum, Incidents, People } from './features.ts';
import type { Listed, ListedPage, ListOf } from './people/audit.service.ts';
import type { Texts } from './texts.ts';

/* Where an auditor finds the streams of a unit: in the lists that are kept of them anyway. */

const ROOMS = 1000; // of one unit

/** A page of what is known whole, in order of `key`. */
function pageOf<T>(all: readonly T[], keyOf: (one: T) => string, after: string | undefined, limit: number) {
  const sorted = [...all].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const found = sorted.filter((one) => after === undefined || keyOf(one) > after).slice(0, limit);
  const last = found.at(-1);
  const isMore = last !== undefined && last !== sorted.at(-1);
  return { found, after: isMore ? keyOf(last) : undefined };
}

const listed = <T>({ found, after }: { found: readonly T[]; after: string | undefined }, line: (one: T) => Listed) => ({
  found: found.map(line),
  after,
});

interface Parts {
  directory: People['directory'];
  forum: Forum;
  incidents: Incidents;
  minutes: Texts['minutes'];
  responses: Texts['responses'];
}

/** By kind, each bounded in what it reads. */
export function listsFor({ directory, forum, incidents, minutes, responses }: Parts) {
  const { tree } = directory;

  const concerns = async (unit: string, after: string | undefined, limit: number) => {
    const rows = await incidents.model.board(`${unit} all`, { sort: 'due', after, limit });
    return { rows, after: rows.length < limit ? undefined : rows.at(-1)?.dueKey };
  };

  /** From the top down; a cursor is a place in that order. */
  const unit: ListOf = (under, after, limit) => {
    const all = tree.subtree(under);
    const start = Number(after ?? 0) || 0;
    const found = all.slice(start, start + limit);
    const page = { found, after: start + limit < all.length ? String(start + limit) : undefined };
    return Promise.resolve(listed(page, (id) => ({ stream: `unit:${id}`, title: tree.get(id)?.name ?? '' })));
  };

  const room: ListOf = async (under, after, limit) => {
    const rows = await forum.roomsOf(tree.inPlaceOf(under), ROOM_KINDS, ROOMS);
    return listed(
      pageOf(rows, ({ _id }) => _id, after, limit),
      ({ _id, title }) => ({ stream: `room:${_id}`, title }),
    );
  };

  const meeting: ListOf = async (under, after, limit) => {
    const pages = tree.inPlaceOf(under).map((one) => minutes.model.ofUnit(one, after, limit));
    const rows = (await Promise.all(pages)).flat().sort((a, b) => (a.key < b.key ? 1 : -1));
    const found = rows.slice(0, limit);
    return listed({ found, after: found.length < limit ? undefined : found.at(-1)?.key }, ({ _id, line }) => ({
      stream: `meeting:${_id}`,
      title: line.title,
    }));
  };

  const incident: ListOf = async (under, after, limit) => {
    const page = await concerns(under, after, limit);
    return listed({ found: page.rows, after: page.after }, ({ _id, line }) => ({
      stream: `incident:${_id}`,
      title: `${line.code} ${line.title}`,
    }));
  };

  /** By the concerns they answer: a page of those, with all the responses there are to them. */
  const response: ListOf = async (under, after, limit): Promise<ListedPage> => {
    const page = await concerns(under, after, limit);
    const rows = await Promise.all(page.rows.map(({ _id }) => responses.model.ofIncident(_id)));
    return listed({ found: rows.flat(), after: page.after }, ({ _id, code, title }) => ({
      stream: `response:${_id}`,
      title: `${code} ${title}`,
    }));
  };

  return { unit, room, meeting, incident, response } satisfies Record<Exclude<AuditKind, 'log'>, ListOf>;
}
