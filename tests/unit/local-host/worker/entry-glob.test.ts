import { findEntryFiles } from '../../../../local-host/worker/entry-glob';
import { temporaryFolder } from '../temporary-folder';

const names = [
  'index.js',
  'dist/index.js',
  'dist/index.js.map',
  'dist/functions/a.js',
  'dist/functions/b.js',
  'dist/functions/deep/c.js',
  'dist/functions/d.mjs',
  'dist/.hidden.js',
  'node_modules/x/index.js',
];
const root = temporaryFolder(Object.fromEntries(names.map((name) => [name, ''])));

describe('findEntryFiles', () => {
  test.each([
    ['index.js', ['index.js']],
    ['./index.js', ['index.js']],
    ['dist/functions/*.js', ['dist/functions/a.js', 'dist/functions/b.js']],
    ['dist/{index,functions/*}.js', ['dist/functions/a.js', 'dist/functions/b.js', 'dist/index.js']],
    ['dist/functions/*.{js,mjs}', ['dist/functions/a.js', 'dist/functions/b.js', 'dist/functions/d.mjs']],
    ['dist/**/*.js', ['dist/functions/a.js', 'dist/functions/b.js', 'dist/functions/deep/c.js', 'dist/index.js']],
    ['**/c.js', ['dist/functions/deep/c.js']],
    ['dist/functions/[ab].js', ['dist/functions/a.js', 'dist/functions/b.js']],
    ['dist/functions/[!a].js', ['dist/functions/b.js']],
    ['dist/functions/?.js', ['dist/functions/a.js', 'dist/functions/b.js']],
    ['dist', []],
    ['nowhere/*.js', []],
    ['dist/{index.js', []],
  ])('%s', (pattern, files) => {
    expect(findEntryFiles(root, pattern)).toEqual(files);
  });

  test('does not search node_modules', () => {
    expect(findEntryFiles(root, '**/*.js')).not.toContain('node_modules/x/index.js');
  });
});
