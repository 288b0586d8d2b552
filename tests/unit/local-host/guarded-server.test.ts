/** Limits against slow and oversized requests, with real sockets and short limits. */
import { once } from 'node:events';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import { createGuardedServer, type HttpLimits } from '../../../local-host/guarded-server';
import { openSocket, rawRequest } from '../../drivers/raw-http';

interface Running {
  readonly url: string;
  readonly slow: string[];
}

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** Answers each request with the length of its body once it is whole. */
async function serve(limits: Partial<HttpLimits>, read: 'at once' | 'never' | 'refuses' = 'at once'): Promise<Running> {
  const slow: string[] = [];
  const server = createGuardedServer({
    limits,
    onSlowBody: (req) => slow.push(req.url ?? ''),
    onRequest: (req, res) => {
      req.on('error', () => undefined);
      if (read === 'never') return;
      if (read === 'refuses') return void res.writeHead(413, { 'content-length': 0 }).end();
      let length = 0;
      req.on('data', (chunk: Buffer) => (length += chunk.length));
      req.on('end', () => res.end(String(length)));
    },
  });
  const listener = net.createServer((socket) => {
    socket.on('error', () => undefined);
    server.emit('connection', socket);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  closing.push(() => {
    listener.close();
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`, slow };
}

const head = (more = ''): string => `POST /x HTTP/1.1\r\nHost: a\r\n${more}`;

describe('a client that is slow', () => {
  test('with the head of its request gets 408', async () => {
    const { url } = await serve({ headMs: 100 });
    expect(await rawRequest(url, head())).toMatchObject({ status: 408 });
  });

  test('to say anything at all is disconnected', async () => {
    const { url } = await serve({ headMs: 100 });
    expect((await rawRequest(url, '')).status).toBe(408);
  });

  test('with its body gets 408, and the host is told', async () => {
    const { url, slow } = await serve({ bodyWindowMs: 50 });
    expect(await rawRequest(url, head('Content-Length: 100\r\n\r\nonly this'))).toMatchObject({ status: 408 });
    expect(slow).toEqual(['/x']);
  });

  test('with a chunked body gets 408', async () => {
    const { url } = await serve({ bodyWindowMs: 50 });
    expect(await rawRequest(url, head('Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n'))).toMatchObject({
      status: 408,
    });
  });

  test('after it was refused is disconnected without a word', async () => {
    const { url, slow } = await serve({ bodyWindowMs: 50 }, 'refuses');
    const socket = await openSocket(url);
    socket.write(head('Content-Length: 100\r\n\r\nonly this'));
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    await once(socket, 'close');
    expect(Buffer.concat(chunks).toString()).toMatch(/^HTTP\/1\.1 413 /);
    expect(slow).toEqual([]);
  });

  test('but makes progress is not cut, however long it takes', async () => {
    const { url, slow } = await serve({ bodyWindowMs: 40, bodyRate: 240 });
    const socket = await openSocket(url);
    socket.write(head('Content-Length: 3000\r\nConnection: close\r\n\r\n'));
    let sent = 0;
    const timer = setInterval(() => {
      socket.write('x'.repeat(100));
      sent += 100;
      if (sent === 3000) clearInterval(timer);
    }, 10);
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    await once(socket, 'close');
    expect(Buffer.concat(chunks).toString()).toMatch(/^HTTP\/1\.1 200 [^]*3000$/);
    expect(slow).toEqual([]);
  });
});

test('a handler that reads nothing does not count against its client', async () => {
  const { url, slow } = await serve({ bodyWindowMs: 20 }, 'never');
  const socket = await openSocket(url);
  socket.on('error', () => undefined);
  socket.write(head(`Content-Length: ${1 << 22}\r\n\r\n`));
  socket.write(Buffer.alloc(1 << 21));
  // The time of several windows, passed by requests that are answered meanwhile.
  for (let i = 0; i < 5; i++) await rawRequest((await serve({ headMs: 50 })).url, '');
  expect(slow).toEqual([]);
  socket.destroy();
});

describe('a head that is too large', () => {
  test('in bytes is 431', async () => {
    const { url } = await serve({ headBytes: 8192 });
    expect(await rawRequest(url, head(`X-Long: ${'a'.repeat(9000)}\r\n\r\n`))).toMatchObject({ status: 431 });
  });

  test('in lines is 431, never cut short', async () => {
    const { url } = await serve({ headers: 10 });
    const lines = Array.from({ length: 10 }, (_, i) => `X-${i}: a\r\n`).join('');
    expect(await rawRequest(url, head(`${lines}\r\n`))).toMatchObject({ status: 431 });
  });
});

test('a request for a tunnel is 404', async () => {
  const { url } = await serve({});
  expect(await rawRequest(url, 'CONNECT example.com:80 HTTP/1.1\r\nHost: example.com\r\n\r\n')).toMatchObject({
    status: 404,
  });
});
