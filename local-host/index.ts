/**
 * The local host as a library, for tests of any v4-model app:
 *
 *     const clock = new VirtualClock(Date.UTC(2030, 0, 1));
 *     const host = await startHost({ scriptRoot: 'my-app', port: 0, clock });
 *     const answer = await host.fetch('/api/orders', { method: 'POST', body: '{}' });
 *     await host.waitForInstance(id, { status: 'Running' });
 *     await clock.advance(30 * 86_400_000);
 *     expect((await host.waitForInstance(id)).output).toBe('shipped');
 *     await host.stop();
 *
 * Only this process runs under the test's runner; the app runs in a plain Node process of its own.
 */
export { systemClock, type Clock } from './clock';
export type { InstanceSummary } from './durable/instance-summary';
export type { RuntimeStatus } from './durable';
export { StateFileError } from './durable';
export { InstanceTakenError } from './instance-lock';
export { PortInUseError } from './public-listener';
export { LocalSettingsError } from './settings/local-settings';
export {
  startHost,
  type HostHandle,
  type HostHandleEvents,
  type StartHostOptions,
  type WaitOptions,
} from './start-host';
export { VirtualClock } from './virtual-clock';
