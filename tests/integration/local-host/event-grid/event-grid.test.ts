import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createEventGridExtension } from '../../../../local-host/event-grid';
import type { HostContext } from '../../../../local-host/plugin';
import { azuriteUnderTest, type AzuriteUnderTest } from '../storage/azurite-under-test';
import { eventually, listenerHost } from '../storage/listener-host';

interface Event {
  readonly id: string;
  readonly subject: string;
  readonly data: { readonly api: string; readonly eTag: string; readonly sequencer: string };
}

const SETTLED_MS = 500;
let storage: AzuriteUnderTest;
let configFile: string;
let stop: () => Promise<void> = () => Promise.resolve();
const names = (events: readonly Event[]): string[] =>
  events.map(({ subject }) => subject.split('/blobs/')[1] ?? '').sort();

beforeEach(async () => {
  storage = await azuriteUnderTest();
  configFile = path.join(storage.home, 'events.json');
  const subscription = {
    name: 'raw',
    properties: {
      filter: {
        subjectBeginsWith: '/blobServices/default/containers/raw/blobs/',
        includedEventTypes: ['Microsoft.Storage.BlobCreated'],
      },
      destination: { endpointType: 'StorageQueue', properties: { queueName: 'jobs' } },
      eventDeliverySchema: 'EventGridSchema',
    },
  };
  writeFileSync(configFile, JSON.stringify([subscription]));
  await raw().create();
});
afterEach(async () => {
  await stop();
  await storage.stop();
});

const raw = () => storage.connection.blobs().getContainerClient('raw');
const upload = (name: string) => raw().getBlockBlobClient(name).upload('x', 1);

async function start(context: HostContext = listenerHost(storage).context): Promise<void> {
  const extension = createEventGridExtension(configFile);
  await extension.start([], context);
  stop = () => extension.stop();
}

/** Takes messages off the queue until this many events came. */
async function events(count: number): Promise<Event[]> {
  const found: Event[] = [];
  return eventually(async () => {
    found.push(...(await taken()));
    return found.length >= count ? found : undefined;
  });
}

async function taken(): Promise<Event[]> {
  const queue = storage.connection.queues().getQueueClient('jobs');
  await queue.createIfNotExists();
  const { receivedMessageItems } = await queue.receiveMessages({ numberOfMessages: 32 });
  for (const { messageId, popReceipt } of receivedMessageItems) await queue.deleteMessage(messageId, popReceipt);
  return receivedMessageItems.map(
    ({ messageText }) => JSON.parse(Buffer.from(messageText, 'base64').toString()) as Event,
  );
}

/** What still comes within the time that an event takes several times over. */
async function late(): Promise<string[]> {
  await new Promise((resolve) => setTimeout(resolve, SETTLED_MS));
  return names(await taken());
}

describe('the Event Grid part', () => {
  test('tells of an upload within a second, once', async () => {
    await start();
    await upload('first');
    await events(1);
    const began = Date.now();
    await upload('dir/a b#ł.txt');
    const [event] = await events(1);
    expect(Date.now() - began).toBeLessThan(1000);
    expect(event?.subject).toBe('/blobServices/default/containers/raw/blobs/dir/a b#ł.txt');
    expect(await late()).toEqual([]);
  });

  test('tells nothing of blobs from before its first start, but all of what came while the host was down', async () => {
    await upload('before');
    // The service knows whole seconds alone.
    const { lastModified } = await raw().getBlobClient('before').getProperties();
    await eventually(async () => (Date.now() > (lastModified?.getTime() ?? 0) + 1000 ? true : undefined));
    await start();
    await upload('up');
    expect(names(await events(1))).toEqual(['up']);
    await stop();
    await Promise.all(['down-1', 'down-2', 'down-3'].map(upload));
    await start();
    expect(names(await events(3))).toEqual(['down-1', 'down-2', 'down-3']);
    expect(await late()).toEqual([]);
  });

  test('finds by listing what a lost log would have told', async () => {
    await start();
    await upload('up');
    await events(1);
    await stop();
    await Promise.all(['lost-1', 'lost-2'].map(upload));
    truncateSync(storage.azurite.accessLog, 0);
    await start();
    expect(names(await events(2))).toEqual(['lost-1', 'lost-2']);
    expect(await late()).toEqual([]);
  });

  test('works without any log, by listing', async () => {
    const stateDir = path.join(storage.home, 'somewhere', 'else');
    mkdirSync(stateDir, { recursive: true });
    const host = listenerHost({ values: storage.values, stateDir });
    await start(host.context);
    await upload('unlogged');
    expect(names(await events(1))).toEqual(['unlogged']);
  });

  test('tells of an overwrite with a greater sequencer, and not of changed metadata', async () => {
    await start();
    await upload('again');
    const [first] = await events(1);
    await raw().getBlobClient('again').setMetadata({ a: 'b' });
    await upload('again');
    const [second] = await events(1);
    expect((second?.data.sequencer ?? '') > (first?.data.sequencer ?? '')).toBe(true);
    expect(second?.id).not.toBe(first?.id);
    expect(await late()).toEqual([]);
  });

  test('names the operation that wrote the blob', async () => {
    await start();
    const block = Buffer.from('block-1').toString('base64');
    const blocks = raw().getBlockBlobClient('blocks');
    await blocks.stageBlock(block, 'abc', 3);
    await blocks.commitBlockList([block]);
    expect((await events(1)).map(({ data }) => data.api)).toEqual(['PutBlockList']);
    await raw()
      .getBlobClient('copy')
      .syncCopyFromURL(raw().getBlobClient('blocks').url)
      .catch(async () => {
        await (await raw().getBlobClient('copy').beginCopyFromURL(raw().getBlobClient('blocks').url)).pollUntilDone();
      });
    expect((await events(1)).map(({ data }) => data.api)).toEqual(['CopyBlob']);
  });

  test('forgets deleted blobs and tells of them when they come again', async () => {
    await start();
    await upload('back');
    await events(1);
    await raw().deleteBlob('back');
    await upload('back');
    expect(names(await events(1))).toEqual(['back']);
  });

  test('goes on after the storage was away, warning once', async () => {
    const host = listenerHost(storage);
    await start(host.context);
    await upload('up');
    await events(1);
    await stop();
    await upload('down');
    await storage.goAway();
    await start(host.context);
    await host.line(/the storage does not answer/);
    await storage.comeBack();
    await upload('after');
    expect(names(await events(2))).toEqual(['after', 'down']);
    expect(host.lines.filter((line) => line.includes('trying until'))).toHaveLength(1);
  });

  test('does nothing on instances after the first', async () => {
    await start({ ...listenerHost(storage).context, instanceNumber: 2 });
    await upload('other');
    expect(await late()).toEqual([]);
  });

  test('refuses a ledger that it cannot read, naming the file', async () => {
    writeFileSync(path.join(storage.stateDir, 'event-grid.db'), 'no database '.repeat(1000));
    await expect(start()).rejects.toThrow(/event-grid\.db cannot be read: .* Delete the file/);
  });
});
