import type { RequestHandler } from 'express';
import type { ResponseRef } from '#shared/incidents/incidents.schema.ts';
import type { OpenKind } from '#shared/people/ways.policy.ts';
import type { Floor } from './app.ts';
import { DEMO_LOGINS } from './demo/demo.logins.ts';
import { openedIn } from './forum/forum.inbox.ts';
import { createForumModel } from './forum/forum.model.ts';
import { createForumProjection } from './forum/forum.project.ts';
import { createForumService } from './forum/forum.service.ts';
import { forumBindings } from './forum/forum.socket.ts';
import { createIncidents } from './incidents/incidents.parts.ts';
import { incidentsBindings } from './incidents/incidents.socket.ts';
import { minutesBindings } from './minutes/minutes.socket.ts';
import { auditBindings } from './people/audit.service.ts';
import { createSecurityLog } from './people/people.audit.ts';
import { createAccountModel } from './people/people.account.model.ts';
import { createDirectory } from './people/people.directory.ts';
import { createPeopleModel } from './people/people.model.ts';
import { createPeopleProjection } from './people/people.project.ts';
import { personReader, unitReader } from './people/people.readers.ts';
import { createPeopleService } from './people/people.service.ts';
import { createSigningIn, loginMarks } from './people/people.parts.ts';
import { loadSetupCode } from './people/people.setup.ts';
import { accountBindings, closingBindings, peopleBindings } from './people/people.socket.ts';
import { createWaitingModel } from './people/people.waiting.model.ts';
import { createWaitingProjection } from './people/people.waiting.ts';
import type { Moved } from './platform/bus.ts';
import type { AllBindings } from './platform/dispatch.ts';
import type { OpenReader } from './platform/reader.ts';
import { buildOwnData } from './own-data.ts';
import { fileReader } from './platform/files.rights.ts';
import { keepRecord } from './records.ts';
import { listsFor } from './records.lists.ts';
import { publicRoutes } from './responses/responses.routes.ts';
import { buildTexts } from './texts.ts';
import { responsesBindings } from './responses/responses.socket.ts';
import { followRights } from './rights.ts';

/** What a feature may say to open connections; nobody is there before the hub serves. */
export interface Wires {
  /** Somebody has read on: their other devices are told. */
  moved: (moved: Moved) => void;
  end: (who: { session?: string; person?: string }, reason: string) => void;
  /** Cuts what was opened with a session's secret that was replaced. */
  cut: (key: string) => void;
  /** Access has changed somewhere: whoever lost a right is cut off now. */
  recheck: () => void;
  /** Exact origins the hub is reached under. */
  origins: () => readonly string[];
  /** Address of the public pages' stylesheet. */
  stylesheet: string;
}

export type Features = Awaited<ReturnType<typeof createFeatures>>;

/** Units, people, sessions: what every other part asks who is who. */
async function buildPeople(floor: Floor, wires: Wires) {
  const { config, clock, db, streams, consumers } = floor;
  const setup = await loadSetupCode(config.secrets);
  const directory = createDirectory(() => clock.now());
  const loginMark = await loginMarks(config.secrets);
  const model = createPeopleModel(db);
  await model.init();
  await directory.load(model);
  const securityLog = createSecurityLog({ streams, clock, isHeld: config.legalHold });
  const onEnded = (session: string, reason: string): void => {
    wires.end({ session }, reason);
  };
  const waiting = createWaitingModel(db);
  const isBreached = floor.breached.has;
  const people = createPeopleService({
    ...{ streams, directory, model, clock, loginMark, isBreached, demo: config.demo },
    isSetupCode: setup.isRight,
    endSessions: (person, until = Infinity) => signing.sessions.endOf(person, ({ created }) => created <= until),
    waits: { model: waiting, asked: (person) => signing.resets.asked(person), settled: consumers.settled },
  });
  const accounts = createAccountModel(db);
  const around = { bus: floor.bus, streams, model, accounts, directory, clock, log: securityLog, tell: people.notify };
  const told = { onEnded, onReplaced: wires.cut, complain: floor.log };
  const signing = await createSigningIn(around, { ...config, ...told, isBreached });
  consumers.add(createPeopleProjection(model, directory));
  consumers.add(createWaitingProjection(waiting));
  return { setup, directory, people, securityLog, accounts, loginMark, ...signing };
}

export type People = Awaited<ReturnType<typeof buildPeople>>;

/** Rooms; what happens in them leaves pointers in people's inboxes. */
async function buildForum(floor: Floor, wires: Wires, { directory, people }: People) {
  const { clock, db, streams, consumers } = floor;
  const model = createForumModel(db);
  await model.init();
  const projection = createForumProjection({ streams, model });
  const forum = createForumService({
    streams,
    model,
    projection,
    clock,
    units: directory.tree,
    actorOf: directory.actor,
    files: floor.files,
    moved: wires.moved,
    limited: floor.config.limits === 'normal',
  });
  consumers.add(projection);
  consumers.add({
    name: 'forum → inboxes',
    kinds: ['room'],
    handle: async (events) => {
      for (const event of events) {
        // Side by side, each on its own person's stream: a room of thousands is one wait for the disk, not thousands.
        const pointers = await forum.followUps(event);
        await Promise.all(pointers.map(({ person, source, draft }) => people.notify(person, source, draft)));
      }
    },
  });
  consumers.add({
    name: 'forum → units',
    kinds: ['room'],
    handle: async (events) => {
      for (const event of events) {
        const opened = openedIn(event);
        if (opened !== undefined) await people.point(opened.unit, opened.source, opened.draft);
      }
    },
  });
  return { ...forum, roomsOf: model.roomsOf };
}

export type Forum = Awaited<ReturnType<typeof buildForum>>;
export type Incidents = Awaited<ReturnType<typeof buildIncidents>>;

/** What incidents are told by responses, which are built on them. */
interface Answers {
  responsesOf: (incident: string) => Promise<readonly ResponseRef[]>;
}

/** Incidents; every change of one leaves a pointer on the units whose boards show it. */
async function buildIncidents(floor: Floor, { directory, people }: People, forum: Forum, later: Answers) {
  const incidents = await createIncidents(floor, {
    units: directory.tree,
    actorOf: directory.actor,
    messageAt: forum.messageAt,
    responsesOf: (incident) => later.responsesOf(incident),
    files: floor.files,
  });
  floor.consumers.add(incidents.projection);
  floor.consumers.add({
    name: 'incidents → units',
    kinds: ['incident'],
    handle: async (events) => {
      for (const event of events) {
        for (const { unit, source, draft } of await incidents.touched(event)) await people.point(unit, source, draft);
      }
    },
  });
  return incidents;
}

/** Builds every feature from its parts and connects them: the one screen where features meet. */
export async function createFeatures(floor: Floor, wires: Wires) {
  const { clock, config, streams } = floor;
  const who = await buildPeople(floor, wires);
  const { directory, people } = who;

  // The order matters: rights first, then whoever acts on events, then whoever is told.
  const rights = followRights(floor, directory, wires);
  const forum = await buildForum(floor, wires, who);
  const answers: Answers = { responsesOf: () => Promise.resolve([]) };
  const incidents = await buildIncidents(floor, who, forum, answers);
  const texts = await buildTexts(floor, who, { incidents, origins: wires.origins, rightsVersion: rights.version });
  const { docs, minutes, responses } = texts;
  answers.responsesOf = responses.responsesOf;
  const record = keepRecord(floor, who, texts.signer);

  const readers: Record<OpenKind, OpenReader> = {
    unit: unitReader({ directory, clock }),
    person: personReader,
    room: forum.openReader,
    incident: incidents.openReader,
    meeting: minutes.reader,
    response: responses.reader,
  };
  const own = await buildOwnData(floor, { who, forum, readers });
  const routers: { path: string; router: RequestHandler }[] = [
    {
      path: '/public',
      router: publicRoutes({
        model: responses.model,
        unitByCode: directory.unitByCode,
        origin: () => wires.origins()[0] ?? '',
        stylesheet: wires.stylesheet,
        clock,
      }),
    },
  ];
  const reading = { streams, directory, clock, readers, log: who.securityLog, mayReadDoc: texts.mayReadDoc };
  const bindings: AllBindings = {
    people: { ...peopleBindings(people), ...accountBindings(who), ...closingBindings(people, own.myData) },
    forum: forumBindings(forum),
    minutes: minutesBindings(minutes.service),
    incidents: incidentsBindings(incidents.service),
    responses: responsesBindings(responses.service),
    audit: auditBindings({ ...reading, lists: listsFor({ directory, forum, incidents, minutes, responses }) }),
  };

  return {
    ...who,
    ...texts,
    forum,
    incidents,
    bindings,
    readers,
    routers,
    collab: docs,
    recheckDocs: docs.recheck,
    ...{ access: rights, mayRead: fileReader({ room: forum.fileIn, incident: incidents.fileIn }) },
    ...{ refusals: record.refusals, sweep: record.sweep, anchor: record.anchor, lastAnchor: record.lastAnchor },
    demo: config.demo ? { logins: DEMO_LOGINS } : undefined,
    now: () => clock.now(),
    /** Once rights and read models hold everything: whoever was erased after a backup is again, and the clock begins. */
    begin: async (): Promise<void> => {
      if ((await own.erasure.repeat()) > 0) await floor.consumers.settled();
      responses.schedule.start();
      record.beginAnchors();
    },
    close: async (): Promise<void> => {
      rights.stop();
      await responses.schedule.stop();
      await record.stop();
      await who.stopEnding();
      await docs.close();
    },
  };
}
