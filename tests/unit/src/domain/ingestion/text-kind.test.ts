import { extensionOf, textKind } from '../../../../../src/domain/ingestion/text-kind';

test.each([
  ['README.md', '', 'markdown'],
  ['a/b.c/Notes.MARKDOWN', '', 'markdown'],
  ['x.py', '', 'python'],
  ['x.tsx', 'text/plain', 'javascript'],
  ['Main.java', '', 'java'],
  ['a.cs', '', 'csharp'],
  ['a.go', '', 'go'],
  ['lib.rs', '', 'rust'],
  ['a.hpp', '', 'c'],
  ['a.log', '', 'lines'],
  ['Dockerfile', '', 'shell'],
  ['src/README', '', 'markdown'],
  ['notes', 'text/markdown; charset=utf-8', 'markdown'],
  ['notes.unknown', 'text/csv', 'lines'],
  ['notes.txt', '', 'text'],
  ['', '', 'text'],
  ['constructor', '', 'text'],
])('%j with type %j is read as %s', (name, type, kind) => {
  expect(textKind(name, type)).toBe(kind);
});

test.each([
  ['a.TXT', 'txt'],
  ['a.b/c', ''],
  ['.env', 'env'],
  ['a.tar.gz', 'gz'],
  ['a.', ''],
])('the extension of %j is %j', (name, extension) => {
  expect(extensionOf(name)).toBe(extension);
});
