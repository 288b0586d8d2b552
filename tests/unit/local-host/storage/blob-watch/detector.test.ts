import type { BlobVersion } from '../../../../../local-host/storage/blob-watch/blob-version';
import { likelyApi, versionOf } from '../../../../../local-host/storage/blob-watch/blob-version';
import { decide } from '../../../../../local-host/storage/blob-watch/detector';
import type { SeenVersion } from '../../../../../local-host/storage/blob-watch/ledger';

const SINCE = Date.parse('2026-01-01T12:00:00.700Z');
const version: BlobVersion = {
  container: 'raw',
  blob: 'a',
  etag: '0x2',
  lastModified: SINCE + 5000,
  createdOn: SINCE + 5000,
  contentLength: 5,
  contentType: 'text/plain',
  contentMd5: 'md5',
  blobType: 'BlockBlob',
};
const seen: SeenVersion = { etag: '0x1', createdOn: SINCE + 5000, length: 5, md5: 'md5', touched: 0 };

describe('a version that was not seen before', () => {
  test('is announced when it is younger than the watcher', () => {
    expect(decide(version, undefined, 'listed', SINCE)).toBe('created');
  });

  test('from the very second of the first start counts as younger, for the service cuts off fractions', () => {
    const at = Date.parse('2026-01-01T12:00:00Z');
    expect(decide({ ...version, lastModified: at, createdOn: at }, undefined, 'listed', SINCE)).toBe('created');
  });

  test('is only noted when it is older, even if its properties were changed since', () => {
    const old = { ...version, createdOn: SINCE - 5000 };
    expect(decide(old, undefined, 'listed', SINCE)).toBe('old');
    expect(decide(old, undefined, 'touched', SINCE)).toBe('old');
  });

  test('is announced when the log tells of its write, whatever its age', () => {
    expect(decide({ ...version, createdOn: SINCE - 5000 }, undefined, 'written', SINCE)).toBe('created');
  });
});

describe('a version of a blob that was seen', () => {
  test('is known by its ETag', () => {
    for (const source of ['written', 'touched', 'listed'] as const) {
      expect(decide({ ...version, etag: '0x1' }, seen, source, SINCE)).toBe('known');
    }
  });

  test('is announced when it was written', () => {
    expect(decide(version, seen, 'written', SINCE)).toBe('created');
  });

  test('is no news when only its properties changed', () => {
    expect(decide(version, seen, 'touched', SINCE)).toBe('touched');
  });

  test.each([{ contentLength: 6 }, { contentMd5: 'other' }, { contentMd5: undefined }, { createdOn: SINCE + 6000 }])(
    'is announced when its content may differ: %j',
    (change) => {
      expect(decide({ ...version, ...change }, seen, 'touched', SINCE)).toBe('created');
    },
  );

  test('whose ETag was taken for a change of properties is announced when a write turns up for it', () => {
    expect(decide(version, { ...seen, etag: '0x2', touched: 1 }, 'written', SINCE)).toBe('created');
  });
});

test('a blob whose copy is under way is no version yet', () => {
  expect(versionOf('raw', 'a', { copyStatus: 'pending' })).toBeUndefined();
  expect(versionOf('raw', 'a', { copyStatus: 'success', etag: '"0x1"' })).toMatchObject({ etag: '0x1' });
});

test('blobs without a hash were written in blocks', () => {
  expect(likelyApi(version)).toBe('PutBlob');
  expect(likelyApi({ ...version, contentMd5: undefined })).toBe('PutBlockList');
});
