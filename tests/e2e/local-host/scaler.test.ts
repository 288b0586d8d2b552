/**
 * `bin/local-host start --scale-manifest` on a real queue with real processes: from zero to three and back, one killed with work in
 * hand, the others drained with work in hand. The functions wait for a gate, so that it is the test that says how long work takes.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { freePorts } from '../../drivers/free-ports';
import { endAll, run } from '../../drivers/local-host-command';
import { azuriteUnderTest, type AzuriteUnderTest } from '../../integration/local-host/storage/azurite-under-test';
import { eventually } from '../../integration/local-host/storage/listener-host';
import { singleFile, writeApp } from '../../integration/local-host/temporary-app';

const APP = `
const { appendFileSync, existsSync } = require('node:fs');
const note = (kind, id) => appendFileSync(process.env.JOURNAL, JSON.stringify({ kind, id, host: process.ppid }) + '\\n');
app.http('hello', { methods: ['GET'], route: 'hello', authLevel: 'anonymous', handler: async () => ({ body: 'hello' }) });
app.storageQueue('work', { queueName: 'work', connection: 'AzureWebJobsStorage', handler: async ({ number }) => {
  note('began', number);
  while (!existsSync(process.env.GATE)) await new Promise((resolve) => setTimeout(resolve, 20));
  note('ended', number);
} });
`;
const MANIFEST = `
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: { name: worker }
spec:
  scaleTargetRef: { name: worker }
  pollingInterval: 1
  cooldownPeriod: 1
  maxReplicaCount: 10
  advanced:
    horizontalPodAutoscalerConfig:
      behavior:
        scaleDown: { stabilizationWindowSeconds: 1 }
  triggers:
    - type: azure-queue
      # Only what waits: what is in hand keeps no instance from being drained.
      metadata: { queueName: work, queueLength: "1", queueLengthStrategy: visibleonly, connectionFromEnv: AzureWebJobsStorage }
`;

let storage: AzuriteUnderTest;
let folder: string;
let state: string;
beforeAll(async () => {
  storage = await azuriteUnderTest();
  folder = writeApp({
    ...singleFile(APP),
    'worker.yaml': MANIFEST,
    'wrong.yaml': MANIFEST.replace('pollingInterval', 'pollInterval').replace('azure-queue', 'azure-cue'),
    'host.json': JSON.stringify({
      version: '2.0',
      extensions: {
        http: { routePrefix: '' },
        queues: { batchSize: 1, newBatchThreshold: 0, maxPollingInterval: '00:00:00.250' },
      },
    }),
  });
  state = mkdtempSync(path.join(os.tmpdir(), 'local-host-state-'));
});
afterAll(async () => {
  endAll();
  for (const made of [folder, state]) rmSync(made, { recursive: true, force: true });
  await storage.stop();
});

const environment = () => ({
  AzureWebJobsStorage: storage.azurite.connectionString,
  JOURNAL: path.join(state, 'journal'),
  GATE: path.join(state, 'gate'),
});
const scaler = (...more: string[]) =>
  run(['start', '--script-root', folder, '--host-state', state, '--no-storage', ...more], {
    environment: environment(),
  });

test('a manifest that cannot be used ends the start with 2, its file, line and field', async () => {
  const wrong = scaler('--scale-manifest', path.join(folder, 'wrong.yaml'), '--port', '0');
  expect(await wrong.ended).toBe(2);
  expect(wrong.output()).toMatch(
    /wrong\.yaml:7: spec\.pollInterval is no field that KEDA knows\. Did you mean 'pollingInterval'\?/,
  );
  const missing = scaler('--scale-manifest', path.join(folder, 'none.yaml'), '--scale-manifest', folder);
  expect(await missing.ended).toBe(2);
  expect(missing.output()).toMatch(/none\.yaml cannot be read \(ENOENT\)\.\n.* cannot be read \(EISDIR\)/);
});

test('instances come with work, one that dies comes again, and none goes before its work in hand is done', async () => {
  const [port = 0] = await freePorts(1);
  const { JOURNAL: journal, GATE: gate } = environment();
  writeFileSync(journal, '');
  const noted = (): { kind: string; id: number; host: number }[] =>
    readFileSync(journal, 'utf8')
      .split('\n')
      .filter((line) => line.endsWith('}'))
      .map((line) => JSON.parse(line) as { kind: string; id: number; host: number });
  const queue = storage.connection.queues().getQueueClient('work');
  await queue.createIfNotExists();

  const manifest = ['--scale-manifest', path.join(folder, 'worker.yaml')];
  const host = scaler(...manifest, '--max-instances', '3', '--scale-sync', '1', '--port', String(port));
  await host.shows(/Scaling by 'worker' .*: 0 to 3 instances by messages in queue 'work', 1 each\./);
  await expect(fetch(`http://127.0.0.1:${port}/hello`)).rejects.toThrow();

  for (let number = 0; number < 12; number++)
    await queue.sendMessage(Buffer.from(JSON.stringify({ number })).toString('base64'));
  await host.shows(/Scaling worker from 0 to 1 replica: \d+ messages in queue 'work' active\./);
  await host.shows(/Scaling worker from [12] to 3 replicas: \d+ messages in queue 'work', 1 each: \d+ asked for/);
  await host.shows(/Instance 3 serves/);
  expect(await (await fetch(`http://127.0.0.1:${port}/hello`)).text()).toBe('hello');
  const holders = (): Set<number> => new Set(noted().map((entry) => entry.host));
  await eventually(() => Promise.resolve(holders().size === 3 || undefined));

  // A second one on the same state has no place.
  const second = scaler(...manifest, '--port', '0');
  expect(await second.ended).toBe(98);
  expect(second.output()).toMatch(/Instance 1 of this app's host runs already/);

  const [, killed = ''] = /Instance 2 serves \(process (\d+)\)/.exec(host.output()) ?? [];
  process.kill(Number(killed), 'SIGKILL');
  await host.shows(/Instance 2 ended unasked \(signal SIGKILL\); it is started again in 0\.25 s\./);
  await host.shows(/Instance 2 serves [^]*Instance 2 serves/);
  await eventually(() => Promise.resolve(holders().size === 4 || undefined));

  // Nothing waits any more, so all are too many; each has work in hand.
  const taken = new Set<number>();
  const drained = /from \d to 0 replicas: no trigger active since the cooldown began\./;
  await eventually(async () => {
    const { receivedMessageItems } = await queue.receiveMessages({ numberOfMessages: 32, visibilityTimeout: 60 });
    for (const { messageText, messageId, popReceipt } of receivedMessageItems) {
      const { number } = JSON.parse(Buffer.from(messageText, 'base64').toString()) as { number: number };
      taken.add(number);
      await queue.deleteMessage(messageId, popReceipt);
    }
    return drained.test(host.output()) || undefined;
  }, 60_000);
  for (const number of [1, 2, 3]) await host.shows(new RegExp(`Instance ${number} drains`));
  expect(host.output()).not.toMatch(/has stopped/);
  expect(noted().filter(({ kind }) => kind === 'ended')).toEqual([]);
  writeFileSync(gate, '');
  for (const number of [1, 2, 3]) await host.shows(new RegExp(`Instance ${number} has stopped`));
  const done = (): number[] => noted().flatMap(({ kind, id }) => (kind === 'ended' ? [id] : []));
  await eventually(() => Promise.resolve(new Set([...done(), ...taken]).size === 12 || undefined), 60_000);
  // What the killed one had in hand was begun twice; nothing ended twice, and nothing is missing.
  expect(done().length).toBe(new Set(done()).size);

  host.child.kill('SIGTERM');
  expect(await host.ended).toBe(0);
}, 180_000);
