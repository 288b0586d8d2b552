import { earlyRejection, type BlobLook } from '../../../../../src/domain/ingestion/early-rejection';

const rules = { maxBytes: 10 * 2 ** 20, extensions: ['md', 'txt', 'py', 'js'] };
const blob = (more: Partial<BlobLook>): BlobLook => ({ name: 'a.md', size: 10, contentType: 'text/markdown', ...more });

test.each([
  ['a text', {}],
  ['a text with parameters in its type', { contentType: 'text/plain; charset=utf-8', name: 'notes' }],
  ['a name of the list, whatever the type', { contentType: 'application/octet-stream', name: 'dir.d/a.PY' }],
  ['no type, which stands for text', { contentType: '', name: 'a.bin' }],
  ['the largest', { size: 10 * 2 ** 20 }],
  ['an empty one', { size: 0 }],
  ['a name in Unicode', { name: 'Ünïcode/世界 🌍.md' }],
])('%s may be ingested', (_, more) => {
  expect(earlyRejection(blob(more), rules)).toBeUndefined();
});

test.each([
  [{ size: 10 * 2 ** 20 + 600_000 }, 'too-large', '10.57 MB is more than the 10 MB of MAX_BLOB_MB.'],
  [
    { name: 'test.bin', contentType: 'application/octet-stream' },
    'wrong-type',
    'The type is "application/octet-stream" and the name "test.bin"; text/* is ingested, and names with .md .txt .py .js.',
  ],
  [{ name: 'a\u0007.md' }, 'bad-name', 'The name "a\\u0007.md" has control characters.'],
  [{ name: 'a\u202efdp.md' }, 'bad-name', 'The name "a\u202efdp.md" has control characters.'],
  [{ name: '../x.md' }, 'bad-name', 'The name "../x.md" has a segment . or ...'],
  [{ name: `${'x'.repeat(9998)}.md` }, 'bad-name', expect.stringMatching(/^The name "x{200}…" has 10001 characters/)],
  [{ name: '' }, 'bad-name', 'The name "" has 0 characters; 1 to 1024 are possible.'],
])('%j is not ingested', (more, reason, detail) => {
  expect(earlyRejection(blob(more), rules)).toEqual({ reason, detail });
});
