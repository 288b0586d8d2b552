import { availableParallelism } from 'node:os';
import { queueTrigger } from '../../../../../local-host/triggers/queue';
import { queueSettings } from '../../../../../local-host/triggers/queue/settings';
import { HostStartError } from '../../../../../local-host/plugin';
import type { HostSettings } from '../../../../../local-host/settings/host-settings';
import { hostContext } from '../../host-context';

function settings(queues: Record<string, unknown>, values: Record<string, string> = {}): HostSettings {
  return { ...hostContext(values).settings, hostJson: { version: '2.0', extensions: { queues } } };
}

describe('the queue settings of host.json', () => {
  test('default as the storage extension does', () => {
    expect(queueSettings(settings({}))).toEqual({
      batchSize: 16,
      newBatchThreshold: 8 * availableParallelism(),
      maxDequeueCount: 5,
      visibilityTimeoutMs: 0,
      maxPollingIntervalMs: 60_000,
    });
  });

  test('poll at least every two seconds in the development environment', () => {
    expect(queueSettings(settings({}, { AZURE_FUNCTIONS_ENVIRONMENT: 'Development' })).maxPollingIntervalMs).toBe(2000);
  });

  test('may be numbers or text', () => {
    expect(
      queueSettings(
        settings({
          batchSize: '1',
          newBatchThreshold: 0,
          visibilityTimeout: '00:00:30',
          maxPollingInterval: '00:00:01',
        }),
      ),
    ).toMatchObject({ batchSize: 1, newBatchThreshold: 0, visibilityTimeoutMs: 30_000, maxPollingIntervalMs: 1000 });
  });

  test.each([
    { batchSize: 33 },
    { batchSize: 0 },
    { batchSize: 1.5 },
    { maxDequeueCount: 0 },
    { visibilityTimeout: 5 },
    { visibilityTimeout: '8.00:00:00' },
    { maxPollingInterval: 'soon' },
  ])('%j puts the host in Error, naming the setting', (queues) => {
    expect(() => queueSettings(settings(queues))).toThrow(HostStartError);
    expect(() => queueSettings(settings(queues))).toThrow(`extensions.queues.${Object.keys(queues)[0] ?? ''}`);
  });
});

describe('a queue trigger', () => {
  const fn = { name: 'f', functionId: 'f', bindings: [] };
  const check = (options: Record<string, unknown>, values: Record<string, string>) => () =>
    queueTrigger.check?.(
      fn,
      { name: 'q', type: 'queueTrigger', direction: 'trigger', ...options },
      hostContext(values),
    );
  const storage = { AzureWebJobsStorage: 'UseDevelopmentStorage=true' };

  test('is fine with a name and a connection', () => {
    expect(check({ queueName: '%Q%' }, { ...storage, Q: 'jobs' })).not.toThrow();
  });

  test.each([
    [
      { queueName: 'jobs', connection: 'MISSING_CONN' },
      "Storage account connection string 'AzureWebJobsMISSING_CONN' does not exist. Make sure that it is a defined App Setting.",
    ],
    [{ queueName: '%NOPE%' }, "'%NOPE%' does not resolve to a value."],
    [{ queueName: 'a--b' }, "'a--b' is no queue name"],
    [{ queueName: 'x' }, "'x' is no queue name"],
    [{}, "The queue trigger has no 'queueName'."],
  ])('%j is in error', (options, message) => {
    expect(check(options, storage)).toThrow(message);
  });
});
