import { singleFile, useApp } from './temporary-app';

const source = `
const open = { authLevel: 'anonymous', methods: ['GET'] };
app.http('env', { ...open, handler: async () => ({ jsonBody: { file: process.env.FROM_FILE, both: process.env.FROM_BOTH, hostname: process.env.WEBSITE_HOSTNAME, environment: process.env.AZURE_FUNCTIONS_ENVIRONMENT } }) });
app.http('routed', { ...open, route: '%ROUTE_SETTING%/{x}', handler: async (r) => ({ jsonBody: r.params }) });
app.http('off', { ...open, handler: async () => ({ body: 'off' }) });
app.http('administrator', { ...open, route: 'admin/x', handler: async () => ({ body: 'never' }) });
app.http('zzz', { ...open, route: 'env', handler: async () => ({ body: 'never' }) });
`;

describe('settings of an app', () => {
  const app = useApp(
    {
      ...singleFile(source),
      'local.settings.json':
        '{"Values":{"FROM_FILE":"file","FROM_BOTH":"file","ROUTE_SETTING":"from-setting"},"Host":{"CORS":"https://a.example"}}',
    },
    {
      settings: {
        FROM_BOTH: 'given',
        'AzureWebJobs.off.Disabled': '1',
        AzureFunctionsJobHost__extensions__http__routePrefix: 'v9',
      },
    },
  );

  test('reach the app, what is given over what the file says', async () => {
    expect(await (await app.get('/v9/env')).json()).toEqual({
      file: 'file',
      both: 'given',
      hostname: new URL(app.url).host,
      environment: 'Development',
    });
  });

  test('are put into routes', async () => {
    expect(await (await app.get('/v9/from-setting/7')).json()).toEqual({ x: '7' });
  });

  test('disable a function, which is then 404 and named in the log', async () => {
    expect((await app.get('/v9/off')).status).toBe(404);
    await app.line(/^Function 'Functions\.off' is disabled$/);
    expect(app.host.functions.find((fn) => fn.definition.name === 'off')?.disabled).toBe(true);
  });

  test('open the app to the origins of CORS', async () => {
    const simple = await app.get('/v9/env', { headers: { origin: 'https://a.example' } });
    expect(simple.headers.get('access-control-allow-origin')).toBe('https://a.example');
    const preflight = await app.get('/v9/env', {
      method: 'OPTIONS',
      headers: { origin: 'https://a.example', 'access-control-request-method': 'GET' },
    });
    expect([preflight.status, preflight.headers.get('access-control-allow-methods')]).toEqual([204, 'GET']);
    const other = await app.get('/v9/env', { headers: { origin: 'https://b.example' } });
    expect(other.headers.get('access-control-allow-origin')).toBeNull();
  });

  test('routes that can never run are named with the fix', async () => {
    await app.line(/Functions\.administrator.*belong to the host.*'v1\/admin\/x'/);
    await app.line(/may never reach 'zzz'.*'env'/);
  });
});

describe('keys', () => {
  const app = useApp(
    singleFile(`
app.http('fn', { authLevel: 'function', methods: ['GET'], handler: async () => ({ body: 'fn' }) });
app.http('adm', { authLevel: 'admin', methods: ['GET'], handler: async () => ({ body: 'adm' }) });
`),
    { enableAuth: true, key: 'master-1' },
  );
  const status = async (url: string, key?: string): Promise<number> =>
    (await app.get(url, key === undefined ? {} : { headers: { 'x-functions-key': key } })).status;

  test('are asked for when switched on', async () => {
    expect([
      await status('/fn'),
      await status('/fn', 'no'),
      await status('/fn', 'master-1'),
      await status('/fn?code=master-1'),
    ]).toEqual([401, 401, 200, 200]);
  });

  test('of one function open that function, from the moment they are made', async () => {
    const made = await app.get('/admin/functions/fn/keys/spare', {
      method: 'PUT',
      headers: { 'x-functions-key': 'master-1' },
      body: '{"value":"spare-1"}',
    });
    expect(made.status).toBe(201);
    expect([await status('/fn', 'spare-1'), await status('/adm', 'spare-1')]).toEqual([200, 401]);
  });
});
