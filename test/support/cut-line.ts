import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** `hole`: connections stay, nothing gets through · `mute`: the hub hears and is not heard · `http`: no WebSockets. */
export type Mode = 'pass' | 'hole' | 'mute' | 'http';

export interface Link {
  url: string;
  become: (mode: Mode) => void;
  /** Ends every connection; with `refuse`, new ones are turned away too. */
  cut: (refuse?: boolean) => void;
  mend: () => void;
}

/** A TCP proxy in front of a hub, with the faults a network has. */
export async function aLink(target: string): Promise<Link> {
  const { hostname, port } = new URL(target);
  const pairs = new Set<[Socket, Socket]>();
  let refuse = false;
  let mode: Mode = 'pass';
  const server = createServer((near) => {
    if (refuse) {
      near.destroy();
      return;
    }
    const far = connect(Number(port), hostname);
    const pair: [Socket, Socket] = [near, far];
    pairs.add(pair);
    near.on('data', (bytes) => {
      if (mode === 'http' && /upgrade: websocket/i.test(bytes.toString('latin1'))) near.destroy();
      else if (mode !== 'hole') far.write(bytes);
    });
    far.on('data', (bytes) => {
      if (mode === 'pass' || mode === 'http') near.write(bytes);
    });
    for (const [one, other] of [pair, [far, near]] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => {
        other.destroy();
        pairs.delete(pair);
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = (refusing = false): void => {
    refuse = refusing;
    for (const [near, far] of pairs) {
      near.destroy();
      far.destroy();
    }
  };
  onTestFinished(() => {
    cut(true);
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    become: (next) => (mode = next),
    cut,
    mend: () => {
      refuse = false;
      mode = 'pass';
    },
  };
}
