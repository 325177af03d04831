import { hash } from '@node-rs/argon2';
import type { Caller } from '#server/platform/caller.ts';
import { ROLES, type Column, type Role } from '#shared/people/people.policy.ts';
import { DEMO_PASSWORD, startApp, type TestApp } from './app.ts';
import { newId, signIn, type Answer, type TestClient } from './client.ts';

/*
 * One hub with a person for every column of the policy table, all of them in one unit, and things of four units around
 * it: the same, one below, one above, one elsewhere.
 */

/** Where the unit of a thing stands, seen from everybody's post. */
export const PLACES = { S: 'qingyang-street', D: 'wenshu', A: 'qingyang', X: 'chunxilu' } as const;
export type Place = keyof typeof PLACES;
export const EVERYWHERE = Object.keys(PLACES) as Place[];

/** How it stands with the post: held, over by command or by date, not begun; for a deputy, not accepted. */
export type Condition = 'active' | 'ended' | 'expired' | 'future' | 'unaccepted';

export interface Persona {
  name: string;
  /** The column this person is here for; undefined: nobody's. */
  column: Column | undefined;
  condition: Condition;
  /** Columns whose rights they have now: a deputy is a worker or an officer too. */
  holds: readonly Column[];
  person: string;
  client: TestClient;
}

export interface Hub {
  app: TestApp;
  personas: readonly Persona[];
  named: (name: string) => Persona;
  /** Runs a command as one of the staff, who can prepare everything everywhere. */
  run: (login: string, name: string, input: object) => Promise<Answer>;
  head: (stream: string) => Promise<number>;
  unit: (place: Place) => string;
}

const DAY = 24 * 3600_000;
const at = (days: number): string => new Date(Date.now() + days * DAY).toISOString();

/** Dates of a post in each condition; an ended one is ended by command afterwards. */
const DATES: Readonly<Record<Condition, { from: string; until: string | null }>> = {
  active: { from: at(-100), until: null },
  ended: { from: at(-100), until: null },
  expired: { from: at(-100), until: at(-1) },
  future: { from: at(1), until: null },
  unaccepted: { from: at(-100), until: null },
};

/** Who prepares things: people of the city, and two of each place for what only colleagues may. */
const STAFF: readonly (readonly [string, readonly (readonly [Role, string])[]])[] = [
  [
    'clerk',
    [
      ['officer', 'chengdu'],
      ['moderator', 'chengdu'],
    ],
  ],
  ['seal', [['approver', 'chengdu']]],
  ['voice', [['spokesperson', 'chengdu']]],
  ...EVERYWHERE.flatMap((place) => [
    [
      `local-${place}`.toLowerCase(),
      [
        ['officer', PLACES[place]],
        ['spokesperson', PLACES[place]],
      ],
    ] as const,
    [`mate-${place}`.toLowerCase(), [['worker', PLACES[place]]]] as const,
  ]),
];

function createSeed(app: TestApp, cheap: string) {
  const { directory, people, setup } = app.app.features;
  const actorOf = (person: string) => {
    const actor = directory.actor(person);
    if (actor === undefined) throw new Error(`nobody is ${person}`);
    return actor;
  };
  const root = actorOf(directory.withLogin('demo-root')?._id ?? '');
  const second = app.actor('admin');

  /** What nobody can say any more, since it is over: it was said in a better time. */
  async function earlier(stream: string, draft: { id: string; type: string; data: object }): Promise<void> {
    const { streams, consumers } = app.app;
    await streams.inTurn(stream, () => streams.append(stream, { ...draft, actor: 'system' }));
    await consumers.settled();
  }

  async function enrol(login: string): Promise<string> {
    const id = newId();
    await people.enrolHashed(root, app.unit('qingyang-street'), { id, login, name: login, hash: cheap });
    return id;
  }

  async function appoint(person: string, role: Role, code: string, condition: Condition): Promise<void> {
    const id = newId();
    const unit = app.unit(code);
    const dates = DATES[condition];
    if (condition === 'expired') {
      const data = { appointment: id, person, role, ...dates };
      await earlier(`unit:${unit}`, { id, type: 'people.appointed', data });
      return;
    }
    const { pending } = await people.appoint(root, { id, unit, person, role, ...dates, code: setup.code });
    if (pending) await people.confirm(second, { id: newId(), unit, appointment: id });
    if (condition === 'ended') await people.end(root, { id: newId(), unit, appointment: id });
  }

  async function delegate(person: string, principal: string, condition: Condition): Promise<void> {
    const id = newId();
    const [from, until] =
      condition === 'future' ? [at(1), at(5)] : condition === 'expired' ? [at(-5), at(-1)] : [at(-1), at(5)];
    const unit = app.unit('qingyang-street');
    if (condition === 'expired') {
      const data = { delegation: id, principal, unit, from, until, reason: '外出' };
      await earlier(`person:${person}`, { id, type: 'people.delegated', data });
      await earlier(`person:${person}`, { id: newId(), type: 'people.accepted', data: { delegation: id } });
      return;
    }
    await people.delegate(actorOf(principal), { id, unit, person, from, until, reason: '外出' });
    if (condition !== 'unaccepted') await people.accept(actorOf(person), { id: newId(), delegation: id });
  }
  return { enrol, appoint, delegate, actorOf, root };
}

type Seed = ReturnType<typeof createSeed>;
type Plan = Omit<Persona, 'person' | 'client'>;
/** The demo has people of the plain names. */
const loginOf = ({ name }: Pick<Plan, 'name'>): string => `one-${name}`;

const INACTIVE: readonly Condition[] = ['ended', 'expired', 'future'];

/** Everybody who is asked with. A deputy is planned on a worker's and on an officer's post: there is none without. */
const PLANS: readonly Plan[] = [
  ...ROLES.map((role): Plan => ({ name: role, column: role, condition: 'active', holds: [role] })),
  { name: 'deputy', column: 'deputy', condition: 'active', holds: ['worker', 'deputy'] },
  { name: 'deputy-officer', column: 'deputy', condition: 'active', holds: ['officer', 'deputy'] },
  { name: 'nobody', column: undefined, condition: 'active', holds: [] },
  // Several posts are their sum, and no more.
  { name: 'both', column: undefined, condition: 'active', holds: ['officer', 'approver'] },
  { name: 'deputy-approver', column: undefined, condition: 'active', holds: ['worker', 'approver', 'deputy'] },
  ...ROLES.flatMap((role) =>
    INACTIVE.map((condition): Plan => ({ name: `${role}-${condition}`, column: role, condition, holds: [] })),
  ),
  ...(['expired', 'future', 'unaccepted'] as const).map((condition): Plan => ({
    name: `deputy-${condition}`,
    column: 'deputy',
    condition,
    holds: ['worker'],
  })),
];

async function settle(seed: Seed, { column, condition, holds, ...plan }: Plan, principal: string): Promise<string> {
  const person = await seed.enrol(loginOf(plan));
  const isDeputy = column === 'deputy' || holds.includes('deputy');
  const own = column === undefined || isDeputy ? holds : [column];
  const posts = own.filter((held): held is Role => held !== 'deputy');
  for (const role of posts) await seed.appoint(person, role, PLACES.S, isDeputy ? 'active' : condition);
  if (isDeputy) await seed.delegate(person, principal, condition);
  return person;
}

/** Starts the hub; `only` names who is wanted of the plans, everybody if left out. Must be called in a test. */
export async function startHub(only?: (plan: Plan) => boolean): Promise<Hub> {
  const app = await startApp();
  // Costs a hundredth of the hub's own: signing in is not what is tested here.
  const cheap = await hash(DEMO_PASSWORD, { memoryCost: 1024, timeCost: 1, parallelism: 1 });
  const seed = createSeed(app, cheap);
  const staff = new Map<string, string>();
  for (const [login, posts] of STAFF) {
    const person = await seed.enrol(login);
    staff.set(login, person);
    for (const [role, code] of posts) await seed.appoint(person, role, code, 'active');
  }
  // Nobody whom a cell is asked with: a delegation joins two people, and four eyes would see one.
  const principal = staff.get('local-s') ?? '';
  const personas: Persona[] = [];
  for (const plan of PLANS.filter(only ?? (() => true))) {
    const person = await settle(seed, plan, principal);
    personas.push({ ...plan, person, client: await signIn(app, loginOf(plan)) });
  }
  return {
    app,
    personas,
    named: (name) => {
      const found = personas.find((persona) => persona.name === name);
      if (found === undefined) throw new Error(`nobody is called ${name}`);
      return found;
    },
    run: async (login, name, input) => {
      const caller: Caller = { actor: seed.actorOf(staff.get(login) ?? ''), session: 'staff' };
      return { ok: true, ...(await app.app.dispatch.run(name, caller, input)) };
    },
    head: async (stream) => (await app.app.streams.head(stream)).seq,
    unit: (place) => app.unit(PLACES[place]),
  };
}
