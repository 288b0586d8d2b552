/** At run time one trigger's failure never stops another. */
import { azuriteUnderTest, type AzuriteUnderTest } from '../storage/azurite-under-test';
import { singleFile, writeApp } from '../temporary-app';
import { startHost, type HostHandle } from '../../../../local-host/start-host';
import fs from 'node:fs';

const APP = `
app.http('hello', { methods: ['GET'], authLevel: 'anonymous', handler: async () => ({ body: 'hello' }) });
app.storageQueue('broken', { queueName: 'broken', connection: 'AzureWebJobsStorage', handler: () => { throw new Error('always'); } });
app.storageQueue('fine', { queueName: 'fine', connection: 'AzureWebJobsStorage', handler: () => undefined });
app.storageQueue('nowhere', { queueName: 'fine', connection: 'Unreachable', handler: () => undefined });
app.timer('ticking', { schedule: '* * * * * *', useMonitor: false, handler: () => { throw new Error('always'); } });
app.storageBlob('blobs', { path: 'things/{name}', connection: 'AzureWebJobsStorage', handler: () => { throw new Error('always'); } });
`;

let storage: AzuriteUnderTest;
let host: HostHandle;
let folder: string;
beforeAll(async () => {
  storage = await azuriteUnderTest();
  folder = writeApp(singleFile(APP));
  host = await startHost({
    scriptRoot: folder,
    port: 0,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'] },
    settings: {
      ...storage.values,
      Unreachable:
        'DefaultEndpointsProtocol=http;AccountName=x;AccountKey=eA==;QueueEndpoint=http://127.0.0.1:1/x;BlobEndpoint=http://127.0.0.1:1/x',
    },
    stateDir: storage.stateDir,
  });
});
afterAll(async () => {
  await host.stop();
  await storage.stop();
  fs.rmSync(folder, { recursive: true, force: true });
});

test('functions that fail, a storage that is away and a blob that nobody can process leave the others running', async () => {
  const seen = new Set<string>();
  const failed = new Set<string>();
  const all = new Promise<void>((resolve) =>
    host.events.on('executed', ({ functionName, error }) => {
      (error ? failed : seen).add(functionName);
      if (seen.has('fine') && ['broken', 'ticking', 'blobs'].every((name) => failed.has(name))) resolve();
    }),
  );
  const { connection } = storage;
  for (const name of ['broken', 'fine']) await connection.queues().getQueueClient(name).create();
  const things = connection.blobs().getContainerClient('things');
  await things.create();
  await things.getBlockBlobClient('a').upload('x', 1);
  for (const name of ['broken', 'fine']) await connection.queues().getQueueClient(name).sendMessage('eA==');
  await all;
  expect(host.state).toBe('Running');
  expect((await fetch(`${host.url}/hello`)).status).toBe(200);
  expect(seen).not.toContain('nowhere');
});
