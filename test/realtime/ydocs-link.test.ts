import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { createLink } from '#server/ydocs/ydocs.link.ts';

it('a line that is not read for too long is closed with 4508, and one that reads on in time is not', () => {
  const socket = Object.assign(new EventEmitter(), {
    bufferedAmount: 0,
    readyState: 1,
    OPEN: 1,
    closed: [] as number[],
    close: (code: number) => socket.closed.push(code),
  });
  const access = { role: 'edit', state: 'draft' } as const;
  const caller = { actor: { person: 'wang', appointments: [], delegations: [] }, session: 'wang' };
  const link = createLink(socket as unknown as WebSocket, {
    ...{ caller, access, name: '', ext: true, limited: true },
    callerNow: () => Promise.resolve(caller),
    ...{ rightsVersion: () => 0, ask: () => Promise.resolve(), unasked: () => undefined },
  });
  socket.bufferedAmount = 1024 * 1024 + 1;
  link.checkSlow(60_000);
  socket.bufferedAmount = 1024 * 1024;
  link.checkSlow(0); // it has read on
  expect(socket.closed).toEqual([]);
  socket.bufferedAmount = 1024 * 1024 + 1;
  link.checkSlow(0);
  expect(socket.closed).toEqual([4508]);
});
