import type { HostContext, HostExtension } from '../../../local-host/plugin';
import type { RpcData } from '../../../local-host/rpc-data';
import { singleFile, useApp } from './temporary-app';

const written: [string, RpcData, unknown][] = [];
let context: HostContext | undefined;
const order: string[] = [];

/** A trigger `test`, an input `lookup` and an output `sink`, as a plugin of another kind would bring them. */
const extension: HostExtension = {
  triggers: [
    {
      type: 'testtrigger',
      start: async () => {
        order.push('listen');
        return { stop: async () => void order.push('unlisten') };
      },
    },
  ],
  bindings: [
    { type: 'lookup', input: async (_binding, metadata) => metadata['key'] ?? { string: 'no key' } },
    {
      type: 'sink',
      output: async (binding, data, metadata) => {
        if ('string' in data && data.string === 'bad') throw new Error('The sink is full.');
        written.push([binding.name, data, metadata]);
      },
    },
  ],
  prepare: async () => void order.push('prepare'),
  start: async (functions, given) => {
    order.push(`start ${functions.map((fn) => fn.name).join()}`);
    context = given;
  },
  stop: async () => void order.push('stop'),
};

const app = useApp(
  singleFile(`
const sink = output.generic({ type: 'sink', name: 'out1' });
const lookup = input.generic({ type: 'lookup', name: 'looked' });
let runs = 0;
app.generic('work', { trigger: trigger.generic({ type: 'test' }), extraInputs: [lookup], extraOutputs: [sink], return: output.generic({ type: 'sink' }),
  handler: async (x, c) => { c.extraOutputs.set(sink, { extra: c.extraInputs.get(lookup) }); return { got: x, meta: c.triggerMetadata }; } });
app.generic('full', { trigger: trigger.generic({ type: 'test' }), return: output.generic({ type: 'sink' }), handler: async () => 'bad' });
app.generic('tries', { trigger: trigger.generic({ type: 'test' }), retry: { strategy: 'fixedDelay', maxRetryCount: 2, delayInterval: 0 },
  handler: async (x, c) => { if (c.retryContext.retryCount < 2) throw new Error('try ' + c.retryContext.retryCount); return { exception: c.retryContext.exception.message }; } });
app.generic('exits', { trigger: trigger.generic({ type: 'test' }), handler: async () => { process.exit(9); } });
app.generic('off', { trigger: trigger.generic({ type: 'test' }), handler: async () => {} });
app.http('web', { methods: ['GET'], route: 'web/{id}', authLevel: 'anonymous', extraInputs: [lookup], extraOutputs: [sink], handler: async (r, c) => { c.extraOutputs.set(sink, r.params.id); return { body: 'in: ' + c.extraInputs.get(lookup) }; } });
`),
  { extensions: [extension], settings: { 'AzureWebJobs.off.Disabled': 'true' } },
);

describe('functions that the host triggers', () => {
  test('extensions are prepared, then started with the functions that run, before anything listens', () => {
    expect(order).toEqual(['prepare', 'start exits,full,tries,web,work', 'listen', 'listen', 'listen', 'listen']);
  });

  test('get their data, metadata and inputs; what they return is written', async () => {
    const fn = app.host.functions.find((candidate) => candidate.definition.name === 'work')?.definition;
    if (!fn || !context) throw new Error('not started');
    const outcome = await context.invoke(fn, {
      input: { string: '{"a":1}' },
      reason: 'A test.',
      triggerMetadata: { key: { string: 'k1' } },
    });
    expect(outcome.error).toBeUndefined();
    expect(written.slice(-2).map(([name, data]) => [name, 'json' in data ? JSON.parse(data.json) : data])).toEqual([
      ['$return', { got: { a: 1 }, meta: { key: 'k1' } }],
      ['out1', { extra: 'k1' }],
    ]);
    await app.line(/^Executing 'Functions\.work' \(Reason='A test\.', Id=/);
  });

  test('fail when an output cannot be written', async () => {
    expect((await app.host.invoke('full')).error?.message).toBe('The sink is full.');
    await app.line(/^Executed 'Functions\.full' \(Failed/);
  });

  test('are tried again as their retry policy says, knowing what went wrong', async () => {
    const outcome = await app.host.invoke('tries', 'x');
    expect(outcome.returnValue).toEqual({ json: '{"exception":"try 1"}' });
  });

  test('fail with their worker, and the next one runs in a new worker', async () => {
    expect((await app.host.invoke('exits', 'x')).error?.message).toMatch(
      /ended while the function ran: node exited with code 9/,
    );
    expect((await app.host.invoke('work', 'again')).error).toBeUndefined();
  });

  test('HTTP functions have the host’s inputs and outputs too', async () => {
    const response = await app.get('/web/i7?key=q1');
    expect(await response.text()).toBe('in: q1');
    expect(written.at(-1)?.slice(0, 2)).toEqual(['out1', { string: 'i7' }]);
  });

  test('can be run by hand through the admin API', async () => {
    const before = written.length;
    // Of an HTTP function that ran before, the end may be told only now.
    const ran = new Promise<void>((resolve) => {
      app.host.events.on('executed', ({ functionName }) => functionName === 'work' && resolve());
    });
    const response = await app.get('/admin/functions/work', {
      method: 'POST',
      body: '{"input":"by hand"}',
      headers: { 'content-type': 'application/json' },
    });
    expect(response.status).toBe(202);
    await ran;
    expect(written.length).toBeGreaterThan(before);
  });

  test('stop before their extension does', async () => {
    await app.host.stop();
    expect(order.slice(-5)).toEqual(['unlisten', 'unlisten', 'unlisten', 'unlisten', 'stop']);
  });
});
