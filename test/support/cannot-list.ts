import { readFileSync } from 'node:fs';

/** What a server that stands in for MongoDB cannot do (test/stores/cannot.json): the whole name of a test → why. */
export function cannotOf(server: string): Readonly<Record<string, string>> {
  const all = JSON.parse(readFileSync('test/stores/cannot.json', 'utf8')) as Record<string, Record<string, string>>;
  return all[server] ?? {};
}
