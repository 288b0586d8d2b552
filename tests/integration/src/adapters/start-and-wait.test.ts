import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startAndWait, type StartAndWait } from '../../../../src/adapters/durable-client/start-and-wait';

/** Answers as a host does that is asked for the end of the instance `id`. */
const answers: Readonly<Record<string, { readonly status: number; readonly body: string }>> = {
  completes: { status: 200, body: '{"outcome":"moved"}' },
  returnsNothing: { status: 200, body: '' },
  takesLonger: { status: 202, body: '{"id":"id"}' },
  fails: { status: 500, body: '{"instanceId":"id","runtimeStatus":"Failed","output":"x"}' },
  isTerminated: { status: 200, body: '{"instanceId":"id","runtimeStatus":"Terminated","output":"x"}' },
  runs: { status: 409, body: '{"Message":"An instance with ID id already exists."}' },
  isUnknown: { status: 400, body: 'no such orchestrator' },
};

describe('the start of an orchestration that is waited for', () => {
  let server: Server;
  let asked: string[] = [];
  let call: Omit<StartAndWait, 'name'>;
  const stop = new AbortController();

  beforeAll(async () => {
    server = createServer((request, response) => {
      void (async () => {
        let body = '';
        for await (const chunk of request) body += String(chunk);
        asked.push(`${request.method} ${request.url} ${body}`);
        const name = request.url?.split(/[/?]/)[3] ?? '';
        if (name === 'hangs') {
          stop.abort();
          return;
        }
        if (name === 'dies') {
          request.socket.destroy();
          return;
        }
        const { status, body: text } = answers[name] ?? { status: 404, body: '' };
        response.writeHead(status, { 'content-type': 'application/json' }).end(text);
      })();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const rpc = `http://127.0.0.1:${(server.address() as AddressInfo).port}/durabletask/`;
    call = { rpc, instanceId: 'id', input: { a: 'ü' }, waitMs: 30_000, signal: stop.signal };
  });
  beforeEach(() => {
    asked = [];
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it.each([
    ['completes', { kind: 'ended', output: { outcome: 'moved' } }],
    ['returnsNothing', { kind: 'ended', output: null }],
    ['takesLonger', { kind: 'under-way' }],
    ['fails', { kind: 'ended', output: undefined }],
    ['isTerminated', { kind: 'ended', output: undefined }],
    ['runs', { kind: 'refused', reason: expect.stringContaining('409') as string }],
    ['isUnknown', { kind: 'refused', reason: expect.stringContaining('no such orchestrator') as string }],
  ])('%s', async (name, expected) => {
    expect(await startAndWait({ ...call, name })).toEqual(expected);
    expect(asked).toEqual([`POST /durabletask/orchestrators/${name}/id?timeout=30&pollingInterval=0.2 {"a":"ü"}`]);
  });

  it('is no answer when the host dies', async () => {
    await expect(startAndWait({ ...call, name: 'dies' })).rejects.toThrow(/hang up|ECONNRESET/);
  });

  it('is let go when the app stops', async () => {
    await expect(startAndWait({ ...call, name: 'hangs' })).rejects.toThrow(/abort/);
    expect(asked).toHaveLength(1);
  });
});
