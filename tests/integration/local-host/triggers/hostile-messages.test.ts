/**
 * Queue messages that nobody meant to send, through a real Azurite and a real worker: each ends in the handler or in the
 * poison queue, none is lost, and the trigger goes on.
 */
import fs from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { startHost, type HostHandle } from '../../../../local-host/start-host';
import { isSoak } from '../../../drivers/scale';
import { fuzzSeed, type SeededRandom } from '../../../drivers/seeded-random';
import { azuriteUnderTest, type AzuriteUnderTest } from '../storage/azurite-under-test';
import { eventually } from '../storage/listener-host';
import { singleFile, writeApp } from '../temporary-app';

const COUNT = isSoak ? 2000 : 80;

const APP = `
for (const [name, queueName] of [['encoded', 'encoded'], ['steady', 'steady']])
  app.storageQueue(name, { queueName, connection: 'AzureWebJobsStorage', handler: (message, context) => {
    if (context.triggerMetadata.dequeueCount === undefined) throw new Error('no metadata');
    if (typeof message === 'string' && message.startsWith('!')) throw new Error('told to fail');
    if (({}).polluted !== undefined) process.exit(1);
  } });
`;

let storage: AzuriteUnderTest;
let host: HostHandle;
let folder: string;
const handled: string[] = [];
beforeAll(async () => {
  storage = await azuriteUnderTest();
  folder = writeApp(singleFile(APP));
  for (const name of ['encoded', 'steady']) await storage.connection.queues().getQueueClient(name).create();
  host = await startHost({
    scriptRoot: folder,
    port: 0,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'] },
    settings: storage.values,
    stateDir: storage.stateDir,
  });
  host.events.on('executed', ({ functionName, error }) => {
    if (!error) handled.push(functionName);
  });
});
afterAll(async () => {
  await host.stop();
  await storage.stop();
  fs.rmSync(folder, { recursive: true, force: true });
});

test(`${COUNT} hostile messages all end in the handler or in the poison queue, and the trigger goes on`, async () => {
  const random = fuzzSeed('hostile messages');
  const queue = storage.connection.queues().getQueueClient('encoded');
  const poison = storage.connection.queues().getQueueClient('encoded-poison');
  let sent = 0;
  for (let done = 0; done < COUNT; done += 20) {
    const texts = Array.from({ length: 20 }, () => hostile(random));
    // What the service itself refuses never reaches the host.
    const results = await Promise.allSettled(texts.map((text) => queue.sendMessage(text)));
    sent += results.filter(({ status }) => status === 'fulfilled').length;
  }
  expect(sent).toBeGreaterThan(COUNT / 2);
  const ended = async (): Promise<number> =>
    handled.filter((name) => name === 'encoded').length + (await countIn(poison));
  while ((await ended()) < sent || (await countIn(queue)) > 0) await setTimeout(50);
  expect(await ended()).toBe(sent);
  expect(await countIn(poison)).toBeGreaterThan(0);
  await storage.connection.queues().getQueueClient('steady').sendMessage(Buffer.from('after').toString('base64'));
  await eventually(async () => (handled.includes('steady') ? true : undefined));
}, 300_000);

async function countIn(queue: { getProperties(): Promise<{ approximateMessagesCount?: number }> }): Promise<number> {
  return queue.getProperties().then(
    ({ approximateMessagesCount = 0 }) => approximateMessagesCount,
    () => 0,
  );
}

const ODD_JSON: readonly string[] = [
  ...[
    '{"__proto__":{"polluted":1},"id":"mine"}',
    '{"constructor":{"prototype":{"polluted":1}}}',
    '{"dequeueCount":null}',
  ],
  ...['null', 'true', '1e999', '"text"', '[]', '[[[]]]', '{}', '{"":1}', '{"a":', '\ufeff{"bom":1}', '{"a":1}{"b":2}'],
  ...['{"popReceipt":"x","Id":[],"expirationTime":{}}', '{"queueTrigger":{"a":1}}', '{"toString":1,"valueOf":2}'],
  ...[
    `{"a":${'['.repeat(5000)}${']'.repeat(5000)}}`,
    `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`,
    `{"${'k'.repeat(9000)}":1}`,
  ],
];

function hostile(random: SeededRandom): string {
  const base64 = (content: string | Buffer): string => Buffer.from(content).toString('base64');
  switch (random.below(9)) {
    case 0:
      return base64(random.bytes(random.below(200)));
    case 1:
      return base64(random.pick(ODD_JSON));
    case 2:
      return random.pick(ODD_JSON);
    case 3:
      return base64('!'.repeat(1 + random.below(20)));
    case 4:
      return base64(random.bytes(45_000 + random.below(3000)));
    case 5:
      return base64(Buffer.from(`ok\xff\xfe${random.below(100)}`, 'latin1'));
    case 6:
      return `${base64('half a message').slice(0, -2)}${random.pick(['=', '===', '!', ' \n', '-_', ''])}`;
    case 7:
      // Without control characters, which XML cannot hold: Azure refuses them, and Azurite takes them and then answers every
      // request that would give them back with no message at all.
      return String.fromCharCode(...Array.from({ length: 1 + random.below(20) }, () => 0x20 + random.below(0xd000)));
    default:
      return base64(JSON.stringify({ [random.pick(['id', 'Id', '__proto__', 'a.b', ' '])]: random.below(1e9) }));
  }
}
