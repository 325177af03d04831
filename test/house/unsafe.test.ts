import { expect, test } from 'vitest';
import { allSources, importsOf } from '../support/sources.ts';

/* What the source must not hold, because no check at run time could make it safe (docs/security.md). */

const house = allSources().filter(({ file }) => !file.startsWith('test/'));
const server = house.filter(({ file }) => file.startsWith('server/'));

/** Every place where a pattern stands, as `file: what`. */
const places = (pattern: RegExp, sources = house): string[] =>
  sources.flatMap(({ file, text }) => [...text.matchAll(pattern)].map(([found]) => `${file}: ${found}`));

test('nothing makes HTML or a program out of text', () => {
  const makers =
    /\{@html|\b(?:inner|outer)HTML\b|\binsertAdjacentHTML\b|\bdocument\.write|\bsrcdoc\b|\beval\(|\bnew Function\b/g;
  expect(places(makers)).toEqual([]);
});

test('no tag is chosen by what somebody wrote, and no attributes but those of our own controls are spread', () => {
  const tags = places(/<svelte:element\s+this=\{[^}]*\}/g);
  expect(tags.filter((tag) => !/\? '[a-z]+' : '[a-z]+'\}$/.test(tag))).toEqual([]);
  const outside = house.filter(({ file }) => file.endsWith('.svelte') && !file.startsWith('client/ui/'));
  const spread = places(/^.*\{\.\.\..*$/gm, outside); // onto a component of ours, which takes what it declares
  expect(spread.filter((line) => !/: *<[A-Z]\w+ /.test(line))).toEqual([]);
});

test('Socket.IO is heard in one place, by one listener for every command', () => {
  const hearing = server.filter((source) => importsOf(source).includes('socket.io'));
  expect(hearing.map(({ file }) => file)).toEqual(['server/platform/sockets.ts']);
  expect(places(/\.onAny\(/g, server)).toHaveLength(1);
  const named = places(/\bsocket\.(?:on|once)\('[\w:-]+'/g, hearing);
  expect(named).toEqual(["server/platform/sockets.ts: socket.on('disconnect'"]);
});

test('an address has one parameter in a segment at most, and only the shell answers to any address', () => {
  const routes = places(/\.(?:get|post|put|patch|delete|use|all)\('\/[^']*'/g, server);
  expect(routes.length).toBeGreaterThan(10);
  expect(routes.filter((route) => /[*{(?+]/.test(route.split("'")[1] ?? ''))).toEqual([
    "server/platform/page.ts: .get('/{*rest}'",
  ]);
  expect(routes.filter((route) => /[^/]:|:\w+[^\w/']/.test(route.split("'")[1] ?? ''))).toEqual([]);
});

test('live texts travel in version 1 of their encoding alone', () => {
  // A few bytes of version 2 may announce millions of structs, which hold up the loop (yjs/yjs#687).
  expect(places(/\b\w+V2\b/g)).toEqual([]);
});
