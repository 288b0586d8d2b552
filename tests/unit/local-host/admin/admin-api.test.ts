import { AdminApi } from '../../../../local-host/admin/admin-api';
import type { AdminHost } from '../../../../local-host/admin/admin-api';
import type { IndexedFunction } from '../../../../local-host/indexing';
import { KeyRing } from '../../../../local-host/keys/key-ring';
import type { HostExtension, Invocation } from '../../../../local-host/plugin';
import type { HostHttpResponse } from '../../../../local-host/worker-protocol';
import { hostContext } from '../host-context';
import { temporaryFolder } from '../temporary-folder';

const stateDir = temporaryFolder();
const trigger = { name: 'in1', type: 'testTrigger', direction: 'in' } as const;
const http = {
  name: 'req',
  type: 'httpTrigger',
  direction: 'in',
  route: 'piers/{row}/{slot?}',
  methods: ['GET'],
} as const;
const indexed = (
  name: string,
  binding: IndexedFunction['trigger'],
  extra: Partial<IndexedFunction> = {},
): IndexedFunction => ({
  definition: { name, functionId: name, bindings: [binding] },
  disabled: false,
  trigger: binding,
  plugin: undefined,
  ...extra,
});

function admin(overrides: Partial<AdminHost> = {}) {
  const invoked: [string, Invocation][] = [];
  const context = {
    ...hostContext(),
    invoke: async (fn: { name: string }, invocation: Invocation) => {
      invoked.push([fn.name, invocation]);
      return { invocationId: '', durationMs: 0 };
    },
  };
  const api = new AdminApi({
    context,
    keys: new KeyRing(stateDir, 'master'),
    authEnabled: true,
    extensions: [],
    state: 'Running',
    errors: [],
    functions: [
      indexed('pier', http),
      indexed('tick', trigger),
      indexed('off', trigger, { disabled: true }),
      indexed('bad', trigger, { error: 'why' }),
    ],
    ...overrides,
  });
  const ask = (
    method: string,
    url: string,
    options: { key?: string; body?: string; type?: string } = {},
  ): Promise<HostHttpResponse> =>
    api.handle({
      method,
      url,
      headers: {
        host: 'localhost:7071',
        ...(options.key === undefined ? {} : { 'x-functions-key': options.key }),
        ...(options.type === undefined ? {} : { 'content-type': options.type }),
      },
      body: Buffer.from(options.body ?? ''),
    });
  return { ask, invoked };
}

const bodyOf = (response: HostHttpResponse): unknown => JSON.parse(String(response.body));
const key = 'master';

describe('AdminApi', () => {
  test('ping, warm-up and the landing page need no key', async () => {
    const { ask } = admin();
    expect(await ask('GET', '/admin/host/ping')).toMatchObject({
      status: 200,
      headers: { 'cache-control': 'no-store,no-cache', pragma: 'no-cache' },
    });
    expect((await ask('GET', '/admin/warmup')).status).toBe(200);
    expect(await ask('GET', '/?x=1')).toMatchObject({ status: 200, headers: { 'content-type': 'text/html' } });
  });

  test('everything else needs the master key, unless keys are off', async () => {
    const { ask } = admin();
    expect(await ask('GET', '/admin/host/status')).toEqual({ status: 401, headers: { 'www-authenticate': 'Bearer' } });
    expect((await ask('GET', '/admin/functions', { key: 'other' })).status).toBe(401);
    expect((await ask('GET', '/admin/functions?code=MASTER')).status).toBe(200);
    expect((await admin({ authEnabled: false }).ask('GET', '/admin/host/status')).status).toBe(200);
  });

  test('status tells state and errors', async () => {
    const { ask } = admin({ state: 'Error', errors: ['why'], functions: undefined });
    expect(bodyOf(await ask('GET', '/admin/host/status', { key }))).toMatchObject({
      id: 'host',
      state: 'Error',
      errors: ['why'],
    });
    expect((await ask('GET', '/admin/functions', { key })).status).toBe(500);
  });

  test('lists functions with their addresses', async () => {
    const { ask } = admin();
    const list = bodyOf(await ask('GET', '/admin/functions', { key })) as Record<string, unknown>[];
    expect(list.map((fn) => [fn['name'], fn['invoke_url_template'], fn['isDisabled']])).toEqual([
      ['pier', 'http://localhost:7071/api/piers/{row}/{slot?}', false],
      ['tick', null, false],
      ['off', null, true],
      ['bad', null, false],
    ]);
    expect(bodyOf(await ask('GET', '/admin/functions/PIER', { key }))).toMatchObject({
      name: 'pier',
      config: { bindings: [http] },
    });
    expect((await ask('GET', '/admin/functions/nobody', { key })).status).toBe(404);
    expect(bodyOf(await ask('GET', '/admin/functions/pier/status', { key }))).toEqual({});
    expect(bodyOf(await ask('GET', '/admin/functions/bad/status', { key }))).toEqual({ errors: ['why'] });
  });

  test('runs a function by hand', async () => {
    const { ask, invoked } = admin();
    const post = (name: string, body: string, type?: string) =>
      ask('POST', `/admin/functions/${name}`, { key, body, ...(type === undefined ? {} : { type }) }).then(
        ({ status }) => status,
      );
    expect(await post('tick', '{"input":"hello"}', 'application/json')).toBe(202);
    expect(invoked).toEqual([['tick', expect.objectContaining({ input: { string: 'hello' } })]]);
    expect(await post('off', '{"input":""}', 'application/json')).toBe(202);
    expect(await post('nobody', '{"input":""}', 'application/json')).toBe(404);
    expect(await post('tick', '{', 'application/json')).toBe(400);
    expect(await post('tick', 'x', 'text/plain')).toBe(415);
    expect(await post('tick', '')).toBe(415);
    expect(invoked).toHaveLength(1);
  });

  test('keeps keys of host and functions', async () => {
    const { ask } = admin();
    expect(bodyOf(await ask('GET', '/admin/host/keys', { key }))).toEqual({
      keys: [{ name: 'default', value: 'master' }],
      links: [{ rel: 'self', href: 'http://localhost:7071/admin/host/keys' }],
    });
    const url = '/admin/functions/pier/keys/spare';
    expect((await ask('PUT', url, { key, body: '{"name":"spare","value":"v"}' })).status).toBe(201);
    expect(bodyOf(await ask('GET', url, { key }))).toMatchObject({ name: 'spare', value: 'v' });
    expect((await ask('PUT', url, { key, body: '{' })).status).toBe(400);
    expect((await ask('POST', url, { key })).status).toBe(200);
    expect((await ask('DELETE', url, { key })).status).toBe(204);
    expect((await ask('DELETE', url, { key })).status).toBe(404);
  });

  test('webhooks go to the extension that knows them, with the master key or a system key', async () => {
    const extension: HostExtension = {
      triggers: [],
      bindings: [],
      start: async () => undefined,
      stop: async () => undefined,
      handleHttp: async ({ url }) => (url.startsWith('/runtime/webhooks/mine') ? { status: 299 } : undefined),
    };
    const keys = new KeyRing(stateDir, 'master');
    const { ask } = admin({ extensions: [extension], keys });
    const system = keys.systemKey('mine');
    expect((await ask('GET', '/runtime/webhooks/mine/x')).status).toBe(401);
    expect((await ask('GET', `/runtime/webhooks/mine/x?code=${system}`)).status).toBe(299);
    expect((await ask('GET', '/runtime/webhooks/mine/x', { key })).status).toBe(299);
    expect((await ask('GET', '/runtime/webhooks/other', { key })).status).toBe(404);
  });

  test('what nobody knows is 404', async () => {
    const { ask } = admin();
    for (const url of [
      '/admin/host/nothing',
      '/admin/host/keys/a/b',
      '/admin/functions/pier/x',
      '/admin/functions/pier/keys/a/b',
    ])
      expect([url, (await ask('GET', url, { key })).status]).toEqual([url, 404]);
  });
});
