import { describe, expect, it, vi } from 'vitest';
import { AppError } from '#shared/wire/error.ts';
import { newId } from '#client/platform/ids.ts';
import { createLead } from '#client/platform/lead.ts';
import type { Outbox } from '#client/platform/outbox.ts';
import { aTab, post, until } from './outbox-tab.ts';

describe('stale', () => {
  const sign = (outbox: Outbox, again?: (input: { expected: number }, current: number) => unknown) =>
    outbox.send({
      name: 'minutes:sign',
      input: { id: newId(), expected: 3 },
      lane: 'meeting:1',
      ...(again && { again }),
    } as unknown as Parameters<Outbox['send']>[0]);

  it('closes the gap and sends again by itself when nothing shown has changed', async () => {
    const closed: [string, number][] = [];
    const closeGap = (stream: string, seq: number): Promise<void> => {
      closed.push([stream, seq]);
      return Promise.resolve();
    };
    const { outbox, line } = await aTab(newId(), { closeGap });
    const { id, done } = sign(outbox, (input, current) => ({ ...input, expected: current }));
    await until(() => {
      expect(line.asked).toHaveLength(1);
    });
    line.asked[0]?.refuse(new AppError('stale', '', { current: 5 }));
    await until(() => {
      expect(line.asked).toHaveLength(2);
    });
    expect(closed).toEqual([['meeting:1', 5]]);
    expect(line.asked[1]?.input).toEqual({ id, expected: 5 });
    line.asked[1]?.answer({ seq: 6 });
    expect(await done).toEqual({ seq: 6 });
  });

  it('asks the person when something has changed, or nobody can say', async () => {
    const { outbox, line } = await aTab(newId());
    const changed = sign(outbox, () => undefined);
    const unheard = sign(outbox);
    for (const [i, { id, done }] of [changed, unheard].entries()) {
      const refused = expect(done).rejects.toMatchObject({ code: 'stale' });
      await until(() => {
        expect(line.asked).toHaveLength(i + 1);
      });
      line.asked[i]?.refuse(new AppError('stale', '', { current: 5 }));
      await refused;
      expect(outbox.entry(id)).toMatchObject({ state: 'failed', code: 'stale', details: { current: 5 } });
    }
  });

  it('gives up after three rounds', async () => {
    const { outbox, line } = await aTab(newId());
    const { done } = sign(outbox, (input) => input);
    const refused = expect(done).rejects.toMatchObject({ code: 'stale' });
    for (let i = 0; i < 4; i++) {
      await until(() => {
        expect(line.asked).toHaveLength(i + 1);
      });
      line.asked[i]?.refuse(new AppError('stale', '', { current: 5 }));
    }
    await refused;
    expect(line.asked).toHaveLength(4);
  });
});

describe('several tabs', () => {
  it('send through one, and the next takes over with what was under way', async () => {
    const person = newId();
    const one = await aTab(person);
    const two = await aTab(person);
    const { id } = post(two.outbox, '一');
    await until(() => {
      expect(one.line.asked).toHaveLength(1);
      expect(two.outbox.entry(id)?.state).toBe('sending');
    });
    expect(two.line.asked).toEqual([]);
    one.close();
    await until(() => {
      expect(two.line.asked.map(({ input }) => input['id'])).toEqual([id]);
    });
  });

  it('hear the outcome where it was ordered', async () => {
    const person = newId();
    const one = await aTab(person);
    const two = await aTab(person);
    const { done } = post(two.outbox, '一');
    await until(() => {
      expect(one.line.asked).toHaveLength(1);
    });
    one.line.asked[0]?.answer({ seq: 4 });
    expect(await done).toEqual({ seq: 4 });
  });

  it('decide on stale in the tab that knows what was shown', async () => {
    const person = newId();
    const one = await aTab(person);
    const two = await aTab(person);
    const input = { id: newId(), expected: 3 };
    const again = (old: typeof input, current: number) => ({ ...old, expected: current });
    const order = { name: 'minutes:sign', input, lane: 'meeting:1', again };
    two.outbox.send(order as unknown as Parameters<Outbox['send']>[0]);
    await until(() => {
      expect(one.line.asked).toHaveLength(1);
    });
    one.line.asked[0]?.refuse(new AppError('stale', '', { current: 9 }));
    await until(() => {
      expect(one.line.asked[1]?.input).toEqual({ ...input, expected: 9 });
    });
  });

  it('claim the place by turns where there are no locks', async () => {
    const person = newId();
    const claims = { one: createLead('one', undefined, localStorage), two: createLead('two', undefined, localStorage) };
    const began: string[] = [];
    const yieldOne = claims.one.take(person, () => began.push('one'));
    const yieldTwo = claims.two.take(person, () => began.push('two'));
    expect(began).toEqual(['one']);
    yieldOne();
    await vi.waitFor(
      () => {
        expect(began).toEqual(['one', 'two']);
      },
      { timeout: 4000 },
    );
    yieldTwo();
    expect(localStorage.getItem(person)).toBeNull();
  });
});
