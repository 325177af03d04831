import { ROLES, type Role } from '#shared/people/people.policy.ts';
import { words as people } from '#client/people/people.words.ts';

/** Fields of an event that say most of it in a line, the best first. */
const TELLING = ['title', 'headline', 'text', 'what', 'name', 'reason', 'comment', 'why', 'command', 'stream'];
/** Fields that name whom it was done to. */
const WHOM = ['person', 'lead', 'principal'];
const LENGTH = 120; // characters

const isRole = (value: unknown): value is Role => ROLES.some((role) => role === value);

/** An event in a line, as far as its data say anything to a person: what, whom, which post. Reactive in its names. */
export function gistOf(data: unknown, nameOf: (person: string) => string | undefined): string {
  if (typeof data !== 'object' || data === null) return '';
  const fields = data as Record<string, unknown>;
  const textIn = (names: readonly string[]): string[] =>
    names.flatMap((name) => {
      const value = fields[name];
      return typeof value === 'string' && value !== '' ? [value] : [];
    });
  const [said = ''] = textIn(TELLING);
  const line = said.replaceAll(/\s+/g, ' ').trim();
  const whom = textIn(WHOM).flatMap((person) => nameOf(person) ?? []);
  const role = isRole(fields['role']) ? [people.current.roles[fields['role']]] : [];
  const short = line.length > LENGTH ? `${line.slice(0, LENGTH)}…` : line;
  return [...(short === '' ? [] : [short]), ...whom, ...role].join(' · ');
}
