import { singleFile, useApp } from './temporary-app';

const app = useApp(
  singleFile(`
const seen = [];
app.hook.appStart((c) => { c.hookData.here = true; seen.push('start'); });
app.hook.preInvocation(async (c) => {
  c.hookData.n = 1;
  if (c.invocationContext.functionName === 'wrapped') { const inner = c.functionHandler; c.functionHandler = async (...args) => ({ body: '(' + (await inner(...args)).body + ')' }); }
  if (c.invocationContext.functionName === 'more') c.inputs.push('added');
  if (c.invocationContext.functionName === 'refused') throw new Error('refused by hook');
});
app.hook.postInvocation((c) => {
  seen.push([c.invocationContext.functionName, c.hookData.n, c.error && c.error.message, c.result]);
  if (c.invocationContext.functionName === 'healed') { c.error = null; c.result = { body: 'healed' }; }
});
app.hook.log((c) => { if (c.message === 'secret') { c.message = '***'; c.level = 'warning'; } });
const open = { authLevel: 'anonymous', methods: ['GET'] };
app.http('wrapped', { ...open, handler: async () => ({ body: 'inner' }) });
app.http('more', { ...open, handler: async (r, extra, c) => ({ body: extra + ' ' + c.functionName }) });
app.http('refused', { ...open, handler: async () => ({ body: 'never' }) });
app.http('healed', { ...open, handler: async () => { throw new Error('ill'); } });
app.http('undef', { ...open, handler: async () => { throw undefined; } });
app.http('logs', { ...open, handler: async (r, c) => { c.log('secret'); return {}; } });
app.http('seen', { ...open, handler: async () => ({ jsonBody: [...seen] }) });
`),
);
const text = async (url: string): Promise<[number, string]> => {
  const response = await app.get(url);
  return [response.status, await response.text()];
};

describe('hooks', () => {
  test('replace handler, inputs, result and error', async () => {
    expect(await text('/wrapped')).toEqual([200, '(inner)']);
    expect(await text('/more')).toEqual([200, 'added more']);
    expect(await text('/healed')).toEqual([200, 'healed']);
  });

  test('one that throws before the function fails the invocation, and no hook runs after it', async () => {
    expect(await text('/refused')).toEqual([500, '']);
    const rows = JSON.parse((await text('/seen'))[1]) as unknown[];
    expect(rows[0]).toBe('start');
    expect(rows.map((row) => (Array.isArray(row) ? row[0] : row))).not.toContain('refused');
  });

  test('see error or result; an error has no result', async () => {
    await text('/healed');
    const rows = JSON.parse((await text('/seen'))[1]) as unknown[];
    expect(rows).toContainEqual(['healed', 1, 'ill', null]);
  });

  test('a handler that throws undefined has not failed', async () => {
    expect(await text('/undef')).toEqual([204, '']);
  });

  test('of the log change message and level', async () => {
    await text('/logs');
    await app.line(/^\*\*\*$/);
    expect(app.records.find((record) => record.message === '***')).toMatchObject({
      level: 'warning',
      functionName: 'logs',
    });
    expect(app.records.some((record) => record.message === 'secret')).toBe(false);
  });
});
