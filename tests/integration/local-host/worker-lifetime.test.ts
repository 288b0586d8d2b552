import fs from 'node:fs';
import { isAlive } from '../../../local-host/process-state';
import type { HostExtension } from '../../../local-host/plugin';
import { startHost } from '../../../local-host/start-host';
import { VirtualClock } from '../../../local-host/virtual-clock';
import type { InvocationOutcome } from '../../../local-host/worker-protocol';
import { singleFile, useApp, writeApp } from './temporary-app';

const source = `
const open = { authLevel: 'anonymous', methods: ['GET'] };
app.http('fine', { ...open, handler: async () => ({ jsonBody: { pid: process.pid } }) });
app.http('exit', { ...open, handler: async () => { process.exit(3); } });
app.http('stray', { ...open, handler: async () => { setImmediate(() => Promise.reject(new Error('stray rejection'))); return { body: 'sent' }; } });
app.http('thrown', { ...open, handler: () => new Promise(() => setImmediate(() => { throw new Error('out of reach'); })) });
`;

describe('a worker that ends', () => {
  const app = useApp(singleFile(source));
  const pid = async (): Promise<number> => ((await (await app.get('/fine')).json()) as { pid: number }).pid;

  test('by process.exit: the request is answered 500 and the next one by a new worker', async () => {
    const before = await pid();
    expect((await app.get('/exit')).status).toBe(500);
    expect(await pid()).not.toBe(before);
    await app.line(/Language Worker Process exited\. Pid=\d+\. node exited with code 3\./);
    await app.line(/^Executed 'Functions\.exit' \(Failed/);
  });
});

describe('a worker that ends while the time of the app stands still', () => {
  const app = useApp(singleFile(source), { clock: new VirtualClock(Date.UTC(2030, 0, 1)) });

  test('is replaced', async () => {
    expect((await app.get('/exit')).status).toBe(500);
    expect((await app.get('/fine')).status).toBe(200);
  });
});

describe('an exception that nobody catches', () => {
  const app = useApp(singleFile(source));

  test('ends the worker; what ran is answered 500', async () => {
    expect((await app.get('/thrown')).status).toBe(500);
    await app.line(/Worker uncaught exception: Error: out of reach/);
    expect((await app.get('/fine')).status).toBe(200);
  });

  test('a rejection after the answer takes nothing from the answer', async () => {
    expect(await (await app.get('/stray')).text()).toBe('sent');
    await app.line(/Worker uncaught exception: Error: stray rejection/);
    expect((await app.get('/fine')).status).toBe(200);
  });
});

describe('a function that runs past its time', () => {
  const app = useApp(
    singleFile(`${source}\napp.http('hangs', { ...open, handler: () => new Promise((r) => setTimeout(r, 2 ** 30)) });`),
    { settings: { AzureFunctionsJobHost__functionTimeout: '00:00:01' } },
  );

  test('takes its worker with it; the request is answered 500', async () => {
    expect((await app.get('/hangs')).status).toBe(500);
    await app.line(/^Timeout value of 00:00:01 was exceeded by function: Functions\.hangs$/);
    expect((await app.get('/fine')).status).toBe(200);
  });
});

describe('an app that never finishes loading', () => {
  test('can be stopped while it starts', async () => {
    const folder = writeApp(singleFile("console.log('loading'); for (;;);"));
    const stop = new AbortController();
    const host = await startHost({
      scriptRoot: folder,
      port: 0,
      env: {},
      signal: stop.signal,
      log: ({ message }) => {
        if (message === 'loading') stop.abort();
      },
    });
    expect(host.state).toBe('Stopped');
    fs.rmSync(folder, { recursive: true });
  });
});

describe('a worker that ends with each request', () => {
  const app = useApp(singleFile(source));

  test('is started again each time, after longer waits', async () => {
    for (let i = 0; i < 3; i++) expect((await app.get('/exit')).status).toBe(500);
    expect((await app.get('/fine')).status).toBe(200);
    expect(app.host.state).toBe('Running');
    await app.line(/The worker ended 3 times in a row soon after it began\. The next one starts in 2 s\./);
  });
});

describe('a worker that keeps ending before it serves', () => {
  const app = useApp(singleFile(`${source}\nprocess.exit(7);`));

  test('is started three times, then the host says so and answers 503', async () => {
    await app.line(/Exceeded language worker restart retry count/);
    expect(app.records.filter(({ message }) => message.startsWith('Language Worker Process exited'))).toHaveLength(3);
    expect(app.host.state).toBe('Error');
    const response = await app.get('/fine');
    expect([response.status, await response.text()]).toEqual([503, 'Function host is not running.']);
    const status = (await (await app.get('/admin/host/status')).json()) as { state: string; errors: string[] };
    expect(status.state).toBe('Error');
    expect(status.errors).toHaveLength(1);
  });
});

describe('stopping', () => {
  const app = useApp(singleFile(`app.hook.appTerminate(() => console.log('terminated'));\n${source}`));

  test('runs the appTerminate hook, ends the worker and frees the port', async () => {
    const worker = ((await (await app.get('/fine')).json()) as { pid: number }).pid;
    await app.host.stop();
    await app.line(/^terminated$/);
    expect(isAlive(worker)).toBe(false);
    await expect(app.get('/fine')).rejects.toThrow();
    await app.host.stop();
  });
});

describe('stopping while a run does not end', () => {
  let outcome: Promise<InvocationOutcome> | undefined;
  const extension: HostExtension = {
    triggers: [
      {
        type: 'testtrigger',
        start: (fn, _binding, context) => {
          outcome = context.invoke(fn, { input: { string: 'x' }, reason: '' });
          return Promise.resolve({ stop: async () => void (await outcome) });
        },
      },
    ],
    bindings: [],
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
  };
  const app = useApp(
    singleFile(
      "app.generic('endless', { trigger: trigger.generic({ type: 'test' }), handler: () => { console.log(`in hand of ${process.pid}`); return new Promise((r) => setTimeout(r, 2 ** 30)); } });",
    ),
    { extensions: [extension], stopLimits: { tellMs: 20, limitMs: 40 } },
  );

  test('says what it waits for, and ends all the same', async () => {
    const [, worker] = /(\d+)$/.exec(await app.line(/^in hand of/)) ?? [];
    await app.host.stop();
    await app.line(/^The host stops as soon as 'endless' \(1 in hand\) has ended, at the latest in 0 s\./);
    await app.line(/^The host stops although 'endless' \(1 in hand\) has not ended within 0 s\./);
    expect(isAlive(Number(worker))).toBe(false);
    expect((await outcome)?.error?.message).toMatch(/^The worker process ended while the function ran/);
  });
});
