import type { Actor, UnitTree } from '#shared/people/people.rules.ts';
import type { Clock } from '#server/platform/clock.ts';
import type { Named } from '#server/platform/files.rights.ts';
import type { Log } from '#server/platform/log.ts';
import type { Streams } from '#server/platform/streams.ts';
import { createIncidentsAccess } from './incidents.access.ts';
import { createIncidentsBoard } from './incidents.board.ts';
import { createIncidentsModel } from './incidents.model.ts';
import { createIncidentsPorts } from './incidents.ports.ts';
import { createIncidentsFold, createIncidentsProjection } from './incidents.project.ts';
import { createIncidentsService, type IncidentsDeps } from './incidents.service.ts';

interface Floor {
  db: Parameters<typeof createIncidentsModel>[0];
  streams: Streams;
  clock: Clock;
  log: Log;
}
type HandedIn = Pick<IncidentsDeps, 'actorOf' | 'messageAt' | 'responsesOf' | 'files'> & { units: UnitTree };

/** Everything of the feature on one floor: one fold, so that all of it sees the same states. */
export async function createIncidents(floor: Floor, handedIn: HandedIn) {
  const { db, streams, clock, log } = floor;
  const { units, actorOf } = handedIn;
  const model = createIncidentsModel(db);
  await model.init();
  const fold = createIncidentsFold(streams, actorOf);
  const access = createIncidentsAccess({ fold, units, clock });
  const projection = createIncidentsProjection({ streams, fold, model, units });
  const board = createIncidentsBoard({ access, model, projection, units, clock, actorOf });
  const service = createIncidentsService({ ...handedIn, streams, fold, access, board, clock, log });
  const ports = createIncidentsPorts({ fold, units });
  /** Whether the incident names this file, and whether this person may read it. */
  const fileIn = async (actor: Actor, id: string, file: string): Promise<Named> => {
    const stands = (await fold.load(id)).state.files.includes(file);
    return { stands, mayRead: stands && (await access.mayOn(actor, id, 'incident.read')) };
  };
  return { ...ports, service, projection, model, mayOn: access.mayOn, openReader: access.reader, fileIn };
}
