import http from 'node:http';
import { singleFile, useApp } from './temporary-app';

const app = useApp(
  singleFile(`
const open = { authLevel: 'anonymous' };
app.http('echo', { ...open, methods: ['GET', 'POST', 'HEAD'], route: 'echo/{id?}', handler: async (r) => ({ jsonBody: { url: r.url, params: r.params, text: await r.text(), query: [...r.query] }, headers: { 'x-mine': 'yes' } }) });
app.http('throws', { ...open, methods: ['GET'], handler: async () => { throw new Error('on purpose'); } });
app.http('nothing', { ...open, methods: ['GET'], handler: async () => undefined });
app.http('cookies', { ...open, methods: ['GET'], handler: async () => ({ body: 'c', cookies: [{ name: 'a', value: '1' }, { name: 'b', value: '2' }] }) });
app.http('broken', { ...open, methods: ['GET'], handler: async () => ({ status: 999 }) });
app.http('logs', { ...open, methods: ['GET'], handler: async (r, c) => { c.log('said', { a: 1 }); c.warn('warned'); console.log('printed'); return {}; } });
app.http('trace', { ...open, methods: ['GET'], handler: async (r, c) => ({ jsonBody: c.traceContext }) });
app.http('locked', { methods: ['GET'], authLevel: 'function', handler: async () => ({ body: 'open' }) });
`),
  { settings: { FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: '1000' } },
);

/** Sends a body in chunks, which fetch does not do for text. */
function chunked(url: string, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method: 'POST', headers: { 'transfer-encoding': 'chunked' } }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve(text));
    });
    request.on('error', reject);
    request.end(body);
  });
}

describe('HTTP without streaming', () => {
  test('a handler sees method, address, parameters, query and body', async () => {
    const response = await app.get('/ECHO/5%2F6?k=1&k=2', { method: 'POST', body: 'words' });
    expect(response.headers.get('x-mine')).toBe('yes');
    expect(await response.json()).toEqual({
      url: `${app.url}/ECHO/5%2F6?k=1&k=2`,
      params: { id: '5%2F6' },
      text: 'words',
      query: [['k', '1,2']],
    });
  });

  test('a chunked body arrives empty, with a warning that names the fix', async () => {
    expect(JSON.parse(await chunked(`${app.url}/echo`, 'in chunks'))).toMatchObject({ text: '' });
    await app.line(/'echo' was sent a chunked request body.*enableHttpStream/);
  });

  test('a body past the limit is 500 before the handler runs', async () => {
    const before = app.records.length;
    expect((await app.get('/echo', { method: 'POST', body: 'x'.repeat(1001) })).status).toBe(500);
    expect(app.records.slice(before).filter((record) => record.message.startsWith('Executing'))).toEqual([]);
  });

  test.each([
    ['/throws', 500],
    ['/nothing', 204],
    ['/broken', 500],
    ['/unknown', 404],
    ['/echo/a/b', 404],
    ['/locked', 200],
  ])('%s answers %i', async (url, status) => {
    const response = await app.get(url);
    expect(response.status).toBe(status);
    if (status !== 200) expect(await response.text()).toBe('');
  });

  test('cookies are headers of their own', async () => {
    expect((await app.get('/cookies')).headers.getSetCookie()).toEqual(['a=1; path=/', 'b=2; path=/']);
  });

  test('HEAD has the headers of GET and no body', async () => {
    const response = await app.get('/echo', { method: 'HEAD' });
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
      200,
      'application/json',
      '',
    ]);
  });

  test('lines of the function carry its name and invocation', async () => {
    await app.get('/logs');
    await app.line(/^printed$/);
    await app.line(/^warned$/);
    const said = app.records.find((record) => record.message === 'said { a: 1 }');
    expect(said).toMatchObject({ level: 'information', category: 'user', functionName: 'logs' });
    expect(app.records.find((record) => record.message === 'warned')).toMatchObject({
      level: 'warning',
      invocationId: said?.invocationId,
    });
  });

  test('the lines around an invocation are those of the real host', async () => {
    await app.get('/throws');
    const failed = await app.line(/^Executed 'Functions\.throws' \(Failed, Id=[0-9a-f-]{36}, Duration=\d+ms\)$/);
    const id = /Id=([^,]+)/.exec(failed)?.[1];
    expect(app.records.map((record) => record.message)).toContain(
      `Executing 'Functions.throws' (Reason='This function was programmatically called via the host APIs.', Id=${id ?? ''})`,
    );
    await app.line(/^Error: on purpose\n {4}at /);
  });

  test('trace context comes from the request', async () => {
    const traceparent = '00-11112222333344445555666677778888-aaaabbbbccccdddd-01';
    const response = await app.get('/trace', { headers: { traceparent, tracestate: 'v=1' } });
    expect(await response.json()).toMatchObject({ traceParent: traceparent, traceState: 'v=1' });
  });

  test('the landing page and the admin API are open when keys are off', async () => {
    expect(await (await app.get('/')).text()).toContain('up and running');
    expect(await (await app.get('/admin/host/status')).json()).toMatchObject({ state: 'Running' });
  });

  test('everything that ran is told to those who listen', async () => {
    // What ran in the test before may be told only now.
    const executed = new Promise((resolve) => {
      app.host.events.on('executed', (event) => event.functionName === 'nothing' && resolve(event));
    });
    await app.get('/nothing');
    expect(await executed).toMatchObject({ durationMs: expect.any(Number) });
  });
});
