import http from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import { forgetRequest } from './stream-server';
import type { RequestListenerHost } from './stream-server';

/** Where requests of a streaming app go. */
export interface StreamTarget {
  forward(req: IncomingMessage, res: ServerResponse): void;
  /** The function has ended without an answer. */
  forget(invocationId: string): void;
}

/** The library's own server, called in this process. */
export function directTarget(server: RequestListenerHost): StreamTarget {
  return {
    forward: (req, res) => void server.emit('request', req, res),
    forget: (invocationId) => forgetRequest(server, invocationId),
  };
}

/** Over loopback to the address that the library announced; only when its server could not be captured. */
export function loopbackTarget(httpUri: string): StreamTarget {
  const open = new Map<string, http.ClientRequest>();
  return {
    forward(req, res) {
      const { hostname, port } = new URL(httpUri);
      const id = String(req.headers['x-ms-invocation-id']);
      const upstream = http.request(
        { hostname, port, method: req.method, path: req.url, headers: req.headers, agent: false },
        (reply) => {
          for (const [name, value] of Object.entries(reply.headers))
            if (value !== undefined && name !== 'connection') res.setHeader(name, value);
          res.writeHead(reply.statusCode ?? 500);
          pipeline(reply, res, () => open.delete(id));
        },
      );
      open.set(id, upstream);
      pipeline(req, upstream, (error) => error && res.destroy());
    },
    forget(invocationId) {
      open.get(invocationId)?.destroy();
      open.delete(invocationId);
    },
  };
}
