import { describe, expect, it, vi } from 'vitest';
import { createMemoryDb } from '#client/platform/db.ts';
import { aDevice, aScene, holds, Screen } from '../support/device.ts';
import { eventually } from '../support/client.ts';

vi.setConfig({ testTimeout: 20_000 }); // each starts a hub of its own, on machines that are busy

describe('a followed stream', () => {
  it('shows everything, then each new event once', async () => {
    const { app, link, room, say } = await aScene();
    await say('一');
    const device = await aDevice(app, link);
    const screen = new Screen(device, `room:${room}`);
    await holds(screen, ['一']);
    await eventually(() => screen.following.state === 'live');
    await say('二');
    await holds(screen, ['一', '二']);
  });

  it('opens only the newest page and reads older ones on demand', async () => {
    const { app, link, room, say } = await aScene();
    const texts = Array.from({ length: 12 }, (_, i) => `第 ${i}`);
    for (const text of texts) await say(text);
    const device = await aDevice(app, link);
    const screen = new Screen(device, `room:${room}`, { from: 'head', page: 5 });
    await holds(screen, texts.slice(-5));
    expect(screen.following.complete).toBe(false);
    const older = await screen.following.older(5);
    expect(older.map(({ seq }) => seq)).toEqual([4, 5, 6, 7, 8]);
    expect((await screen.following.older(50)).map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(screen.following.complete).toBe(true);
  });

  it('gives a second follower what it wants of a stream that is open', async () => {
    const { app, link, room, say } = await aScene();
    for (const text of ['一', '二', '三', '四']) await say(text);
    const device = await aDevice(app, link);
    const page = new Screen(device, `room:${room}`, { from: 'head', page: 2 });
    await holds(page, ['三', '四']);
    const whole = new Screen(device, `room:${room}`);
    await holds(whole, ['一', '二', '三', '四']);
    const after = new Screen(device, `room:${room}`, { from: 3 });
    await holds(after, ['三', '四']);
    await say('五');
    await holds(page, ['三', '四', '五']);
    await holds(whole, ['一', '二', '三', '四', '五']);
    page.following.close();
    whole.following.close();
    await say('六');
    await holds(after, ['三', '四', '五', '六']);
  });

  it('gives a room its whole page although a list follows the last line of it already', async () => {
    const { app, link, room, say } = await aScene();
    const texts = Array.from({ length: 6 }, (_, i) => `第 ${i}`);
    for (const text of texts) await say(text);
    const device = await aDevice(app, link);
    const list = new Screen(device, `room:${room}`, { from: 'head', page: 1, head: 7 });
    await holds(list, texts.slice(-1));
    const screen = new Screen(device, `room:${room}`, { from: 'head', page: 4 });
    await holds(screen, texts.slice(-4));
    await say('又一条');
    await holds(screen, [...texts.slice(-4), '又一条']);
    expect(screen.places).toHaveLength(1);
    expect((await screen.following.older(9)).map(({ seq }) => seq)).toEqual([1, 2, 3]);
  });

  it('is refused, and forgotten on this device, where the person may not see it', async () => {
    const { app, link, room, say } = await aScene();
    await say('一');
    const db = createMemoryDb();
    await db.change([
      { store: 'tails', key: [`room:${room}`], value: { low: 1, have: 1, floor: 1, used: 0 } },
      { store: 'events', key: [`room:${room}`, 1], value: { seq: 1, hash: 'x', prev: 'y', stream: `room:${room}` } },
    ]);
    const device = await aDevice(app, link, { login: 'outsider', db });
    const screen = new Screen(device, `room:${room}`);
    await eventually(() => screen.refusals.length > 0);
    expect(screen.refusals).toEqual(['not_found']);
    await eventually(async () => (await db.list('events')).length === 0);
  });

  it('shows what this device kept before the line is there, then closes the gap', async () => {
    const { app, link, room, say } = await aScene();
    await say('一');
    const db = createMemoryDb();
    const before = await aDevice(app, link, { db });
    await holds(new Screen(before, `room:${room}`), ['一']);
    await before.streams.stop(); // writes what waits
    before.line.stop();
    await eventually(async () => (await db.list('tails')).length === 1);

    link.cut(true);
    await say('二');
    const after = await aDevice(app, link, { db });
    const screen = new Screen(after, `room:${room}`);
    await holds(screen, ['一']);
    expect(screen.places[0]?.stored).toBe(true);
    expect(screen.following.state).toBe('opening');
    link.mend();
    after.line.wake();
    await holds(screen, ['一', '二']);
    await eventually(() => screen.following.state === 'live');
    expect(screen.places).toHaveLength(1);
  });

  it('closes every gap after the line was cut, and again', async () => {
    const { app, link, room, say } = await aScene();
    const device = await aDevice(app, link);
    const screen = new Screen(device, `room:${room}`);
    const said: string[] = [];
    for (let i = 0; i < 5; i++) {
      const online = `在线 ${i}`;
      await eventually(() => screen.following.state === 'live');
      await say(online);
      await holds(screen, [...said, online]);
      link.cut(true);
      await eventually(() => device.line.status !== 'online');
      await say(`离线 ${i}`);
      link.mend();
      device.line.wake();
      said.push(online, `离线 ${i}`);
      await holds(screen, said);
    }
    expect(screen.places).toHaveLength(1);
  });
});
