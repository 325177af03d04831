import { expect, onTestFinished } from 'vitest';
import type { WireEvent } from '#shared/wire/stream.ts';
import { createMemoryDb, type Db } from '#client/platform/db.ts';
import { Outbox } from '#client/platform/outbox.ts';
import { createSocket, type Socket } from '#client/platform/socket.ts';
import { createStreams, type Streams } from '#client/platform/streams.ts';
import type { Following, FollowOptions, Place } from '#client/platform/follow.svelte.ts';
import { startApp, type TestApp } from './app.ts';
import { cookieFor, eventually, newId, signIn, type TestClient } from './client.ts';
import { aLink, type Link } from './cut-line.ts';

/* The core of a page without a page: the product's own socket, streams and outbox, in front of a real hub. */

export interface Device {
  line: Socket;
  outbox: Outbox;
  streams: Streams;
  signedOut: number;
}

interface Given {
  login?: string;
  cookie?: string;
  db?: Db;
  now?: () => number;
  early?: ReadonlySet<string>;
}

/** What a page has: a socket, an outbox, followed streams. `now` moves its clock. */
export async function aDevice(app: TestApp, link: Link, given: Given = {}): Promise<Device> {
  const db = given.db ?? createMemoryDb();
  const cookie = given.cookie ?? (await cookieFor(app.url, given.login ?? 'worker'));
  const line = createSocket({
    origin: link.url,
    headers: { cookie, origin: app.url },
    random: () => 0.05,
    onSignedOut: () => {
      device.signedOut += 1;
    },
    ...(given.now && { now: given.now }),
    ...(given.early && { early: given.early }),
  });
  const streams = createStreams({
    db,
    line,
    onEvent: (event) => {
      if ('id' in event) outbox.seen(event);
    },
  });
  const outbox = new Outbox({
    db,
    line,
    random: () => 0.05,
    closeGap: streams.until,
    lead: (begin) => {
      begin();
      return () => undefined;
    },
  });
  const device: Device = { line, outbox, streams, signedOut: 0 };
  onTestFinished(() => {
    outbox.stop();
    void streams.stop();
    line.stop();
  });
  void outbox.start();
  line.start();
  return device;
}

/** A follower that keeps what a screen would show, and fails on a hole. */
export class Screen {
  events: WireEvent[] = [];
  places: Place[] = [];
  refusals: string[] = [];
  readonly following: Following;

  constructor(device: Device, stream: string, options?: FollowOptions) {
    this.following = device.streams.follow(
      stream,
      {
        reset: (events, place) => {
          this.events = [...events];
          this.places.push(place);
        },
        apply: (event) => {
          expect(event.seq).toBe((this.events.at(-1)?.seq ?? this.places.at(-1)?.have ?? 0) + 1);
          this.events.push(event);
        },
        refused: (code) => this.refusals.push(code),
      },
      options,
    );
  }

  get texts(): unknown[] {
    return this.events.flatMap((event) =>
      'data' in event && event.type === 'posted' ? [(event.data as { text: string }).text] : [],
    );
  }
}

export interface Scene {
  app: TestApp;
  link: Link;
  other: TestClient;
  room: string;
  say: (text: string) => Promise<number>;
}

export async function aScene(): Promise<Scene> {
  const app = await startApp();
  const link = await aLink(app.url);
  const admin = await signIn(app, 'admin');
  const room = newId();
  await admin.done('forum:create', { id: room, unit: app.unit('wenshu'), title: '大厅', kind: 'open' });
  const other = await signIn(app, 'worker2');
  const say = async (text: string): Promise<number> =>
    Number((await other.done('forum:post', { id: newId(), room, text }))['seq']);
  return { app, link, other, room, say };
}

export const post = (device: Device, room: string, text: string) =>
  device.outbox.send({ name: 'forum:post', input: { id: newId(), room, text }, lane: `room:${room}` });

export const holds = (screen: Screen, texts: string[]): Promise<unknown> =>
  eventually(() => JSON.stringify(screen.texts) === JSON.stringify(texts));
