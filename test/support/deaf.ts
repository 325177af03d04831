import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import * as Y from 'yjs';
import { openDoc, type TestDoc } from './collab.ts';
import { collabSocket, frameOf, type DocLine } from './doc-line.ts';

/* Lines that stop reading: the kernel's buffers fill up, then the hub's. */

/** Opens a stream and then never reads again. */
export async function deafSocket(url: string, cookie: string, stream: string): Promise<WebSocket> {
  const address = `${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`;
  const socket = new WebSocket(address, { headers: { cookie, origin: url }, perMessageDeflate: false });
  onTestFinished(() => {
    socket.terminate();
  });
  await once(socket, 'open');
  const opened = new Promise<void>((resolve) => {
    socket.on('message', (data: Buffer) => {
      if (data.toString().startsWith('40'))
        socket.send(`421["stream:open",${JSON.stringify({ stream, have: 10_000 })}]`);
      if (data.toString().startsWith('431')) resolve();
    });
  });
  socket.send('40');
  await opened;
  socket.pause();
  return socket;
}

/** Is given a text and then never reads again. */
export async function deafText(url: string, cookie: string, id: string): Promise<WebSocket> {
  const socket = await collabSocket(url, cookie, id);
  onTestFinished(() => {
    socket.terminate();
  });
  const given = new Promise<void>((resolve) => {
    socket.on('message', (frame: Buffer) => {
      if (frame[0] === 0 && frame[1] === 1) resolve();
    });
  });
  socket.send(frameOf([0, 0], Y.encodeStateVector(new Y.Doc())));
  await given;
  socket.pause();
  return socket;
}

/** A stock client that stops reading; `wake` lets it read again, over whatever line it then has. */
export async function sleeper(with_: { url: string; cookie: string }, id: string): Promise<TestDoc & { wake(): void }> {
  const client = await openDoc(with_, id);
  const socket = client.provider.ws as unknown as WebSocket;
  socket.pause();
  return {
    ...client,
    wake: () => {
      socket.resume();
    },
  };
}

/** Replaces a long paragraph so many times; how long each took to be kept, ascending, ms. */
export async function rewrite(line: DocLine, times: number, length = 10_000): Promise<number[]> {
  const took: number[] = [];
  for (let i = 0; i < times; i++) {
    const began = performance.now();
    const kept = await line.edit((doc) => {
      const body = doc.getXmlFragment('body:closing');
      if (body.length > 0) body.delete(0, 1);
      body.insert(0, [new Y.XmlText(String.fromCharCode(0x4e00 + (i % 1_000)).repeat(length))]);
    });
    if (!kept) throw new Error(`edit ${i} was not kept`);
    took.push(performance.now() - began);
  }
  return took.sort((a, b) => a - b);
}
