import type { Socket as Wire } from 'socket.io-client';
import { AppError } from '#shared/wire/error.ts';
import { DEADLINE, opened, type Http } from './http.ts';

/* One connection of the stock Socket.IO client. Of the library the page uses nothing else. */

/** Fetched beside the page from the start: what is shown first does not wait for it (`early` in `socket.ts`). */
const library = () => import('socket.io-client');
library().catch(() => undefined); // `dial` asks again, and hears of it

/** A fresh connection under way, WebSocket only. Rejects where the library cannot be fetched. */
export async function dial({ origin, headers }: Http): Promise<Wire> {
  const { io } = await library();
  return io(origin, {
    path: '/socket.io/',
    transports: ['websocket'],
    reconnection: false,
    forceNew: true,
    timeout: DEADLINE,
    ...(headers && { extraHeaders: headers }),
  });
}

/** The code of a refused handshake, which comes in the envelope of the contract. */
export function codeOf(reply: unknown): string | undefined {
  try {
    opened(reply);
    return undefined;
  } catch (error) {
    return error instanceof AppError ? error.code : undefined;
  }
}
