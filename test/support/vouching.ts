import { expect } from 'vitest';
import { ask, askAndKeep, enrolFactor, MINUTE, tryToSignIn, type startReal } from './account.ts';
import { newId } from './client.ts';

/* Two administrators, and somebody who is given a post by both. */

export type Real = Awaited<ReturnType<typeof startReal>>;

export const START = 'green umbrella 47 in the rain';
export const OWN = 'blue kettle 12 under the stairs';

/** Two administrators: of the district, who enrols and proposes, and of the city, who confirms. */
export async function administrators(real: Real) {
  const { app, clock, later, enter, enrolled } = real;
  const admin = await enrolled('admin');
  const [entered = ''] = (await enter('demo-root', { password: `${app.app.features.setup.code}-demo` })).cookies;
  const root = (await enrolFactor(app, entered, clock.now())).cookie;
  later(MINUTE);
  const done = async (cookie: string, name: string, input: object) => {
    const answer = await ask(app.url, cookie, name, { id: newId(), ...input });
    if (!answer.ok) throw new Error(`${name}: ${JSON.stringify(answer.error)}`);
    return answer;
  };
  const codeFor = async (cookie: string, name: string, input: object) =>
    (await ask(app.url, cookie, name, { id: newId(), ...input })).error?.code;
  return { admin: admin.cookie, root, done, codeFor };
}

/** Somebody whom one administrator enrolled and proposed as spokesperson, and the other confirmed. */
export async function appointed(real: Real, login = 'newcomer') {
  const { app } = real;
  const acts = await administrators(real);
  const unit = app.unit('wenshu');
  const { person } = await acts.done(acts.admin, 'people:enrol', { unit, login, name: '新来的', password: START });
  const post = newId();
  await acts.done(acts.admin, 'people:appoint', { id: post, unit, person, role: 'spokesperson' });
  await acts.done(acts.root, 'people:confirm', { unit, appointment: post });
  return { ...acts, unit, person: String(person), login, post };
}

/** Signs in with the start password, chooses another, sets up a second factor; the session's cookie. */
export async function takeAccount({ app, clock, later }: Real, login: string, password = OWN): Promise<string> {
  const { cookies } = await tryToSignIn(app.url, { name: login, password: START });
  const change = { old: START, password };
  const { answer, cookie } = await askAndKeep(app.url, cookies[0] ?? '', 'people:change-password', change);
  if (!answer.ok) throw new Error(JSON.stringify(answer));
  expect((await ask(app.url, cookie, 'people:me')).error?.code).toBe('unauthenticated'); // as if the post had begun
  const enrolled = await enrolFactor(app, cookie, clock.now());
  later(MINUTE);
  return enrolled.cookie;
}

export const rolesOf = ({ app }: Real, person: string) =>
  app.app.features.directory.actor(person)?.appointments.map(({ role }) => role);
