import type { BindingDefinition } from '../../../../../local-host/function-definition';
import { timerTrigger } from '../../../../../local-host/triggers/timer';
import type { LogRecord } from '../../../../../local-host/worker-protocol';
import { hostContext } from '../../host-context';

async function warnings(options: Record<string, unknown>): Promise<string[]> {
  const records: LogRecord[] = [];
  const context = {
    ...hostContext({}, records),
    invoke: () => Promise.resolve({ invocationId: 'x', durationMs: 0 }),
  };
  const binding = {
    name: 't',
    type: 'timerTrigger',
    direction: 'in',
    useMonitor: false,
    ...options,
  } as BindingDefinition;
  const listener = await timerTrigger.start?.({ name: 'tick', functionId: 'tick', bindings: [] }, binding, context);
  await listener?.stop();
  return records.filter(({ level }) => level === 'warning').map(({ message }) => message);
}

describe('a timer', () => {
  test('faster than a minute is told that its status is null, unless it says that it knows', async () => {
    expect(await warnings({ schedule: '*/10 * * * * *', useMonitor: true })).toEqual([
      expect.stringMatching(/scheduleStatus is null.*useMonitor: false/),
    ]);
    expect(await warnings({ schedule: '*/10 * * * * *' })).toEqual([]);
  });

  test('that runs on startup is told what that means in Azure', async () => {
    expect(await warnings({ schedule: '0 0 * * * *', runOnStartup: true })).toEqual([
      expect.stringMatching(/with each restart and each new instance/),
    ]);
  });
});
