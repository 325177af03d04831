import type { App } from '#server/app.ts';
import { hashPassword } from '#server/people/people.passwords.ts';
import { sha256 } from '#server/platform/crypto.ts';
import type { Actor } from '#shared/people/people.rules.ts';
import { derivedId } from '#shared/wire/ids.ts';
import { DEMO_PASSWORD, NAMED, OTHERS, UNITS } from './demo.cast.ts';

/** Ids of the demo are derived from what they name, so that every demo has the same ones. */
export const demoId = (name: string): string => derivedId(sha256, 'linli demo', name);

const DAY = 24 * 3600_000;
const ROOT = 'demo-root';

/** The administrator who sets the demo up: made with the set-up code, as anybody's first administrator is. */
async function firstAdmin(app: App): Promise<Actor> {
  const { people, directory, setup } = app.features;
  const city = UNITS[0];
  if (city === undefined) throw new Error('the demo has no city');
  const password = `${setup.code}-demo`; // nobody signs in as the city's administrator
  const { code, name, level } = city;
  const unit = { code, name, level };
  const { person } = await people.setUp({ code: setup.code, login: ROOT, name: '系统管理员', password, unit });
  const actor = directory.actor(person);
  if (actor === undefined) throw new Error('the first administrator is not there');
  return actor;
}

async function makeUnits(app: App, admin: Actor): Promise<void> {
  const { people, directory } = app.features;
  for (const { code, name, level, parent } of UNITS) {
    if (parent === null) continue;
    const above = directory.unitByCode(parent);
    if (above === undefined) throw new Error(`no unit ${parent}`);
    await people.createUnit(admin, { id: demoId(`unit ${code}`), parent: above.id, code, name, level });
  }
}

async function makePeople(app: App, admin: Actor, today: Date): Promise<void> {
  const { people, directory, setup } = app.features;
  const hash = await hashPassword(DEMO_PASSWORD); // once: all share it
  const from = new Date(today.getTime() - 200 * DAY).toISOString();
  for (const { login, name, posts } of [...NAMED, ...OTHERS]) {
    const person = demoId(`person ${login}`);
    for (const [role, code] of posts) {
      const unit = directory.unitByCode(code)?.id ?? '';
      await people.enrolHashed(admin, unit, { id: person, login, name, hash });
      const id = demoId(`appointment ${login} ${role} ${code}`);
      await people.appoint(admin, { id, unit, person, role, from, until: null, code: setup.code });
    }
  }
}

/** `deputy` is no role: an officer of the street with an accepted delegation from the spokesperson. */
async function delegate(app: App, today: Date): Promise<void> {
  const { people, directory } = app.features;
  const spokesperson = directory.actor(demoId('person spokesperson'));
  const deputy = directory.actor(demoId('person deputy'));
  const unit = directory.unitByCode('qingyang-street')?.id;
  if (spokesperson === undefined || deputy === undefined || unit === undefined) throw new Error('nobody to delegate');
  const delegation = demoId('delegation');
  const from = new Date(today.getTime() - DAY).toISOString();
  const until = new Date(today.getTime() + 12 * DAY).toISOString();
  const reason = '外出培训';
  await people.delegate(spokesperson, { id: delegation, unit, person: deputy.person, from, until, reason });
  await people.accept(deputy, { id: demoId('delegation accepted'), delegation });
}

/** Units and people of the demo, made through the same calls an administrator makes. `today` dates their posts. */
export async function seedPeople(app: App, today = new Date()): Promise<void> {
  const admin = await firstAdmin(app);
  await makeUnits(app, admin);
  await makePeople(app, admin, today);
  await delegate(app, today);
}
