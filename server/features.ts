import type { RequestHandler } from 'express';
import type { Floor } from './app.ts';
import { createDirectory } from './people/people.directory.ts';
import { createPeopleModel } from './people/people.model.ts';
import { createPeopleProjection } from './people/people.project.ts';
import { personReader, unitReader } from './people/people.readers.ts';
import { createPeopleService } from './people/people.service.ts';
import { createSessions } from './people/people.sessions.ts';
import { loadSetupCode } from './people/people.setup.ts';
import { peopleBindings } from './people/people.socket.ts';
import type { AllBindings } from './platform/dispatch.ts';
import type { OpenReader } from './platform/reader.ts';
import type { CollabUpgrade } from './platform/upgrades.ts';

/** What a feature may say to open connections; nobody is there before the hub serves. */
interface Wires {
  hint: (person: string, event: string, body: object) => void;
  end: (who: { session?: string; person?: string }, reason: string) => void;
  recheck: () => Promise<void>;
}

/** Events that give or take a right: after them every open right is asked for again before the next delivery. */
const CHANGES_ACCESS: ReadonlySet<string> = new Set([
  'people.founded',
  'people.appointed',
  'people.ended',
  'people.accepted',
  'joined',
  'left',
  'removed',
  'triaged',
]);

const DEMO_LOGINS = [
  'worker',
  'worker2',
  'officer',
  'approver',
  'spokesperson',
  'deputy',
  'moderator',
  'auditor',
  'admin',
];

export type Features = Awaited<ReturnType<typeof createFeatures>>;

/** Builds every feature from its parts and connects them: the one screen where features meet. */
export async function createFeatures(floor: Floor, wires: Wires) {
  const { config, clock, db, streams, consumers } = floor;
  let accessVersion = 0;

  const setup = await loadSetupCode(config.secrets);
  const directory = createDirectory();
  const peopleModel = createPeopleModel(db);
  await peopleModel.init();
  await directory.load(peopleModel);
  const people = createPeopleService({ streams, directory, model: peopleModel, clock, isSetupCode: setup.isRight });
  const onEnded = (session: string): void => {
    wires.end({ session }, 'signed out');
  };
  const sessions = createSessions({ model: peopleModel, directory, clock, demo: config.demo, onEnded });

  // The order matters: rights first, then whoever acts on events, then whoever is told.
  streams.onCommitted((event) => {
    directory.apply(event);
    if (CHANGES_ACCESS.has(event.type)) {
      accessVersion++;
      void wires.recheck();
    }
  });
  consumers.add(createPeopleProjection(peopleModel, directory));

  const readers: Partial<Record<string, OpenReader>> = { unit: unitReader({ directory, clock }), person: personReader };
  const routers: { path: string; router: RequestHandler }[] = [];
  const bindings = { people: peopleBindings(people) } as unknown as AllBindings;
  const collab: CollabUpgrade = (_request, socket) => {
    socket.destroy();
  };

  return {
    bindings,
    readers,
    routers,
    collab,
    access: { version: () => accessVersion },
    people,
    sessions,
    directory,
    setup,
    demo: config.demo ? { logins: DEMO_LOGINS } : undefined,
    now: () => clock.now(),
    close: () => Promise.resolve(),
  };
}
