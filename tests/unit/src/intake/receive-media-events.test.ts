import { memoryItems } from '../../../fakes/memory-items';
import { mediaInboxKey, PROCESS_MEDIA } from '../../../../src/domain/media/process-media';
import { instanceId } from '../../../../src/domain/instance-id';
import { createReceiveMediaEvents } from '../../../../src/intake/receive-media-events';
import { MemoryBlobStore } from '../../../fakes/memory-blob-store';
import {
  memoryDeadLetters,
  memoryDirectUploads,
  memoryInbox,
  memoryOrchestrations,
  silentLogger,
} from '../../../fakes/memory-stores';
import { TestClock } from '../../../fakes/test-clock';

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

function world() {
  const clock = new TestClock();
  const blobs = new MemoryBlobStore();
  const inbox = memoryInbox(clock);
  const uploads = memoryDirectUploads();
  const deadLetters = memoryDeadLetters();
  const items = memoryItems();
  const orchestrations = memoryOrchestrations();
  const receive = createReceiveMediaEvents(
    { blobs, inbox, uploads, deadLetters, items, clock, logger: silentLogger },
    { account: 'acc', maxAttempts: 6 },
  );
  const message = (body: unknown, id = 'message-1') => ({ body, id, dequeueCount: 1, insertedMs: clock.now() });
  return {
    blobs,
    inbox,
    items,
    deadLetters,
    orchestrations,
    message,
    receive: (body: unknown, id?: string) => receive(message(body, id), orchestrations),
  };
}

function created(name: string, etag: string) {
  return {
    id: `event-${name}`,
    eventType: 'Microsoft.Storage.BlobCreated',
    topic: '/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/acc',
    subject: `/blobServices/default/containers/rawfiles/blobs/${name}`,
    eventTime: '2026-01-01T00:00:00Z',
    data: { eTag: etag, sequencer: '01', api: 'PutBlockList' },
    dataVersion: '',
    metadataVersion: '1',
  };
}

describe('receiving media events', () => {
  it('starts one orchestration per event, in the trace that the blob carries', async () => {
    const w = world();
    w.blobs.put({ container: 'rawfiles', name: 'a.png' }, 'a', { traceparent });
    await w.receive(JSON.stringify([created('a.png', '0x1'), created('b.png', '0x2')]));
    expect(w.orchestrations.started).toMatchObject([
      { name: PROCESS_MEDIA, id: instanceId('media', 'rawfiles', 'a.png', '"0x1"'), traceparent },
      { id: instanceId('media', 'rawfiles', 'b.png', '"0x2"'), traceparent: undefined },
    ]);
    expect(w.items.items()).toMatchObject(
      ['a', 'b'].map((file) => ({ name: `rawfiles/${file}.png`, state: 'working' })),
    );
  });

  it('starts one only, however often an event comes', async () => {
    const w = world();
    for (let i = 0; i < 5; i++) await w.receive(JSON.stringify(created('a.png', '0x1')));
    expect(w.orchestrations.started).toHaveLength(1);
  });

  it('starts none for a version that the inbox knows as done, even when its instance is long gone', async () => {
    const w = world();
    await w.receive(JSON.stringify(created('a.png', '0x1')));
    w.orchestrations.running.clear();
    const { item } = (w.orchestrations.started[0] as { input: { item: never } }).input as never;
    await w.inbox.complete(mediaInboxKey(item), 'i', 'processed');
    await w.receive(JSON.stringify(created('a.png', '0x1')));
    expect(w.orchestrations.started).toHaveLength(1);
  });

  it('skips what is not for it', async () => {
    const w = world();
    await w.receive(JSON.stringify({ ...created('a.png', '0x1'), eventType: 'Microsoft.Storage.BlobDeleted' }));
    await w.receive(
      JSON.stringify({ ...created('a.png', '0x1'), subject: '/blobServices/default/containers/elsewhere/blobs/a' }),
    );
    await w.receive(JSON.stringify({ ...created('a.png', '0x1'), topic: '/storageAccounts/other' }));
    expect(w.orchestrations.started).toHaveLength(0);
    expect(w.deadLetters.all.size).toBe(0);
  });

  it.each([
    ['MESSAGE_UNPARSABLE', 'no json at all'],
    ['EVENT_INVALID', '{"some":"json"}'],
    ['EVENT_INVALID', Buffer.from('[{"x":1}]').toString('base64')],
  ])('makes a dead letter with %s and the message as it was', async (code, body) => {
    const w = world();
    await w.receive(body);
    const [letter] = [...w.deadLetters.all.values()];
    expect(letter).toMatchObject({ code, pipeline: 'media', keys: { queue: 'jobqueue', messageId: 'message-1' } });
    expect(letter!.message).toBe(body);
  });

  it('keeps two bad messages apart that claim one id', async () => {
    const w = world();
    await w.receive('{"id":"x","n":1}');
    await w.receive('{"id":"x","n":2}');
    expect([...w.deadLetters.all.values()].map((l) => l.message)).toEqual(['{"id":"x","n":1}', '{"id":"x","n":2}']);
  });

  it('makes a dead letter of JSON that is nested too deep', async () => {
    const w = world();
    await w.receive('['.repeat(20_000) + ']'.repeat(20_000));
    expect([...w.deadLetters.all.values()]).toMatchObject([{ code: 'EVENT_INVALID' }]);
  });

  it('lets an event come again whose work is just being given up', async () => {
    const w = world();
    await w.receive(JSON.stringify(created('a.png', '0x1')));
    const { item } = (w.orchestrations.started[0] as { input: { item: never } }).input as never;
    await w.inbox.claim(mediaInboxKey(item), 'i', 1000);
    await w.inbox.release(mediaInboxKey(item), 'i');
    await expect(w.receive(JSON.stringify(created('a.png', '0x1')))).rejects.toThrow('given up');
  });

  it('tells versions apart when their events name no ETag', async () => {
    const w = world();
    const bare = (id: string) => JSON.stringify({ ...created('a.png', ''), id });
    w.blobs.put({ container: 'rawfiles', name: 'a.png' }, 'one');
    await w.receive(bare('1'));
    w.blobs.put({ container: 'rawfiles', name: 'a.png' }, 'two');
    await w.receive(bare('2'));
    expect(w.orchestrations.started).toHaveLength(2);
  });

  it('records a message that comes again as the same dead letter', async () => {
    const w = world();
    await w.receive('broken');
    await w.receive('broken');
    expect(w.deadLetters.all.size).toBe(1);
  });

  it('throws, so that the message comes again, when storage is away', async () => {
    const w = world();
    w.blobs.before = () => {
      throw new Error('away');
    };
    await expect(w.receive(JSON.stringify(created('a.png', '0x1')))).rejects.toThrow('away');
    expect(w.orchestrations.started).toHaveLength(0);
  });
});
