import { describe, expect, it, vi } from 'vitest';
import { aDevice, aScene, holds, post, Screen } from '../support/device.ts';
import { eventually, newId, nextEvent } from '../support/client.ts';

vi.setConfig({ testTimeout: 20_000 }); // each starts a hub of its own, on machines that are busy

describe('the line', () => {
  it('answers typed requests and says what was refused', async () => {
    const { app, link, room } = await aScene();
    const device = await aDevice(app, link);
    const { rooms } = await device.line.request('forum:rooms', {});
    expect(rooms.map(({ id }) => id)).toContain(room);
    await expect(device.line.request('forum:post', { id: newId(), room: newId(), text: '一' })).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  it('calls itself offline after 12 s of silence, by its own clock', async () => {
    const { app, link } = await aScene();
    let skew = 0;
    const device = await aDevice(app, link, { now: () => Date.now() + skew });
    await eventually(() => device.line.status === 'online');
    link.become('hole');
    skew = 12_500;
    await eventually(() => device.line.status === 'offline');
    await expect(device.line.request('people:me', {})).rejects.toMatchObject({ code: 'offline' });
    link.cut();
    link.mend();
    device.line.wake();
    await eventually(() => device.line.status === 'online');
  });

  it('takes commands and queries over HTTP while only the socket is blocked', async () => {
    const { app, link, room } = await aScene();
    link.become('http');
    const device = await aDevice(app, link);
    const { done } = post(device, room, '一');
    expect((await done).seq).toBeGreaterThan(0);
    expect(device.line.blocked).toBe(true);
    const { messages } = await device.line.request('forum:messages', { room, limit: 10 });
    expect(messages.map(({ text }) => text)).toEqual(['一']);
    link.mend();
    device.line.wake();
    await eventually(() => device.line.status === 'online');
    expect(device.line.blocked).toBe(false);
  });

  it('answers what a page begins with before there is a line, and only that', async () => {
    const { app, link, room, other } = await aScene();
    await other.done('forum:post', { id: newId(), room, text: '早' });
    link.become('http');
    const device = await aDevice(app, link, { early: new Set(['forum:messages', 'people:units']) });
    const { messages } = await device.line.request('forum:messages', { room, limit: 10 });
    expect(messages.map(({ text }) => text)).toEqual(['早']);
    expect([device.line.status, device.line.blocked]).toEqual(['connecting', false]);
    await expect(device.line.request('forum:messages', { room: newId(), limit: 10 })).rejects.toMatchObject({
      code: 'not_found',
    });
    const rooms = device.line.request('forum:rooms', {}); // waits for a line
    link.cut(true);
    const units = device.line.request('people:units', {}); // HTTP brings nothing, so it waits as well
    link.mend();
    device.line.wake();
    expect((await rooms).rooms.map(({ id }) => id)).toContain(room);
    expect((await units).units.length).toBeGreaterThan(0);
    expect(device.line.status).toBe('online');
  });

  it('learns at once that its session is over', async () => {
    const { app, link } = await aScene();
    const device = await aDevice(app, link, { cookie: 'sid=nobody' });
    await eventually(() => device.signedOut > 0);
  });

  it('learns over HTTP that its session is over where the socket is blocked', async () => {
    const { app, link } = await aScene();
    link.become('http');
    const device = await aDevice(app, link, { cookie: 'sid=nobody' });
    await eventually(() => device.signedOut > 0);
  });
});

describe('the outbox', () => {
  it('writes once although the answer was lost, and the screen shows it once', async () => {
    const { app, link, room, other } = await aScene();
    await other.done('stream:open', { stream: `room:${room}`, have: 0 });
    const device = await aDevice(app, link);
    const screen = new Screen(device, `room:${room}`);
    await eventually(() => screen.following.state === 'live');
    link.become('mute');
    const { id, done } = post(device, room, '一');
    await nextEvent(other, 'posted'); // it reached the hub; neither the answer nor the event come back
    expect(device.outbox.entry(id)?.state).toBe('sending');
    link.cut();
    link.mend();
    device.line.wake();
    expect((await done).seq).toBeGreaterThan(0);
    await holds(screen, ['一']);
    await eventually(() => device.outbox.unsent.length === 0);
  });

  it('keeps the order of what was written offline, while another lane goes its own way', async () => {
    const { app, link, room, other } = await aScene();
    const device = await aDevice(app, link);
    link.cut(true);
    await eventually(() => device.line.status !== 'online');
    const texts = Array.from({ length: 8 }, (_, i) => `第 ${i}`);
    for (const text of texts) post(device, room, text);
    const refused = post(device, newId(), '没有这个房间');
    const outcome = expect(refused.done).rejects.toMatchObject({ code: 'not_found' });
    link.mend();
    device.line.wake();
    await outcome;
    await eventually(() => device.outbox.entries(`room:${room}`).every(({ state }) => state === 'sent'));
    const { messages } = (await other.done('forum:messages', { room })) as unknown as { messages: { text: string }[] };
    expect(messages.map(({ text }) => text)).toEqual(texts);
  });
});
