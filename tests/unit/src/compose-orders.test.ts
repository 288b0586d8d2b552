import { compose } from '../../../src/composition';
import { loadConfig } from '../../../src/config/config';
import { withInvocationLog, type InvocationLog } from '../../../src/telemetry/logger';

it('lets a batch go, unsettled, when the app stops while storage is away', async () => {
  const account = 'http://127.0.0.1:1/devstoreaccount1';
  const loaded = loadConfig({
    PIPELINES: 'orders',
    AzureWebJobsStorage: `DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=c3R1Yg==;BlobEndpoint=${account};QueueEndpoint=${account};TableEndpoint=${account};`,
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const { orders } = compose(loaded.config);
  let tried: () => void = () => undefined;
  const trying = new Promise<void>((resolve) => (tried = resolve));
  const silent = (): void => undefined;
  const log: InvocationLog = { debug: silent, info: silent, error: silent, warn: () => tried() };
  const payload = '{"schemaVersion":"1.0","tenantId":"t","orderId":"o","requestId":"r"}';
  const origin = { backend: 'kafka', source: 'orders', position: '0/0', enqueuedAt: 0 } as const;
  const settled = withInvocationLog(log, () => orders.settle([{ payload, origin }]));
  // It insists: once it has said that it tries again, nothing but the stop ends it.
  await trying;
  await orders.stop();
  await expect(settled).rejects.toThrow();
});
