import { blobWarnings } from '../../../../../local-host/triggers/blob/blob-warnings';
import { parsePathPattern } from '../../../../../local-host/triggers/blob/path-pattern';

const binding = { name: 'b', type: 'blobTrigger', direction: 'in', path: 'inbox/{name}.txt' } as const;
const pattern = parsePathPattern(binding.path);
const texts = (blob: string, bytes: number): string[] =>
  blobWarnings('fn', binding, pattern, blob, bytes).map(({ text }) => text);

describe('a blob', () => {
  test('without surprises has no warning', () => {
    expect(texts('a.txt', 1000)).toEqual([]);
  });

  test('in a folder below is told of', () => {
    expect(texts('a/b.txt', 0)).toEqual([expect.stringMatching(/runs for 'a\/b\.txt': \{name\} matches slashes too/)]);
  });

  test('that is read into memory although large is told of', () => {
    expect(texts('a.txt', 100 * 1024 * 1024)).toEqual([expect.stringMatching(/100 MiB of .*sdkBinding: true/)]);
  });
});
