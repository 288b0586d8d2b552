import { documentId } from '../../../../../src/domain/ingestion/document-id';

test('is the same for every version of a blob, and another for any other blob, container or project', () => {
  const id = documentId('p', 'snippet-input', 'a/b.md');
  expect(id).toMatch(/^[\w-]{22}$/);
  expect(documentId('p', 'snippet-input', 'a/b.md')).toBe(id);
  const others = [
    documentId('q', 'snippet-input', 'a/b.md'),
    documentId('p', 'other', 'a/b.md'),
    documentId('p', 'snippet-input', 'a/b.MD'),
    documentId('p', 'snippet-input/a', 'b.md'),
  ];
  expect(new Set([id, ...others]).size).toBe(5);
});
