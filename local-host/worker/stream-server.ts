/**
 * The HTTP server that `@azure/functions` opens for streaming. It never listens here: while the library sets it up we keep
 * it from binding a port, and then hand it requests directly, so that a body goes from the client's socket to the handler
 * in one process.
 */
import { EventEmitter } from 'node:events';
import http from 'node:http';

export type RequestListenerHost = Pick<http.Server, 'emit'>;

/**
 * Runs `work` and returns the one server that was created and asked to listen in its synchronous part, which is where the
 * library does it. Undefined when there was none: then its URI must be called over loopback.
 */
export async function captureServer<T>(
  work: () => Promise<T>,
): Promise<{ result: T; server: RequestListenerHost | undefined }> {
  const create = http.createServer;
  const captured: http.Server[] = [];
  const patched = (...args: unknown[]): http.Server => {
    const server = (create as (...all: unknown[]) => http.Server)(...args);
    pretendToListen(server, () => captured.push(server));
    return server;
  };
  http.createServer = patched;
  let working: Promise<T>;
  try {
    working = work();
  } finally {
    // Whatever the app itself serves in a later turn must really listen.
    http.createServer = create;
  }
  const result = await working;
  return { result, server: captured.length === 1 ? captured[0] : undefined };
}

function pretendToListen(server: http.Server, onListen: () => void): void {
  server.listen = ((...args: unknown[]) => {
    onListen();
    const callback = args.at(-1);
    if (typeof callback === 'function') server.once('listening', callback as () => void);
    queueMicrotask(() => server.emit('listening'));
    return server;
  }) as typeof server.listen;
  server.address = () => ({ address: '127.0.0.1', family: 'IPv4', port: 65535 });
  server.close = (callback?: () => void) => {
    if (callback) queueMicrotask(callback);
    return server;
  };
}

/**
 * Makes the library let go of a request that its handler never answered: it keeps request and response by invocation id
 * and forgets them only when it answers, so we overwrite them with something small. Hidden from instrumentation.
 */
export function forgetRequest(server: RequestListenerHost, invocationId: string): void {
  const nothing = { headers: { 'x-ms-invocation-id': invocationId } };
  EventEmitter.prototype.emit.call(server as unknown as EventEmitter, 'request', nothing, nothing);
}
