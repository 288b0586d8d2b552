import type { Listener } from '../../../../local-host/plugin';
import { timerTrigger } from '../../../../local-host/triggers/timer';
import { VirtualClock } from '../../../../local-host/virtual-clock';
import { azuriteUnderTest, type AzuriteUnderTest } from '../storage/azurite-under-test';
import { definition, listenerHost, type ListenerHost } from '../storage/listener-host';

const START = Date.parse('2026-11-22T16:00:30Z');
const STATUS = 'timers/testhost/Host.Functions.tick/status';
let storage: AzuriteUnderTest;
let listener: Listener | undefined;
beforeEach(async () => {
  storage = await azuriteUnderTest();
});
afterEach(async () => {
  await listener?.stop();
  await storage.stop();
});

async function start(
  now: number,
  options: Record<string, unknown> = {},
): Promise<{ host: ListenerHost; clock: VirtualClock }> {
  const clock = new VirtualClock(now);
  const host = listenerHost(storage);
  const binding = {
    name: 't',
    type: 'timerTrigger',
    direction: 'trigger',
    schedule: '0 */5 * * * *',
    ...options,
  } as const;
  listener = await timerTrigger.start?.(definition('tick'), binding, { ...host.context, clock });
  await host.line(/^The next 5 occurrences/);
  return { host, clock };
}

/** The status is written after the call, so a stopped listener has written it. */
async function stopAndRead(): Promise<unknown> {
  await listener?.stop();
  const blob = storage.connection.blobs().getContainerClient('azure-webjobs-hosts').getBlobClient(STATUS);
  return JSON.parse((await blob.downloadToBuffer()).toString());
}

const inputs = (host: ListenerHost): unknown[] =>
  host.calls.map(
    ({ invocation }) => ('json' in invocation.input ? JSON.parse(invocation.input.json) : undefined) as unknown,
  );

describe('a monitored timer', () => {
  test('notes when it is due next, before it ever ran', async () => {
    await start(START);
    expect(await stopAndRead()).toEqual({
      Last: '0001-01-01T00:00:00+00:00',
      Next: '2026-11-22T16:05:00+00:00',
      LastUpdated: '2026-11-22T16:00:30+00:00',
    });
  });

  test('notes each run and hands over where it stands', async () => {
    const { host, clock } = await start(START);
    await clock.advance(270_000);
    await host.called(1);
    expect(inputs(host)).toEqual([
      {
        Schedule: { AdjustForDST: true },
        ScheduleStatus: {
          Last: '0001-01-01T00:00:00+00:00',
          Next: '2026-11-22T16:05:00+00:00',
          LastUpdated: '2026-11-22T16:00:30+00:00',
        },
        IsPastDue: false,
      },
    ]);
    expect(await stopAndRead()).toEqual({
      Last: '2026-11-22T16:05:00+00:00',
      Next: '2026-11-22T16:10:00+00:00',
      LastUpdated: '2026-11-22T16:05:00+00:00',
    });
  });

  test('makes up at start for what it missed, with one call that is past due, also where it would run on startup', async () => {
    await start(START);
    await listener?.stop();
    const { host } = await start(START + 3_600_000, { runOnStartup: true });
    await host.called(1);
    await listener?.stop();
    expect(inputs(host)).toMatchObject([{ IsPastDue: true, ScheduleStatus: { Next: '2026-11-22T16:05:00+00:00' } }]);
    expect(host.calls[0]?.invocation.details).toBe(
      'Trigger Details: UnscheduledInvocationReason: IsPastDue, OriginalSchedule: 2026-11-22T16:05:00+00:00',
    );
  });

  test('misses nothing when its schedule was changed meanwhile', async () => {
    await start(START);
    await listener?.stop();
    const { host } = await start(START + 3_600_000, { schedule: '0 0 3 * * *' });
    expect(await stopAndRead()).toMatchObject({ Next: '2026-11-23T03:00:00+00:00' });
    expect(host.calls).toEqual([]);
  });

  test('called by hand gets the stored status', async () => {
    const { host } = await start(START);
    await listener?.stop();
    const binding = { name: 't', type: 'timerTrigger', direction: 'trigger', schedule: '0 */5 * * * *' } as const;
    const invocation = await timerTrigger.manual?.(definition('tick'), binding, '', host.context);
    expect(invocation?.input).toEqual({
      json: '{"Schedule":{"AdjustForDST":true},"ScheduleStatus":{"Last":"0001-01-01T00:00:00+00:00","Next":"2026-11-22T16:05:00+00:00","LastUpdated":"2026-11-22T16:00:30+00:00"},"IsPastDue":false}',
    });
  });
});
