import { describe, expect, it } from 'vitest';
import { AppError } from '#shared/wire/error.ts';
import { newId } from '#client/platform/ids.ts';
import type { Outbox } from '#client/platform/outbox.ts';
import { aTab, kept, post, states, until } from './outbox-tab.ts';

describe('the device comes first', () => {
  it('sends only what is written, and takes it off the device with the ack', async () => {
    const { outbox, line, db } = await aTab(newId());
    const { id, done } = post(outbox, '一');
    expect(outbox.entry(id)).toMatchObject({ state: 'held', durable: false });
    expect(line.asked).toEqual([]);
    await until(() => {
      expect(line.asked).toHaveLength(1);
    });
    expect(outbox.entry(id)).toMatchObject({ state: 'sending', durable: true });
    expect(await kept(db)).toEqual(['一']);
    line.asked[0]?.answer({ seq: 7 });
    expect(await done).toEqual({ seq: 7 });
    expect(outbox.entry(id)).toMatchObject({ state: 'sent', output: { seq: 7 } });
    await until(async () => {
      expect(await kept(db)).toEqual([]);
    });
  });

  it('survives a reload with the same id and in the same order', async () => {
    const person = newId();
    const before = await aTab(person);
    before.line.become('offline');
    const ids = ['一', '二', '三'].map((text) => post(before.outbox, text).id);
    await until(() => {
      expect(before.outbox.unsent.every((entry) => entry.durable)).toBe(true);
    });
    before.close();

    const after = await aTab(person);
    expect(after.outbox.entries('room:1').map((entry) => entry.id)).toEqual(ids);
    for (const [i, id] of ids.entries()) {
      await until(() => {
        expect(after.line.asked).toHaveLength(i + 1);
      });
      expect(after.line.asked[i]?.input['id']).toBe(id);
      after.line.asked[i]?.answer({ seq: i + 1 });
    }
    await until(() => {
      expect(after.outbox.unsent).toEqual([]);
    });
  });

  it('sends what was under way when the page went away once more, with the same id', async () => {
    const person = newId();
    const before = await aTab(person);
    const { id } = post(before.outbox, '一');
    await until(() => {
      expect(before.line.asked).toHaveLength(1);
    });
    before.close();
    const after = await aTab(person);
    await until(() => {
      expect(after.line.asked[0]?.input['id']).toBe(id);
    });
  });

  it('sends without keeping where the browser keeps nothing, and says so', async () => {
    const { outbox, line, db } = await aTab(newId(), { factory: null });
    await db.ready;
    expect(db.durable).toBe(false);
    const { id, done } = post(outbox, '一');
    await until(() => {
      expect(line.asked).toHaveLength(1);
    });
    expect(outbox.entry(id)?.durable).toBe(false);
    line.asked[0]?.answer({ seq: 1 });
    expect(await done).toEqual({ seq: 1 });
  });

  it('takes reactive proxies apart, which no database would store', async () => {
    const { outbox, line } = await aTab(newId());
    const input = new Proxy({ id: newId(), text: '一', files: new Proxy(['a'], {}) }, {});
    outbox.send({ name: 'forum:post', input, lane: 'room:1' } as unknown as Parameters<Outbox['send']>[0]);
    await until(() => {
      expect(line.asked[0]?.input).toMatchObject({ text: '一', files: ['a'] });
    });
  });
});

describe('lanes', () => {
  it('have one in flight each, beside each other', async () => {
    const { outbox, line } = await aTab(newId());
    post(outbox, 'a1', 'room:a');
    post(outbox, 'a2', 'room:a');
    post(outbox, 'b1', 'room:b');
    await until(() => {
      expect(line.asked.map(({ input }) => input['text'])).toEqual(['a1', 'b1']);
    });
    line.asked[0]?.answer({ seq: 1 });
    await until(() => {
      expect(line.asked.map(({ input }) => input['text'])).toEqual(['a1', 'b1', 'a2']);
    });
  });

  it('wait behind an entry whose answer never came, and repeat it with the same id', async () => {
    const { outbox, line } = await aTab(newId());
    const { id } = post(outbox, '一');
    post(outbox, '二');
    await until(() => {
      expect(line.asked).toHaveLength(1);
    });
    line.asked[0]?.refuse(new AppError('unknown'));
    await until(() => {
      expect(line.asked).toHaveLength(2);
    });
    expect(line.asked[1]?.input).toEqual({ id, text: '一' });
    expect(outbox.entry(id)?.tries).toBe(1);
  });

  it('go on behind an entry that was refused, which can be changed and sent again', async () => {
    const { outbox, line, db } = await aTab(newId());
    const { id, done } = post(outbox, '太长');
    post(outbox, '二');
    const refused = expect(done).rejects.toMatchObject({ code: 'too_large' });
    await until(() => {
      expect(line.asked).toHaveLength(1);
    });
    line.asked[0]?.refuse(new AppError('too_large'));
    await refused;
    await until(() => {
      expect(states(outbox.entries('room:1'))).toEqual([
        ['太长', 'failed'],
        ['二', 'sending'],
      ]);
    });
    expect(await kept(db)).toContain('太长');
    line.asked[1]?.answer({ seq: 1 });
    outbox.retry(id, { id, text: '短' });
    await until(() => {
      expect(line.asked[2]?.input).toEqual({ id, text: '短' });
    });
    outbox.discard(id);
    expect(outbox.entry(id)).toBeUndefined();
  });

  it('wait while there is no line, and as long as the server asked them to', async () => {
    const { outbox, line } = await aTab(newId());
    line.become('offline');
    post(outbox, '一');
    await until(() => {
      expect(outbox.unsent[0]?.durable).toBe(true);
    });
    expect(line.asked).toEqual([]);
    line.become('online');
    await until(() => {
      expect(line.asked).toHaveLength(1);
    });
    line.asked[0]?.refuse(new AppError('rate_limited', '', { retryAfter: 0.3 }));
    const refusedAt = performance.now();
    await until(() => {
      expect(outbox.unsent[0]?.tries).toBe(1);
    });
    line.become('connecting');
    line.become('online'); // a new connection does not cut a wait short that the server asked for
    expect(line.asked).toHaveLength(1);
    await until(() => {
      expect(line.asked).toHaveLength(2);
    });
    expect(performance.now() - refusedAt).toBeGreaterThan(290);
  });

  it('travel over HTTP where only the socket is blocked', async () => {
    const { outbox, line } = await aTab(newId());
    line.blocked = true;
    line.become('connecting');
    post(outbox, '一');
    await until(() => {
      expect(line.asked).toHaveLength(1);
    });
  });
});

describe('ack and event', () => {
  it('in this order: the entry is sent, and goes when its event is seen', async () => {
    const { outbox, line } = await aTab(newId());
    const { id } = post(outbox, '一');
    await until(() => {
      expect(line.asked).toHaveLength(1);
    });
    line.asked[0]?.answer({ seq: 3 });
    await until(() => {
      expect(outbox.entry(id)?.state).toBe('sent');
    });
    outbox.seen({ id, seq: 3 });
    expect(outbox.entries('room:1')).toEqual([]);
  });

  it('in the other order: the entry goes with its event, the lane goes on, the ack still gives its output', async () => {
    const { outbox, line, db } = await aTab(newId());
    const { id, done } = post(outbox, '一');
    post(outbox, '二');
    await until(() => {
      expect(line.asked).toHaveLength(1);
    });
    outbox.seen({ id, seq: 3 });
    expect(states(outbox.entries('room:1'))[0]?.[0]).toBe('二');
    await until(() => {
      expect(line.asked).toHaveLength(2);
    });
    expect(await kept(db)).toEqual(['二']);
    line.asked[0]?.answer({ seq: 3, code: 'I-1' });
    expect(await done).toEqual({ seq: 3, code: 'I-1' });
    expect(line.asked).toHaveLength(2);
  });

  it('where the ack is lost for good, the event is proof enough', async () => {
    const { outbox, line } = await aTab(newId());
    const { id, done } = post(outbox, '一');
    await until(() => {
      expect(line.asked).toHaveLength(1);
    });
    outbox.seen({ id, seq: 3 });
    line.asked[0]?.refuse(new AppError('unknown'));
    expect(await done).toEqual({ seq: 3 });
    expect(outbox.unsent).toEqual([]);
  });
});
