import { describe, expect, it } from 'vitest';
import { ZERO_HASH, type WireEvent } from '#shared/wire/stream.ts';
import { cursorAt, step, type Action, type Cursor, type Incoming } from '#client/platform/cursor.ts';
import { event } from '../support/cursor-events.ts';

/* ---- against a model: a server, a lossy line, a clock that never helps ---- */

/** Mulberry32: small, seeded, good enough to choose between faults. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

class World {
  cursor: Cursor;
  shown: WireEvent[] = [];
  log: WireEvent[] = [];
  floor = 1;
  life = 0;
  online = false;
  due = false;
  readonly questions: Extract<Action, { do: 'open' | 'range' }>[] = [];
  readonly random: () => number;
  flight: WireEvent[] = [];
  trace: string[] = [];

  constructor(seed: number, page: number | undefined) {
    this.random = randomOf(seed);
    this.cursor = cursorAt(0, undefined, { page });
  }

  take(incoming: Incoming): void {
    const before = this.cursor.have;
    const { cursor, actions } = step(this.cursor, incoming);
    this.cursor = cursor;
    this.trace.push(`${JSON.stringify(incoming).slice(0, 80)} ${before}→${cursor.have}`);
    for (const action of actions) {
      if (action.do === 'apply') this.show(action.event);
      else if (action.do === 'restart') this.shown = [];
      else if (action.do === 'wait') this.due = true;
      else this.questions.push(action);
    }
    expect(this.shown.at(-1)?.seq ?? cursor.have).toBe(cursor.have);
  }

  show(one: WireEvent): void {
    const last = this.shown.at(-1);
    if (last !== undefined) expect([one.seq, one.prev]).toEqual([last.seq + 1, last.hash]);
    this.shown.push(one);
  }

  append(): void {
    const last = this.log.at(-1);
    const seq = (last?.seq ?? 0) + 1;
    const one = { ...event(seq, this.life), prev: last?.hash ?? ZERO_HASH };
    this.log.push(one);
    this.flight.push(...[one, one].slice(this.random() < 0.2 ? 2 : this.random() < 0.8 ? 1 : 0));
  }

  /** A backup is put back: the newest events are gone and seqs will be used again with other content. */
  restore(): void {
    this.connect(false); // no server comes through this with its connections
    this.life += 1;
    this.log.splice(Math.floor(this.log.length * this.random()));
    this.floor = Math.min(this.floor, this.log.length + 1);
  }

  answer(fails: boolean): void {
    const question = this.questions.splice(Math.floor(this.random() * this.questions.length), 1)[0];
    if (question === undefined) return;
    if (fails || !this.online) {
      if (this.online) this.take({ kind: 'failed' });
      return;
    }
    const readable = this.log.filter(({ seq }) => seq >= this.floor);
    if (question.do === 'range') {
      const found = readable.filter(({ seq }) => seq >= question.from && seq <= question.to).slice(0, 20);
      this.take({ kind: 'ranged', events: found });
      return;
    }
    const found = readable.filter(({ seq }) => seq > question.have).slice(0, 20);
    const head = this.log.length;
    this.take({ kind: 'opened', head, floor: this.floor, events: found, more: (found.at(-1)?.seq ?? head) < head });
  }

  deliver(): void {
    const one = this.flight.splice(Math.floor(this.random() * this.flight.length), 1)[0];
    if (one !== undefined && this.online) this.take({ kind: 'event', event: one });
  }

  connect(online: boolean): void {
    this.online = online;
    this.questions.length = 0; // what was under way belongs to the old connection
    if (!online) this.flight = [];
    this.take({ kind: online ? 'online' : 'lost' });
  }

  tick(): void {
    if (!this.due) return;
    this.due = false;
    this.take({ kind: 'due' });
  }

  act(): void {
    const choice = this.random();
    if (choice < 0.25) this.append();
    else if (choice < 0.55) this.deliver();
    else if (choice < 0.75) this.answer(this.random() < 0.2);
    else if (choice < 0.85) this.tick();
    else if (choice < 0.9) this.connect(!this.online);
    else if (choice < 0.96 && this.online) this.take({ kind: 'head', head: this.log.length });
    else if (choice < 0.97) this.restore();
    else if (choice < 0.98) this.floor = Math.min(this.log.length + 1, this.floor + Math.floor(this.random() * 3));
  }

  /** The faults end. Heads are what a quiet stream has to notice by. */
  heal(): void {
    this.connect(false);
    this.connect(true);
    for (let i = 0; i < 2000; i++) {
      if (this.questions.length > 0) this.answer(false);
      else if (this.due) this.tick();
      else if (this.cursor.have < this.log.length) this.take({ kind: 'head', head: this.log.length });
      else return;
    }
  }
}

describe('under loss, duplication, reordering, cuts and restored backups', () => {
  const seeds = Array.from({ length: 400 }, (_, i) => i + 1);

  it.each([
    ['everything', undefined],
    ['the newest page', 5],
  ])('a reader of %s ends with what the server has', (_, page) => {
    for (const seed of seeds) {
      const world = new World(seed, page);
      world.connect(true);
      for (let i = 0; i < 200; i++) world.act();
      world.heal();
      world.append(); // at equal heads another life shows only with the next event
      world.heal();
      const from = world.shown[0]?.seq ?? world.log.length + 1;
      const say = `seed ${seed}\n${world.trace.slice(-30).join('\n')}`;
      expect(
        world.shown.map(({ hash }) => hash),
        say,
      ).toEqual(world.log.slice(from - 1).map(({ hash }) => hash));
      if (page === undefined) expect(from, say).toBeLessThanOrEqual(world.floor);
    }
  });
});
