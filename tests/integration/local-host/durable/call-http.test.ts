import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { callHttp } from '../../../../local-host/durable/runtime/http-caller';
import { VirtualClock } from '../../../../local-host/virtual-clock';
import { startDurable, temporaryFolder, type DurableHost } from './durable-host';

interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

class Service {
  readonly asked: Asked[] = [];
  readonly #server: Server;

  constructor(answer: (asked: Asked, response: ServerResponse, nth: number) => void) {
    this.#server = createServer((request, response) => {
      const asked = { method: request.method ?? '', url: request.url ?? '', headers: request.headers };
      this.asked.push(asked);
      answer(asked, response, this.asked.length);
    });
  }

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

const services: Service[] = [];
async function service(answer: ConstructorParameters<typeof Service>[0]): Promise<{ url: string; asked: Asked[] }> {
  const made = new Service(answer);
  services.push(made);
  return { url: await made.listen(), asked: made.asked };
}
afterEach(() => services.splice(0).forEach((s) => s.close()));

/** Answers 202 so many times, with these headers, and then what was waited for. */
const later =
  (times: number, headers: Record<string, string>) =>
  (_: Asked, response: ServerResponse, nth: number): void => {
    if (nth > times) response.end('done');
    else response.writeHead(202, { location: '/status', ...headers }).end();
  };

describe('callHttp on virtual time', () => {
  let host: DurableHost;
  let clock: VirtualClock;
  beforeEach(async () => {
    clock = new VirtualClock(Date.UTC(2030, 0, 1));
    host = await startDurable({ clock });
  });
  afterEach(() => host.stop());

  /** How long it took, in virtual seconds, to the nearest ten. */
  async function dial(input: unknown): Promise<{ output: unknown; status: string; seconds: number }> {
    const began = clock.now();
    const id = await host.start('dial', input);
    let over = false;
    const ended = host.ended(id).finally(() => (over = true));
    while (!over) {
      const due = clock.nextDue();
      await clock.advance(due === undefined ? 0 : due - clock.now());
    }
    const { output, status, row } = await ended;
    return { output, status, seconds: Math.round((row.updated - began) / 10_000) * 10 };
  }

  it.each([
    ['seconds', '3600', 7200],
    ['no time at all', undefined, 60],
    ['a time that cannot be read', 'soon', 60],
    ['more than six days, of which it waits six', '999999999', 2 * 6 * 86_400],
  ])('polls after %s, and numbers what follows as the library does', async (_, retryAfter, seconds) => {
    const { url, asked } = await service(later(2, retryAfter === undefined ? {} : { 'retry-after': retryAfter }));
    expect(await dial({ method: 'POST', url: `${url}/job`, body: 'x', headers: { 'x-ask': 'me' } })).toEqual({
      output: [200, 'done', 'after'],
      status: 'Completed',
      seconds,
    });
    expect(asked.map((a) => `${a.method} ${a.url} ${String(a.headers['x-ask'])}`)).toEqual([
      'POST /job me',
      'GET /status me',
      'GET /status me',
    ]);
  });

  it('takes 202 as the answer when polling is off, or there is nowhere to poll', async () => {
    const { url } = await service((asked, response) =>
      response.writeHead(202, asked.url === '/off' ? { location: '/status' } : {}).end('accepted'),
    );
    expect((await dial({ method: 'GET', url: `${url}/off`, enablePolling: false })).output).toEqual([
      202,
      'accepted',
      'after',
    ]);
    expect((await dial({ method: 'GET', url: `${url}/nowhere` })).output).toEqual([202, 'accepted', 'after']);
  });

  it('keeps credentials from another origin that it is sent to poll', async () => {
    const other = await service((_, response) => response.end('done'));
    const first = await service((_, response) => response.writeHead(202, { location: `${other.url}/status` }).end());
    const headers = { authorization: 'Bearer secret', cookie: 'a=b', 'x-functions-key': 'k', accept: 'text/plain' };
    await dial({ method: 'GET', url: first.url, headers });
    expect(first.asked[0]?.headers).toMatchObject(headers);
    expect(other.asked[0]?.headers).toMatchObject({ accept: 'text/plain' });
    for (const name of ['authorization', 'cookie', 'x-functions-key'])
      expect(other.asked[0]?.headers[name]).toBeUndefined();
  });

  it('fails when the address to poll is none', async () => {
    const { url } = await service((_, response) => response.writeHead(202, { location: 'http://[nowhere' }).end());
    expect(await dial({ method: 'GET', url })).toMatchObject({
      status: 'Failed',
      output: expect.stringMatching(/Invalid URL/),
    });
  });

  it('follows redirects', async () => {
    const { url } = await service((asked, response) =>
      asked.url === '/old' ? response.writeHead(302, { location: '/new' }).end() : response.end(asked.url),
    );
    expect((await dial({ method: 'GET', url: `${url}/old` })).output).toEqual([200, '/new', 'after']);
  });

  it('refuses multipart content, as the extension does', async () => {
    const call = {
      method: 'POST',
      url: 'http://127.0.0.1:9/',
      body: 'x',
      headers: { 'Content-Type': 'multipart/form-data; boundary=x' },
    };
    expect(await dial(call)).toMatchObject({
      status: 'Failed',
      output: expect.stringMatching(/Multipart content is not supported/),
    });
  });
});

it('gives up on an answer that does not come', async () => {
  const { url } = await service(
    (asked, response) => void (asked.url === '/half' && response.writeHead(200).write('half')),
  );
  const options = { pollDelayMs: 1, timeoutMs: 50, signal: new AbortController().signal, token: async () => undefined };
  for (const path of ['/never', '/half'])
    await expect(callHttp({ method: 'GET', uri: url + path, polling: true }, options)).rejects.toThrow(
      'The request was canceled due to the configured HttpClient.Timeout of 0.05 seconds elapsing.',
    );
});

describe('callHttp with a token source', () => {
  const answer = (asked: Asked, response: ServerResponse): void =>
    void response.end(asked.headers.authorization ?? 'none');

  it("sends a token that the app's own @azure/identity gets, and asks for it once", async () => {
    const identity = await service((_, response) => {
      const expires_on = Math.floor(Date.now() / 1000) + 86_400;
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ access_token: 'from-identity', expires_on, resource: 'r', token_type: 'Bearer' }));
    });
    const { url } = await service(answer);
    const host = await startDurable({ values: { IDENTITY_ENDPOINT: identity.url, IDENTITY_HEADER: 'h' } });
    const call = { method: 'GET', url, resource: 'https://management.core.windows.net/' };
    expect((await host.run('dial', call)).output).toEqual([200, 'Bearer from-identity', 'after']);
    expect((await host.run('dial', call)).output).toEqual([200, 'Bearer from-identity', 'after']);
    expect(identity.asked).toHaveLength(1);
    expect(identity.asked[0]?.url).toContain(`resource=${encodeURIComponent('https://management.core.windows.net')}`);
    await host.stop();
  });

  it('says once why there is none and how to get one, and sends the request without', async () => {
    const { url, asked } = await service(answer);
    const folder = temporaryFolder();
    const host = await startDurable({ appRoot: folder.path });
    const call = { method: 'GET', url, resource: 'https://vault.azure.net/.default' };
    expect((await host.run('dial', call)).output).toEqual([200, 'none', 'after']);
    expect((await host.run('dial', call)).output).toEqual([200, 'none', 'after']);
    expect(asked).toHaveLength(2);
    const warnings = host.logs.filter((l) => l.level === 'warning').map((l) => l.message);
    expect(warnings).toEqual([
      expect.stringMatching(
        /token of the managed identity for 'https:\/\/vault\.azure\.net\/\.default'.* has no package @azure\/identity .* without a token.*az login/,
      ),
    ]);
    await host.stop();
    folder.remove();
  });
});
