import type { Consumer } from '#server/platform/consume.ts';
import type { Actor } from '#shared/people/people.rules.ts';
import type { PeopleData } from '#shared/people/people.events.ts';
import { proposalIn } from '#shared/people/roster.rules.ts';
import type { staffTable, WaitingLine } from '#shared/people/staff.schema.ts';
import type { InputOf } from '#shared/wire/define.ts';
import { AppError } from '#shared/wire/error.ts';
import { parseStream, type StreamEvent } from '#shared/wire/stream.ts';
import type { Desk } from './people.desk.ts';
import type { Resets } from './people.resets.ts';
import { createUnder } from './people.under.ts';
import type { WaitingModel } from './people.waiting.model.ts';

/*
 * What one administrator asked for and a second has to confirm. The rows say only where to look: each is the stream, and
 * of a unit the post. What waits, and whether it still does, stands on the stream itself.
 */

/** What an event says of a row: it waits from here on, or no more. */
function changeOf({ stream, type, data }: StreamEvent): [string, boolean] | undefined {
  switch (type) {
    case 'people.proposed':
    case 'people.appointed':
    case 'people.ended':
      return [`${stream} ${(data as PeopleData['people.ended']).appointment}`, type === 'people.proposed'];
    case 'people.factor_reset_asked':
    case 'people.factor_reset':
    case 'people.factor_reset_declined':
    case 'people.erased':
      return [stream, type === 'people.factor_reset_asked'];
    default:
      return undefined;
  }
}

/** Keeps the rows; the last event about one counts. */
export function createWaitingProjection(model: WaitingModel): Consumer {
  return {
    name: 'people → waiting',
    kinds: ['unit', 'person'],
    handle: (events) => model.put(new Map(events.map(changeOf).filter((change) => change !== undefined))),
  };
}

/** What the list is made from beside the streams of units. */
export interface Waits {
  model: WaitingModel;
  /** A reset of somebody's factor that waits. */
  asked: Resets['asked'];
  /** Resolves when the rows are what the record says by now. */
  settled: () => Promise<void>;
}

/** What waits for a second administrator in a unit and below it, as far as it is the asker's to see; the oldest first. */
export function createWaiting(desk: Desk, { model, asked, settled }: Waits) {
  const { directory, clock, unitFold, unitsOf, allow } = desk;
  const { under } = createUnder({ directory, clock });

  async function post(unit: string, appointment: string): Promise<WaitingLine | undefined> {
    const entry = proposalIn((await unitFold.load(unit)).state, appointment);
    if (entry === undefined) return undefined;
    const { post, by, at } = entry;
    return { kind: 'post', id: appointment, unit, person: post.person, role: post.role, by, at };
  }

  async function reset(actor: Actor, person: string): Promise<WaitingLine | undefined> {
    under(actor.person, person);
    const open = await asked(person);
    return open && { kind: 'factor', person, ...open };
  }

  return async (
    actor: Actor,
    { unit }: InputOf<(typeof staffTable)['waiting']>,
  ): Promise<{ waiting: WaitingLine[] }> => {
    allow(actor, 'appointment.create', unit);
    await settled();
    const within = new Set(directory.tree.subtree(unit));
    const isHere = (person: string): boolean => {
      const row = directory.person(person);
      return row !== undefined && unitsOf(row).some((one) => within.has(one));
    };
    const look = async (row: string): Promise<WaitingLine | undefined> => {
      const [stream = '', appointment] = row.split(' ');
      const { kind, id } = parseStream(stream) ?? { kind: '', id: '' };
      if (appointment !== undefined) return within.has(id) ? post(id, appointment) : undefined;
      if (kind !== 'person' || !isHere(id)) return undefined;
      return reset(actor, id).catch((error: unknown) => {
        if (error instanceof AppError && error.code === 'not_found') return undefined; // not theirs to see
        throw error;
      });
    };
    const found = (await Promise.all((await model.all()).map(look))).flatMap((line) => line ?? []);
    return { waiting: found.sort((a, b) => (a.at < b.at ? -1 : 1)) };
  };
}
