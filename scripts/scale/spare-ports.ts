import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';

type Ports = readonly [number, number, number, number, number];

/** Five ports of this machine that nobody listens on now. */
export async function sparePorts(): Promise<Ports> {
  const servers = Array.from({ length: 5 }, () => net.createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const [a = 0, b = 0, c = 0, d = 0, e = 0] = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return [a, b, c, d, e];
}
