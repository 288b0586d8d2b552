import { blobCreatedEvent, sequencerOf } from '../../../../local-host/event-grid/blob-created';
import type { NewVersion } from '../../../../local-host/storage/blob-watch/watcher';

const news: NewVersion = {
  version: {
    container: 'rawfiles',
    blob: 'dir/a b.png',
    etag: '0x8D',
    lastModified: Date.parse('2026-11-22T16:46:17Z'),
    createdOn: undefined,
    contentLength: 5,
    contentType: 'image/png',
    contentMd5: undefined,
    blobType: 'BlockBlob',
  },
  api: 'PutBlob',
  url: 'http://127.0.0.1:10000/devstoreaccount1/rawfiles/dir/a%20b.png',
  account: 'devstoreaccount1',
  sequence: 0x1234,
};
const guid = expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/) as string;
const requestId = expect.stringMatching(/^[0-9a-f-]{30}000000$/) as string;
const topic =
  '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local/providers/Microsoft.Storage/storageAccounts/devstoreaccount1';
const subject = '/blobServices/default/containers/rawfiles/blobs/dir/a b.png';
const data = {
  api: 'PutBlob',
  clientRequestId: guid,
  requestId,
  eTag: '0x8D',
  contentType: 'image/png',
  contentLength: 5,
  blobType: 'BlockBlob',
  url: news.url,
  sequencer: '000000000000000000000000000000010000000000001234',
  storageDiagnostics: { batchId: guid },
};

describe('a BlobCreated event', () => {
  test("has the fields of Event Grid's own schema", () => {
    expect(JSON.parse(blobCreatedEvent(news, { topic: undefined, schema: 'EventGridSchema' }))).toEqual({
      topic,
      subject,
      eventType: 'Microsoft.Storage.BlobCreated',
      id: guid,
      data,
      dataVersion: '',
      metadataVersion: '1',
      eventTime: '2026-11-22T16:46:17.0000000Z',
    });
  });

  test('has the fields of CloudEvents', () => {
    expect(JSON.parse(blobCreatedEvent(news, { topic: '/my/topic', schema: 'CloudEventSchemaV1_0' }))).toEqual({
      source: '/my/topic',
      subject,
      type: 'Microsoft.Storage.BlobCreated',
      time: '2026-11-22T16:46:17.0000000Z',
      id: guid,
      data: { ...data },
      specversion: '1.0',
    });
  });

  test('has one id per version, and another for each other', () => {
    const id = (etag: string, sequence: number): unknown =>
      (
        JSON.parse(
          blobCreatedEvent(
            { ...news, sequence, version: { ...news.version, etag } },
            { topic: undefined, schema: 'EventGridSchema' },
          ),
        ) as { id: unknown }
      ).id;
    expect(id('0x1', 1)).toBe(id('0x1', 2));
    expect(id('0x1', 1)).not.toBe(id('0x2', 1));
  });
});

test('sequencers compare as text like their numbers', () => {
  const numbers = [0, 9, 10, 255, 256, 1_800_000_000_000_000];
  const texts = numbers.map(sequencerOf);
  expect([...texts].sort()).toEqual(texts);
  expect(new Set(texts.map((text) => text.length))).toEqual(new Set([48]));
});
