/** Serves the scaler's report to this machine: `GET /metrics` for Prometheus, `GET /scale` as JSON. */
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { PortInUseError } from '../public-listener';

export interface ReportServer {
  readonly port: number;
  stop(): Promise<void>;
}

/** @throws PortInUseError */
export async function serveReport(port: number, pages: Readonly<Record<string, () => string>>): Promise<ReportServer> {
  const server = http.createServer((request, response) => {
    const page = pages[(request.url ?? '').split('?')[0] ?? ''];
    if (request.method !== 'GET' || !page) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end(`Try ${Object.keys(pages).join(' or ')}.\n`);
      return;
    }
    const body = page();
    const type = body.startsWith('{') ? 'application/json' : 'text/plain; version=0.0.4; charset=utf-8';
    response.writeHead(200, { 'content-type': type }).end(body);
  });
  const listening = once(server, 'listening');
  server.listen(port, '127.0.0.1');
  await listening.catch((error: unknown) => {
    throw new PortInUseError(port, error, '--scale-metrics');
  });
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
