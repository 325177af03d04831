import type { PeopleData } from '#shared/people/people.events.ts';
import { parseStream, type StreamEvent } from '#shared/wire/stream.ts';
import type { Consumer } from '#server/platform/consume.ts';
import type { Directory } from './people.directory.ts';
import type { PeopleModel } from './people.model.ts';

/** Keeps the rows the directory starts from. The directory itself was brought forward by the commit. */
export function createPeopleProjection(model: PeopleModel, directory: Directory): Consumer {
  async function write(event: StreamEvent): Promise<void> {
    const id = parseStream(event.stream)?.id ?? '';
    switch (event.type) {
      case 'people.founded':
        return model.put('units', { _id: id, ...(event.data as PeopleData['people.founded']) });
      case 'people.appointed': {
        const { appointment, person, role, from, until } = event.data as PeopleData['people.appointed'];
        // What the directory did not take, because the id names another post, is no row either.
        if (directory.post(appointment)?.unit !== id) return undefined;
        return model.put('posts', { _id: appointment, unit: id, person, role, from, until });
      }
      case 'people.ended':
        return model.dropPost(id, (event.data as PeopleData['people.ended']).appointment);
      case 'people.enrolled':
        return model.put('persons', { _id: id, ...(event.data as PeopleData['people.enrolled']) });
      case 'people.delegated':
      case 'people.accepted': {
        const { delegation } = event.data as PeopleData['people.accepted'];
        const row = directory.delegation(delegation);
        return row === undefined ? undefined : model.put('delegations', row);
      }
      default:
        return undefined;
    }
  }

  return {
    name: 'people',
    kinds: ['unit', 'person'],
    handle: async (events) => {
      for (const event of events) {
        directory.apply(event);
        await write(event);
      }
    },
  };
}
