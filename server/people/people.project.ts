import type { PeopleData } from '#shared/people/people.events.ts';
import { parseStream, type StreamEvent } from '#shared/wire/stream.ts';
import type { Consumer } from '#server/platform/consume.ts';
import type { Directory } from './people.directory.ts';
import type { PeopleModel } from './people.model.ts';

interface Touched {
  kind: 'units' | 'persons' | 'posts' | 'delegations';
  id: string;
}

/** The row an event is about; undefined for what other features put on these streams. */
function touched(event: StreamEvent): Touched | undefined {
  const id = parseStream(event.stream)?.id ?? '';
  switch (event.type) {
    case 'people.founded':
    case 'people.renamed':
    case 'people.closed':
      return { kind: 'units', id };
    case 'people.enrolled':
    case 'people.suspended':
    case 'people.reactivated':
    case 'people.closing_asked':
    case 'people.closing_withdrawn':
    case 'people.vouched':
    case 'people.factor_dropped':
    case 'people.factor_reset':
    case 'people.erased':
      return { kind: 'persons', id };
    case 'people.appointed':
    case 'people.ended':
      return { kind: 'posts', id: (event.data as PeopleData['people.ended']).appointment };
    case 'people.delegated':
    case 'people.accepted':
    case 'people.declined':
    case 'people.revoked':
      return { kind: 'delegations', id: (event.data as PeopleData['people.accepted']).delegation };
    default:
      return undefined;
  }
}

/*
 * Keeps the rows the directory starts from. The directory itself was brought forward by the commit, and stands at or
 * beyond what is told here; at a start it hears of what the rows lack from here. So a row is what the directory holds,
 * not what one event says: several events make one write, and a batch may repeat.
 */
export function createPeopleProjection(model: PeopleModel, directory: Directory): Consumer {
  return {
    name: 'people',
    kinds: ['unit', 'person'],
    handle: async (events) => {
      for (const event of events) directory.apply(event);
      const about = events.flatMap((event) => touched(event) ?? []);
      const rows = <Row>(of: Touched['kind'], row: (id: string) => Row | undefined): Row[] =>
        [...new Set(about.filter(({ kind }) => kind === of).map(({ id }) => id))].flatMap((id) => row(id) ?? []);
      await Promise.all([
        model.put('units', rows('units', directory.unit)),
        model.put('persons', rows('persons', directory.person)),
        model.put(
          'posts',
          rows('posts', (id) => directory.post(id) ?? directory.endedPost(id)),
        ),
        model.put('delegations', rows('delegations', directory.delegation)),
      ]);
    },
  };
}
