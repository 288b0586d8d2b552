import { once } from 'node:events';
import http from 'node:http';
import { singleFile, useApp } from './temporary-app';

const app = useApp(
  singleFile(`
app.setup({ enableHttpStream: true });
const open = { authLevel: 'anonymous' };
const drain = async (body) => { let n = 0; for await (const chunk of body ?? []) n += chunk.length; return n; };
app.http('count', { ...open, methods: ['POST'], route: 'count/{id?}', handler: async (r) => ({ jsonBody: { n: await drain(r.body), params: r.params, url: r.url, type: r.headers.get('content-type') } }) });
app.http('echo', { ...open, methods: ['POST'], handler: async (r) => ({ body: r.body }) });
app.http('nothing', { ...open, methods: ['GET'], handler: async () => {} });
app.http('throws', { ...open, methods: ['GET', 'POST'], handler: async () => { throw new Error('on purpose'); } });
app.http('json', { ...open, methods: ['POST'], route: 'json/{id}', handler: async (r) => ({ jsonBody: { params: r.params, body: await r.json() } }) });
app.http('cut', { ...open, methods: ['POST'], handler: async (r, c) => { try { await drain(r.body); return { body: 'whole' }; } catch (e) { c.log('body failed: ' + e.message); throw e; } } });
app.http('endless', { ...open, methods: ['GET'], handler: async () => ({ body: (async function* () { for (let i = 0; ; i++, await new Promise(setImmediate)) yield Buffer.from('part ' + i + '\\n'); })() }) });
app.http('steps', { ...open, methods: ['GET'], handler: async () => ({ headers: { 'content-type': 'text/event-stream' }, body: (async function* () { yield Buffer.from('one'); await new Promise((go) => { globalThis.go = go; }); yield Buffer.from('two'); })() }) });
app.http('go', { ...open, methods: ['POST'], handler: async () => { globalThis.go(); return { status: 204 }; } });
app.http('fine', { ...open, methods: ['GET'], handler: async () => ({ body: 'fine' }) });
`),
  { settings: { FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: String(64 * 1024 * 1024) } },
);

function* chunks(count: number, size: number): Generator<Uint8Array> {
  for (let i = 0; i < count; i++) yield Buffer.alloc(size, 97);
}

function stream(count: number, size: number): RequestInit {
  return { method: 'POST', body: ReadableStream.from(chunks(count, size)), duplex: 'half' };
}

describe('HTTP with streaming', () => {
  test('a chunked body arrives whole', async () => {
    const response = await app.get('/count/5?a=1&a=2', stream(100, 65_536));
    expect(await response.json()).toMatchObject({
      n: 6_553_600,
      params: { id: '5', a: '2' },
      url: `${app.url}/count/5?a=1&a=2`,
    });
    expect(response.headers.get('x-ms-invocation-id')).toBeNull();
  });

  test('a body goes out as it comes in', async () => {
    const response = await app.get('/echo', stream(10, 100_000));
    expect((await response.arrayBuffer()).byteLength).toBe(1_000_000);
  });

  test('each part is sent as soon as the handler yields it', async () => {
    const response = await app.get('/steps');
    const reader = response.body?.getReader();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('one');
    await app.get('/go', { method: 'POST' });
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('two');
  });

  test('fields of a JSON body are parameters, and the body is still there', async () => {
    const response = await app.get('/json/6', {
      method: 'POST',
      body: '{"j":1,"id":"x"}',
      headers: { 'content-type': 'application/json' },
    });
    expect(await response.json()).toEqual({ params: { j: '1', id: '6' }, body: { j: 1, id: 'x' } });
  });

  test('a handler that throws or returns nothing is answered with an empty 500', async () => {
    for (const [url, method] of [
      ['/throws', 'GET'],
      ['/throws', 'POST'],
      ['/nothing', 'GET'],
    ] as const) {
      const response = await app.get(url, method === 'POST' ? stream(1, 10) : {});
      expect([url, response.status, await response.text()]).toEqual([url, 500, '']);
    }
    await app.line(/'nothing' returned nothing\. With enableHttpStream/);
    expect(await (await app.get('/fine')).text()).toBe('fine');
  });

  test('a client that hangs up is an error in the body', async () => {
    const request = http.request(`${app.url}/cut`, { method: 'POST', headers: { 'transfer-encoding': 'chunked' } });
    request.on('error', () => undefined);
    request.write('a part');
    await app.line(/^Executing 'Functions\.cut'/);
    request.destroy();
    await app.line(/^body failed: aborted$/);
    await app.line(/^Executed 'Functions\.cut' \(Failed/);
  });

  test('a client that hangs up while it is answered ends the response’s source', async () => {
    const request = http.get(`${app.url}/endless`, { agent: false });
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    await once(response, 'data');
    response.destroy();
    await app.line(/^Executed 'Functions\.endless' \(Failed/);
    expect(await (await app.get('/fine')).text()).toBe('fine');
  });

  test('a body past the limit is 500, announced or not', async () => {
    const size = 65 * 1024 * 1024;
    expect((await app.get('/count', { method: 'POST', body: Buffer.alloc(size) })).status).toBe(500);
    const outcome = await app.get('/count', stream(65, 1024 * 1024)).then(
      (response) => response.status,
      () => 'connection closed',
    );
    expect([500, 'connection closed']).toContain(outcome);
    expect(await (await app.get('/fine')).text()).toBe('fine');
  });
});
