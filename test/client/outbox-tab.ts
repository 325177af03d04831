import { afterEach, vi } from 'vitest';
import { newId } from '#client/platform/ids.ts';
import { createLead, openChannel } from '#client/platform/lead.ts';
import { openDb } from '#client/platform/idb.ts';
import { Outbox, type OutboxDeps } from '#client/platform/outbox.ts';
import type { Db } from '#client/platform/db.ts';
import type { Entry } from '#client/platform/entry.ts';
import type { Status } from '#client/platform/line.ts';

/** A line whose answers the test gives. */
class FakeLine {
  status: Status = 'online';
  blocked = false;
  asked: {
    name: string;
    input: Record<string, unknown>;
    answer: (output: object) => void;
    refuse: (e: Error) => void;
  }[] = [];
  readonly #watchers = new Set<(status: Status) => void>();

  ask = (name: string, input: object): Promise<Record<string, unknown>> =>
    new Promise((resolve, reject) => {
      this.asked.push({
        name,
        input: input as Record<string, unknown>,
        answer: (output) => {
          resolve(output as Record<string, unknown>);
        },
        refuse: reject,
      });
    });

  onStatus = (listen: (status: Status) => void): (() => void) => {
    this.#watchers.add(listen);
    return () => this.#watchers.delete(listen);
  };

  become(status: Status): void {
    this.status = status;
    for (const listen of this.#watchers) listen(status);
  }
}

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

interface Tab {
  outbox: Outbox;
  line: FakeLine;
  db: Db;
  close: () => void;
}

/** A tab of this person: its own outbox on the device's database. */
export async function aTab(
  person: string,
  given: Partial<OutboxDeps> & { factory?: IDBFactory | null } = {},
): Promise<Tab> {
  const line = new FakeLine();
  const { factory, ...deps } = given;
  const db = openDb(person, factory === null ? undefined : (factory ?? indexedDB));
  const lead = createLead(newId(), navigator.locks, undefined);
  const channel = openChannel(person);
  const outbox = new Outbox({
    db,
    line,
    channel,
    lead: (begin) => lead.take(person, begin),
    random: () => 0,
    ...deps,
  });
  const close = (): void => {
    outbox.stop();
    db.close();
  };
  closers.push(close);
  await outbox.start();
  return { outbox, line, db, close };
}

/** Contract names grow with the features; the outbox does not care, so these tests use their own. */
export function post(outbox: Outbox, text: string, lane = 'room:1', id = newId()) {
  const order = { name: 'forum:post', input: { id, text }, lane };
  return outbox.send(order as unknown as Parameters<Outbox['send']>[0]);
}

export const states = (entries: readonly Entry[]): [unknown, string][] =>
  entries.map((e) => [e.input['text'], e.state]);
export const until = (check: () => void | Promise<void>): Promise<void> =>
  vi.waitFor(check, { timeout: 4500, interval: 5 });
export const kept = async (db: Db): Promise<unknown[]> =>
  (await db.list('outbox')).map(({ value }) => (value as Entry).input['text']);
