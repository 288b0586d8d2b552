import { parseUploadOptions } from '../../../../scripts/upload/upload-options';

it('takes files, and defaults for the rest', () => {
  expect(parseUploadOptions(['a.png', 'b.png'], {})).toEqual({
    kind: 'options',
    options: {
      files: ['a.png', 'b.png'],
      app: { url: 'http://localhost:7071', key: undefined },
      blockSize: 8 * 1024 * 1024,
      concurrency: 8,
    },
  });
  expect(
    parseUploadOptions(['x', '--url', 'https://app.example/', '--block-mib=1', '--concurrency', '3'], {
      SLUICE_KEY: 'k',
    }),
  ).toMatchObject({
    options: { app: { url: 'https://app.example', key: 'k' }, blockSize: 1024 * 1024, concurrency: 3 },
  });
  expect(parseUploadOptions(['--help'], {})).toEqual({ kind: 'help' });
});

it.each([
  [[], /at least one file/],
  [['x', '--url', 'localhost:7071'], /--url takes/],
  [['x', '--url', 'ftp://x'], /--url takes/],
  [['x', '--block-mib', '0'], /--block-mib/],
  [['x', '--concurrency', '65'], /--concurrency/],
  [['x', '--nonsense'], /--nonsense/],
])('refuses %j', (args, reason) => {
  expect(parseUploadOptions(args, {})).toEqual({ kind: 'rejected', reason: expect.stringMatching(reason) });
});
