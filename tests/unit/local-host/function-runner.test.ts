import type { AppWorker } from '../../../local-host/app-worker';
import { BindingExchange } from '../../../local-host/binding-exchange';
import type { FunctionDefinition } from '../../../local-host/function-definition';
import { FunctionRunner } from '../../../local-host/function-runner';
import type { BindingPlugin } from '../../../local-host/plugin';
import { VirtualClock } from '../../../local-host/virtual-clock';
import type { InvocationOutcome, InvocationRequest, LogRecord } from '../../../local-host/worker-protocol';
import { hostContext } from './host-context';

const fn: FunctionDefinition = {
  name: 'f',
  functionId: 'f',
  bindings: [
    { name: 'in1', type: 'testTrigger', direction: 'in' },
    { name: 'const', type: 'constant', direction: 'in' },
    { name: '$return', type: 'sink', direction: 'out' },
  ],
  retry: { maxRetryCount: 2, retryStrategy: 'fixedDelay', delayIntervalMs: 1000 },
};
const failing = { message: 'bad', stack: 'Error: bad\n    at x' };

function runner(
  handler: (request: InvocationRequest) => Partial<InvocationOutcome> | Promise<Partial<InvocationOutcome>>,
  timeoutMs?: number,
) {
  const records: LogRecord[] = [];
  const written: unknown[] = [];
  const requests: InvocationRequest[] = [];
  let timeouts = 0;
  const clock = new VirtualClock(0);
  const context = { ...hostContext({}, records), clock };
  const plugins: BindingPlugin[] = [
    { type: 'constant', constantInput: () => ({ string: 'c' }) },
    {
      type: 'sink',
      output: async (_binding, data) => {
        if ('string' in data && data.string === 'unwritable') throw new Error('no sink');
        written.push(data);
      },
    },
  ];
  const worker = {
    invoke: async (_name: string, request: InvocationRequest) => {
      requests.push(request);
      return { invocationId: request.invocationId, durationMs: 0, ...(await handler(request)) };
    },
  } as unknown as AppWorker;
  const bindings = new BindingExchange(plugins, context);
  const subject = new FunctionRunner({
    clock,
    log: context.log,
    bindings: () => bindings,
    worker: async () => worker,
    timeoutMs,
    onTimeout: () => timeouts++,
    onExecuted: () => undefined,
  });
  return { subject, clock, records, written, requests, timeouts: () => timeouts };
}

const invocation = { input: { string: 'x' }, reason: 'New thing.', details: 'Trigger Details: x' };

describe('FunctionRunner', () => {
  test('gives the function its inputs and writes what it returns', async () => {
    const { subject, requests, written } = runner(() => ({ returnValue: { string: 'out' } }));
    const outcome = await subject.run(fn, invocation);
    expect(outcome.error).toBeUndefined();
    expect(requests[0]?.inputData).toEqual([
      { name: 'in1', data: { string: 'x' } },
      { name: 'const', data: { string: 'c' } },
    ]);
    expect(written).toEqual([{ string: 'out' }]);
  });

  test('logs the lines that tools wait for', async () => {
    const { subject, records } = runner(() => ({}));
    const { invocationId } = await subject.run(fn, invocation);
    expect(records.map((record) => record.message.replace(/\d+ms/, '0ms'))).toEqual([
      `Executing 'Functions.f' (Reason='New thing.', Id=${invocationId})`,
      'Trigger Details: x',
      `Executed 'Functions.f' (Succeeded, Id=${invocationId}, Duration=0ms)`,
    ]);
  });

  test('retries as the policy says and tells the function which attempt it is', async () => {
    const { subject, clock, requests } = runner(({ retryContext }) =>
      retryContext?.retryCount === 2 ? {} : { error: failing },
    );
    const done = subject.run(fn, invocation);
    await clock.advance(999);
    expect(requests).toHaveLength(1);
    await clock.advance(1001);
    expect((await done).error).toBeUndefined();
    expect(requests.map((request) => request.retryContext)).toEqual([
      { retryCount: 0, maxRetryCount: 2 },
      { retryCount: 1, maxRetryCount: 2, exception: failing },
      { retryCount: 2, maxRetryCount: 2, exception: failing },
    ]);
    expect(new Set(requests.map((request) => request.invocationId)).size).toBe(3);
  });

  test('gives up after the last retry', async () => {
    const { subject, clock, requests } = runner(() => ({ error: failing }));
    const done = subject.run(fn, invocation);
    await clock.advance(10_000);
    expect((await done).error).toEqual(failing);
    expect(requests).toHaveLength(3);
  });

  test('a trigger that retries by itself runs the function once', async () => {
    const { subject, requests } = runner(() => ({ error: failing }));
    await subject.run(fn, { ...invocation, ignoreRetryPolicy: true });
    expect(requests).toHaveLength(1);
    expect(requests[0]).not.toHaveProperty('retryContext');
  });

  test('an output that cannot be written fails the invocation', async () => {
    const { subject } = runner(() => ({ returnValue: { string: 'unwritable' } }));
    expect((await subject.run({ ...fn, name: 'g' }, { ...invocation, ignoreRetryPolicy: true })).error?.message).toBe(
      'no sink',
    );
  });

  test('a function that runs past its time fails, and its process has to go', async () => {
    const { subject, clock, timeouts } = runner(() => new Promise(() => undefined), 60_000);
    const done = subject.run(fn, { ...invocation, ignoreRetryPolicy: true });
    await clock.advance(60_000);
    expect((await done).error?.message).toBe('Timeout value of 00:01:00 was exceeded by function: Functions.f');
    expect(timeouts()).toBe(1);
  });

  test('stopping ends the wait for a retry', async () => {
    const { subject, requests, clock } = runner(() => ({ error: failing }));
    const done = subject.run(fn, invocation);
    await clock.advance(10);
    subject.stop();
    expect((await done).error).toEqual(failing);
    expect(requests).toHaveLength(1);
  });
});
