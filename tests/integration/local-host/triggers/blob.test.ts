import type { Listener } from '../../../../local-host/plugin';
import { blobTrigger } from '../../../../local-host/triggers/blob';
import { azuriteUnderTest, type AzuriteUnderTest } from '../storage/azurite-under-test';
import {
  definition,
  eventually,
  listenerHost,
  type Call,
  type ListenerHost,
  type ListenerHostOptions,
} from '../storage/listener-host';

let storage: AzuriteUnderTest;
let listeners: Listener[] = [];
beforeEach(async () => {
  storage = await azuriteUnderTest();
});
afterEach(async () => {
  await stopAll();
  await storage.stop();
});

async function stopAll(): Promise<void> {
  await Promise.all(listeners.map((listener) => listener.stop()));
  listeners = [];
}

const container = (name = 'docs') => storage.connection.blobs().getContainerClient(name);
const upload = (name: string, text = 'x') => container().getBlockBlobClient(name).upload(text, text.length);
const pathOf = ({ invocation }: Call) => invocation.triggerMetadata?.['BlobTrigger'];
const of = (blob: string) => (call: Call) =>
  JSON.stringify(pathOf(call)) === JSON.stringify({ string: `docs/${blob}` });

async function start(
  paths: Readonly<Record<string, string>>,
  options: Partial<ListenerHostOptions> = {},
  binding: Readonly<Record<string, unknown>> = {},
): Promise<ListenerHost> {
  const host = listenerHost({ ...storage, ...options });
  for (const [name, path] of Object.entries(paths)) {
    const trigger = { name: 'b', type: 'blobTrigger', direction: 'trigger', path, ...binding } as const;
    const listener = await blobTrigger.start?.(definition(name), trigger, host.context);
    if (listener) listeners.push(listener);
  }
  return host;
}

describe('a blob trigger', () => {
  test('hands over a blob with its metadata', async () => {
    await container().create();
    const host = await start({ f: 'docs/{name}.{ext}' });
    await container()
      .getBlockBlobClient('dir/a ł.txt')
      .upload('hello', 5, { metadata: { owner: 'me' } });
    const [call] = await host.called(1);
    expect(call?.invocation).toMatchObject({
      input: { bytes: Buffer.from('hello') },
      triggerMetadata: {
        BlobTrigger: { string: 'docs/dir/a ł.txt' },
        Uri: { json: JSON.stringify(container().getBlobClient('dir/a ł.txt').url) },
        Metadata: { json: '{"owner":"me"}' },
        name: { string: 'dir/a ł' },
        ext: { string: 'txt' },
      },
      reason: 'New blob detected(LogsAndContainerScan): docs/dir/a ł.txt',
    });
    expect(call?.invocation.details).toMatch(/^Trigger Details: MessageId: .*, BlobCreated: .*, BlobLastModified: /);
  });

  test('runs for blobs from before the first start, and after a restart only for what is new', async () => {
    await container().create();
    await upload('old');
    const host = await start({ f: 'docs/{name}' });
    await host.called(1, of('old'));
    await stopAll();
    await upload('down');
    const second = await start({ f: 'docs/{name}' });
    await second.called(1, of('down'));
    expect(second.calls.map(pathOf)).toEqual([{ string: 'docs/down' }]);
  });

  test('runs again for an overwritten blob, and not for one that does not match', async () => {
    await container().create();
    const host = await start({ f: 'docs/{name}.txt' });
    await upload('noext');
    await upload('a.txt', 'one');
    await host.called(1);
    await upload('a.txt', 'two');
    const calls = await host.called(2);
    expect(calls.map(({ invocation }) => invocation.input)).toEqual([
      { bytes: Buffer.from('one') },
      { bytes: Buffer.from('two') },
    ]);
  });

  test('serves several functions on one container, each on its own', async () => {
    await container().create();
    const host = await start({ all: 'docs/{name}', texts: 'docs/{name}.txt' });
    await upload('a.txt');
    await upload('b.bin');
    const calls = await host.called(3);
    expect(calls.map(({ fn }) => fn).sort()).toEqual(['all', 'all', 'texts']);
  });

  test('gives a blob that fails five times to the poison queue', async () => {
    await container().create();
    const host = await start({ f: 'docs/{name}' }, { answer: () => false });
    await upload('bad');
    await host.called(5);
    const poison = storage.connection.queues().getQueueClient('webjobs-blobtrigger-poison');
    const message = await eventually(async () => {
      const { peekedMessageItems } = await poison.peekMessages().catch(() => ({ peekedMessageItems: [] }));
      return peekedMessageItems[0]?.messageText;
    });
    expect(JSON.parse(Buffer.from(message, 'base64').toString())).toMatchObject({
      Type: 'BlobTrigger',
      FunctionId: 'Host.Functions.f',
      BlobType: 'BlockBlob',
      ContainerName: 'docs',
      BlobName: 'bad',
    });
    expect(host.calls).toHaveLength(5);
  });

  test('drops a blob that is gone before its turn', async () => {
    await container().create();
    let first = true;
    const host = await start(
      { f: 'docs/{name}' },
      {
        answer: async () => {
          if (!first) return true;
          first = false;
          await container().deleteBlob('gone');
          return false;
        },
      },
    );
    await upload('gone');
    await host.called(1);
    await upload('next');
    await host.called(1, of('next'));
    expect(host.calls.map(pathOf)).toEqual([{ string: 'docs/gone' }, { string: 'docs/next' }]);
  });

  test('gives a reference in place of the content to SDK bindings', async () => {
    await container().create();
    const host = await start({ f: 'docs/{name}' }, {}, { properties: { supportsDeferredBinding: 'true' } });
    await upload('large');
    const [call] = await host.called(1);
    expect(call?.invocation.input).toMatchObject({ modelBindingData: { version: '1.0', source: 'AzureStorageBlobs' } });
  });

  test('starts before its container exists, and goes on after the storage was away', async () => {
    const host = await start({ f: 'docs/{name}' });
    await container().create();
    await upload('a');
    await host.called(1);
    await storage.goAway();
    await storage.comeBack();
    await upload('b');
    await host.called(1, of('b'));
  });
});
