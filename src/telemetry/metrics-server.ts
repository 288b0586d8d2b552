/**
 * Serves one process's metrics. Where several instances run on one machine the first has the port of the setting, and each other
 * one the next that is free, so that none is without; which one, its log says.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

export interface MetricsServer {
  /** The port it has; 0 where none was to be had. */
  readonly port: Promise<number>;
  close(): Promise<void>;
}

/** Ports that are tried, the setting's included. */
export const METRICS_PORTS = 100;

/** Never holds the process up. `tell`: of a port that is not the setting's, or that there is none, with what to do. */
export function serveMetrics(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  first: number,
  tell: (message: string) => void,
): MetricsServer {
  const server = createServer((request, response) => {
    if (request.url?.split('?')[0] === '/metrics') answer(request, response);
    else response.writeHead(404).end();
  }).unref();
  const last = Math.min(first + METRICS_PORTS - 1, 65_535);

  async function listen(): Promise<number> {
    for (let port = first; port <= last; port++) {
      const refused = await listening(port);
      if (refused === undefined) {
        if (port !== first)
          tell(
            `Metrics of this instance are on port ${port}: METRICS_PORT ${first} is taken, by another instance or by another program. Scrape the ports from ${first} on, or give each instance a METRICS_PORT of its own.`,
          );
        return port;
      }
      if (refused.code === 'EADDRINUSE') continue;
      tell(
        `No metrics are served: port ${port} of METRICS_PORT cannot be opened (${refused.message}). Choose another.`,
      );
      return 0;
    }
    tell(`No metrics are served: the ports ${first} to ${last} of METRICS_PORT are all taken. Choose another.`);
    return 0;
  }

  function listening(port: number): Promise<NodeJS.ErrnoException | undefined> {
    return new Promise((resolve) => {
      const failed = (error: NodeJS.ErrnoException): void => resolve(error);
      server.once('error', failed);
      server.listen(port, () => {
        server.off('error', failed);
        resolve(undefined);
      });
    });
  }

  const port = listen();
  return {
    port,
    async close() {
      await port;
      if (!server.listening) return;
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      });
    },
  };
}
