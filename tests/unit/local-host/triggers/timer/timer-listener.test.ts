import type { BindingDefinition, FunctionDefinition } from '../../../../../local-host/function-definition';
import type { HostContext, Invocation } from '../../../../../local-host/plugin';
import { timerTrigger } from '../../../../../local-host/triggers/timer';
import { VirtualClock } from '../../../../../local-host/virtual-clock';
import { hostContext } from '../../host-context';

const fn: FunctionDefinition = { name: 'tick', functionId: 'tick', bindings: [] };
const START = Date.parse('2026-11-22T16:00:01Z');

/** Unmonitored timers need no storage, so the whole of them can be moved by hand. */
async function started(
  options: Record<string, unknown>,
  invoke: (invocation: Invocation) => Promise<void>,
  instance = 1,
) {
  const clock = new VirtualClock(START);
  const context: HostContext = {
    ...hostContext({ AzureWebJobsStorage: 'UseDevelopmentStorage=true' }),
    clock,
    instanceNumber: instance,
    invoke: async (_fn, invocation) => {
      await invoke(invocation);
      return { invocationId: 'x', durationMs: 1, error: { message: 'failures change nothing' } };
    },
  };
  const binding: BindingDefinition = {
    name: 'timer',
    type: 'timerTrigger',
    direction: 'trigger',
    useMonitor: false,
    ...options,
  };
  const listener = await timerTrigger.start?.(fn, binding, context);
  if (!listener) throw new Error('no listener');
  return { clock, listener };
}

describe('a timer', () => {
  test('fires on each occurrence, whatever the function does', async () => {
    const fired: number[] = [];
    const { clock, listener } = await started({ schedule: '*/10 * * * * *' }, async () => void fired.push(clock.now()));
    await clock.advance(30_000);
    await listener.stop();
    expect(fired.map((at) => at - START)).toEqual([9000, 19_000, 29_000]);
    expect(clock.nextDue()).toBeUndefined();
  });

  test('hands over schedule, status and lateness', async () => {
    const seen: Invocation[] = [];
    const { clock, listener } = await started(
      { schedule: '00:00:10' },
      async (invocation) => void seen.push(invocation),
    );
    await clock.advance(10_000);
    await listener.stop();
    expect(seen).toEqual([
      {
        input: { json: '{"Schedule":{"AdjustForDST":false},"ScheduleStatus":null,"IsPastDue":false}' },
        reason: 'Timer fired at 2026-11-22T16:00:11+00:00',
      },
    ]);
  });

  test('waits for a call to end and makes up for what it overran with one call', async () => {
    const fired: number[] = [];
    const run = await started({ schedule: '*/10 * * * * *' }, async () => {
      fired.push(run.clock.now() - START);
      if (fired.length === 1) await new Promise<void>((resolve) => void run.clock.after(35_000, resolve));
    });
    await run.clock.advance(60_000);
    await run.listener.stop();
    expect(fired).toEqual([9000, 44_000, 49_000, 59_000]);
  });

  test('with runOnStartup fires at once and says why', async () => {
    const seen: Invocation[] = [];
    const { clock, listener } = await started(
      { schedule: '0 0 0 1 1 *', runOnStartup: true },
      async (invocation) => void seen.push(invocation),
    );
    await clock.advance(0);
    await listener.stop();
    expect(seen.map(({ details }) => details)).toEqual(['Trigger Details: UnscheduledInvocationReason: RunOnStartup']);
  });

  test('that never comes due waits without firing', async () => {
    const { clock, listener } = await started({ schedule: '0 0 0 30 2 *' }, () => Promise.reject(new Error('fired')));
    await clock.advance(365 * 86_400_000);
    await listener.stop();
  });

  test('runs on the first instance alone', async () => {
    const { clock, listener } = await started({ schedule: '00:00:01' }, () => Promise.reject(new Error('fired')), 2);
    await clock.advance(5000);
    await listener.stop();
    expect(clock.nextDue()).toBeUndefined();
  });

  test('stops only after the call in hand', async () => {
    let finish: () => void = () => undefined;
    let ended = false;
    const { clock, listener } = await started({ schedule: '00:00:01' }, async () => {
      await new Promise<void>((resolve) => (finish = resolve));
      ended = true;
    });
    await clock.advance(1000);
    const stopped = listener.stop();
    finish();
    await stopped;
    expect(ended).toBe(true);
  });

  test.each([
    [
      { schedule: 'every tuesday' },
      "The schedule expression 'every tuesday' was not recognized as a valid cron expression or timespan string.",
    ],
    [{ schedule: '%NOPE%' }, "'%NOPE%' does not resolve to a value."],
  ])('%j is refused', (options, message) => {
    const binding: BindingDefinition = { name: 't', type: 'timerTrigger', direction: 'trigger', ...options };
    expect(() => timerTrigger.check?.(fn, binding, hostContext())).toThrow(message);
  });
});
