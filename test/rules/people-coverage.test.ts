import fc from 'fast-check';
import { expect, test } from 'vitest';
import { coverage } from '#shared/people/coverage.rules.ts';
import { inForce, may, type Actor, type Appointment, type Delegation } from '#shared/people/people.rules.ts';
import type { CoverageSpan } from '#shared/people/units.schema.ts';

const HOUR = 3600_000;
const BEGIN = Date.parse('2026-11-23T00:00:00.000Z');
const HOURS = 7 * 24;
const at = (hour: number): string => new Date(BEGIN + hour * HOUR).toISOString();

/** A community of a street of a district, and a street next door. */
const PATHS = { wenshu: ['wenshu', 'street', 'district'], street: ['street', 'district'], next: ['next', 'district'] };
type UnitName = keyof typeof PATHS;
const SCOPE = { path: PATHS.wenshu };
const TIME = { from: new Date(BEGIN), until: new Date(BEGIN + HOURS * HOUR) };
const PEOPLE = ['chen', 'zhao', 'tang', 'liu'];

const dated = fc.record({ from: fc.integer({ min: -50, max: 160 }), length: fc.integer({ min: 1, max: 200 }) });
const unit = fc.constantFrom<UnitName>('wenshu', 'street', 'next');
const appointment = fc
  .tuple(unit, fc.constantFrom('officer' as const, 'spokesperson' as const, 'approver' as const), dated, fc.boolean())
  .map(([name, role, { from, length }, endless]): Appointment => ({
    ...{ role, unit: name, path: PATHS[name], from: at(from), until: endless ? null : at(from + length) },
  }));
const delegation = fc
  .tuple(unit, fc.constantFrom(...PEOPLE), dated)
  .map(([name, principal, { from, length }]): Delegation => ({
    ...{ principal, unit: name, path: PATHS[name], from: at(from), until: at(from + length) },
  }));
const staff = fc
  .tuple(...PEOPLE.map(() => fc.tuple(fc.array(appointment, { maxLength: 3 }), fc.array(delegation, { maxLength: 1 }))))
  .map((held) =>
    held.map(([appointments, delegations], n): Actor => {
      const person = PEOPLE[n] ?? '';
      return { person, appointments, delegations: delegations.filter(({ principal }) => principal !== person) };
    }),
  );

/** Slow and plain: at this hour, who may, and is there one who signs beside one who speaks? */
function asked(people: readonly Actor[], now: Date): Pick<CoverageSpan, 'speakers' | 'approvers' | 'lacks'> {
  const holding = (action: 'response.publish' | 'response.approve'): Actor[] =>
    people.filter((actor) => may(actor, action, SCOPE, now));
  const [speakers, approvers] = [holding('response.publish'), holding('response.approve')];
  let pairs = 0;
  for (const speaker of speakers) {
    for (const signer of approvers) {
      const lent = [speaker, signer].flatMap(({ person, delegations }) =>
        delegations.filter((one) => inForce(one, now)).map(({ principal }) => [person, principal].sort().join()),
      );
      const both = [speaker.person, signer.person].sort();
      if (both[0] !== both[1] && !lent.includes(both.join())) pairs++;
    }
  }
  const missing = [
    ...(speakers.length === 0 ? ['speaker' as const] : []),
    ...(approvers.length === 0 ? ['approver' as const] : []),
  ];
  const names = (actors: readonly Actor[]): string[] => actors.map(({ person }) => person);
  const lacks = missing.length === 0 && pairs === 0 ? ['other' as const] : missing;
  return { speakers: names(speakers), approvers: names(approvers), lacks };
}

test('what coverage says of a stretch the policy says at every hour of it, and the stretches leave no hour out', () => {
  fc.assert(
    fc.property(staff, (people) => {
      const spans = coverage(people, SCOPE, TIME);
      expect(spans[0]?.from).toBe(at(0));
      expect(spans.at(-1)?.until).toBe(at(HOURS));
      for (const [n, { until }] of spans.entries()) expect(spans[n + 1]?.from ?? at(HOURS)).toBe(until);
      for (let hour = 0; hour < HOURS; hour++) {
        const span = spans.find(({ from, until }) => from <= at(hour) && at(hour) < until);
        expect(span, at(hour)).toMatchObject(asked(people, new Date(BEGIN + hour * HOUR)));
      }
    }),
    { seed: 20261128, numRuns: 150 },
  );
});

const post = (role: Appointment['role'], until: string | null = null): Appointment => ({
  ...{ role, unit: 'street', path: PATHS.street, from: at(-10), until },
});
const actor = (person: string, ...appointments: Appointment[]): Actor => ({ person, appointments, delegations: [] });

test('who speaks and signs alone is a gap, and so is a signer whom a delegation joins to the only one who speaks', () => {
  const alone = coverage([actor('chen', post('spokesperson'), post('approver'))], SCOPE, TIME);
  expect(alone).toMatchObject([{ speakers: ['chen'], approvers: ['chen'], lacks: ['other'] }]);
  const lent = { principal: 'chen', unit: 'street', path: PATHS.street, from: at(0), until: at(5) };
  const joined = [
    actor('chen', post('spokesperson')),
    { ...actor('tang', post('approver'), post('officer')), delegations: [lent] },
  ];
  expect(coverage(joined, SCOPE, TIME)).toMatchObject([
    { until: at(5), lacks: ['other'] },
    { from: at(5), lacks: [] },
  ]);
});

test('a post that ends in the week is a gap from that moment on', () => {
  const spans = coverage([actor('chen', post('spokesperson', at(30))), actor('zhao', post('approver'))], SCOPE, TIME);
  expect(spans).toMatchObject([
    { from: at(0), until: at(30), lacks: [] },
    { from: at(30), until: at(HOURS), lacks: ['speaker'] },
  ]);
});
