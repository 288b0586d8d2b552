import { parseAccessLogLine, storageEventOf, type StorageEvent } from '../../../../local-host/storage/access-log-line';

const ACCOUNT = 'devstoreaccount1';

function event(request: string, status: number): StorageEvent | undefined {
  const line = `127.0.0.1 - - [22/Nov/2026:16:11:43 +0000] "${request} HTTP/1.1" ${status} -`;
  const entry = parseAccessLogLine(line, ACCOUNT);
  return entry && storageEventOf(entry);
}

describe("a line of the storage's access log", () => {
  test.each([
    [
      'PUT /devstoreaccount1/raw/a%20b%2F%C5%82.txt',
      201,
      { kind: 'blobWritten', container: 'raw', blob: 'a b/ł.txt', api: 'PutBlob' },
    ],
    [
      'PUT /devstoreaccount1/raw/dir/a?sv=2020&sig=x',
      201,
      { kind: 'blobWritten', container: 'raw', blob: 'dir/a', api: 'PutBlob' },
    ],
    [
      'PUT /devstoreaccount1/raw/a?comp=blocklist&timeout=3',
      201,
      { kind: 'blobWritten', container: 'raw', blob: 'a', api: 'PutBlockList' },
    ],
    ['PUT /devstoreaccount1/raw/a', 202, { kind: 'blobWritten', container: 'raw', blob: 'a', api: 'CopyBlob' }],
    ['PUT /raw/a', 201, { kind: 'blobWritten', container: 'raw', blob: 'a', api: 'PutBlob' }],
    ['PUT /devstoreaccount1/raw/a?comp=metadata', 200, { kind: 'blobTouched', container: 'raw', blob: 'a' }],
    ['DELETE /devstoreaccount1/raw/a', 202, { kind: 'blobDeleted', container: 'raw', blob: 'a' }],
    ['POST /devstoreaccount1/jobs/messages', 201, { kind: 'messageSent', queue: 'jobs' }],
    ['PUT /devstoreaccount1/raw/a?comp=block&blockid=MQ', 201, undefined],
    ['PUT /devstoreaccount1/raw?restype=container', 201, undefined],
    ['PUT /devstoreaccount1/raw/a', 412, undefined],
    ['GET /devstoreaccount1/raw/a', 200, undefined],
    ['DELETE /devstoreaccount1/raw/a?snapshot=2026', 202, undefined],
    ['PUT /devstoreaccount1/jobs/messages/id?popreceipt=x', 204, undefined],
    ['PUT /devstoreaccount1/raw/%E0%A4%A', 201, undefined],
  ])('%s %i tells of %p', (request, status, expected) => {
    expect(event(request, status)).toEqual(expected);
  });

  test('that tells of no request is passed over', () => {
    expect(parseAccessLogLine('Azurite Blob service is starting at http://127.0.0.1:10000', ACCOUNT)).toBeUndefined();
  });
});
