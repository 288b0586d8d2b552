/** Stands before the blob service of a storage under test and holds back what the test says, until it is told to let it through. */
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { RequestGate } from './request-gate';

export interface BlobFront {
  /** Asked about method and path, decoded: `PUT /devstoreaccount1/incoming/a b`. */
  readonly gate: RequestGate;
  readonly port: number;
  /** The storage's connection string, with this in the place of its blob service. */
  before(storage: { readonly connectionString: string; readonly blobPort: number }): string;
  /** From now on requests wait whose method and path, such as `GET /devstoreaccount1/incoming/a`, match. */
  hold(requests: RegExp): void;
  /** Lets through what waits, and all that follows. */
  release(): void;
  stop(): Promise<void>;
}

export async function blobFront(): Promise<BlobFront> {
  let target = 0;
  let held: RegExp | undefined;
  let release: () => void = () => undefined;
  let released = Promise.resolve();
  const gate = new RequestGate();
  const agent = new http.Agent({ keepAlive: true });
  const server = http.createServer((near, answer) => {
    const { method = '', url = '', headers } = near;
    const waits = held?.test(`${method} ${url}`) ? released : Promise.resolve();
    const asked = `${method} ${decodeURIComponent(url.split('?', 1)[0] ?? '')}`;
    void Promise.all([waits, gate.pass(asked, 'request')]).then(() => {
      // Whoever asked has given up meanwhile.
      if (answer.destroyed) return;
      const far = http.request({ host: '127.0.0.1', port: target, method, path: url, headers, agent }, (given) => {
        void gate.pass(asked, 'answer').then(() => {
          answer.writeHead(given.statusCode ?? 500, given.rawHeaders);
          given.pipe(answer);
        });
      });
      far.on('error', () => answer.destroy());
      answer.on('close', () => far.destroy());
      near.pipe(far);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    ...{ gate, port },
    before({ connectionString, blobPort }) {
      target = blobPort;
      return connectionString.replace(`:${blobPort}/`, `:${port}/`);
    },
    hold(requests) {
      held = requests;
      released = new Promise((resolve) => (release = resolve));
    },
    release() {
      held = undefined;
      release();
    },
    async stop() {
      release();
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
