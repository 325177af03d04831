import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';

/*
 * The reference: a room and nothing else. No sign-in, no rights, no store; `pub` answers as soon as the broadcast has
 * been handed to the sockets (performance.md §1.2 of the design: "bare").
 */

type Ack = (reply: object) => void;

const http = createServer();
const io = new Server(http, { transports: ['websocket'], serveClient: false, perMessageDeflate: false });

io.on('connection', (socket) => {
  socket.on('join', async (room: string, ack: Ack) => {
    await socket.join(room);
    ack({ ok: true });
  });
  socket.on('pub', (message: { room: string }, ack: Ack) => {
    io.to(message.room).emit('msg', message);
    ack({ ok: true });
  });
});
http.listen(0, '127.0.0.1', () => {
  const { port } = http.address() as AddressInfo;
  console.log(`bare listening on http://127.0.0.1:${port}`);
});
process.on('SIGTERM', () => {
  process.exit(0);
});
