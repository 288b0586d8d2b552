import { announceBlobs } from '../../../../scripts/local/announce-blobs';
import { indexFile } from '../../../../scripts/local/index-file';
import { memoryQueue } from '../../../fakes/memory-stores';

it('asks for each blob under the prefix to be taken in again', async () => {
  const queue = memoryQueue();
  const listing = {
    async *pages() {
      yield [
        { name: 'docs/ü.md', etag: '1' },
        { name: 'other.md', etag: '2' },
      ];
      yield [{ name: 'docs/b.md', etag: '3' }];
    },
  };
  expect(await announceBlobs({ listing, queue }, 'texts', 'docs/')).toBe(2);
  expect(queue.sent.map(({ text }) => JSON.parse(text) as unknown)).toEqual([
    { container: 'texts', name: 'docs/ü.md' },
    { container: 'texts', name: 'docs/b.md' },
  ]);
  expect(new Set(queue.sent.map((message) => message.queue))).toEqual(new Set(['ingestion-replays']));
});

it.each([
  [{}, '/home/documents.db'],
  [{ SQLITE_FILE: '' }, '/home/documents.db'],
  [{ SQLITE_FILE: '.sluice/documents.db' }, '/home/documents.db'],
  [{ SQLITE_FILE: '/data/mine.db' }, '/data/mine.db'],
])('with %j the index is %s', (environment, file) => {
  expect(indexFile(environment, '/home')).toBe(file);
});
