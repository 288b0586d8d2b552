import net from 'node:net';
import type { AddressInfo } from 'node:net';

export interface CuttableConnection {
  readonly port: number;
  /** Ends all connections that go through. New ones are taken, unless `stay` says otherwise. */
  cut(stay?: 'down'): void;
  /** Lets nothing through on the connections that there are, as on a dead line; new ones work. What it gives ends those. */
  hush(): () => void;
  /** Connections that were passed on so far. */
  readonly taken: number;
  /** Takes connections again after `cut('down')`. */
  restore(): void;
  stop(): Promise<void>;
}

/** A port of this machine that passes everything on to another one, until it is told to cut. */
export async function cuttableConnection(targetPort: number): Promise<CuttableConnection> {
  const sockets = new Set<net.Socket>();
  let down = false;
  let taken = 0;
  const keep = (socket: net.Socket): net.Socket => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    return socket;
  };
  const server = net.createServer((near) => {
    if (down) return void near.destroy();
    taken += 1;
    const far = keep(net.connect(targetPort, '127.0.0.1'));
    keep(near).pipe(far).pipe(near);
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = (): void => sockets.forEach((socket) => socket.resetAndDestroy());
  return {
    port: (server.address() as AddressInfo).port,
    cut(stay) {
      down = stay === 'down';
      cut();
    },
    hush() {
      const hushed = [...sockets].map((socket) => socket.unpipe().pause());
      return () => hushed.forEach((socket) => socket.resetAndDestroy());
    },
    get taken() {
      return taken;
    },
    restore: () => void (down = false),
    async stop() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
