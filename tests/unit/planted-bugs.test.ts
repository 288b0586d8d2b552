/** The tables of planted bugs fit the code and the documents. That each bug is caught is shown by `npm run planted-bugs`. */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { verificationPage } from '../../scripts/local/verification-page';
import { projectRoot } from '../drivers/app-under-test';
import { bugs as blobEvents } from '../planted-bugs/blob-events';
import { bugs as chunking } from '../planted-bugs/chunking';
import { bugs as documents } from '../planted-bugs/documents';
import { bugs as infrastructure } from '../planted-bugs/infrastructure';
import { bugs as ingestion } from '../planted-bugs/ingestion';
import { bugs } from '../planted-bugs/local-host';
import { bugs as media } from '../planted-bugs/media';
import { bugs as orders } from '../planted-bugs/orders';
import { bugs as share } from '../planted-bugs/share';

const read = (file: string): string => readFileSync(path.join(projectRoot, file), 'utf8');

const parts = {
  ...{ 'blob-events': blobEvents, chunking, documents, infrastructure, ingestion },
  ...{ 'local-host': bugs, media, orders, share },
};
const all = Object.values(parts).flat();

test('docs/verification.md lists them all (npm run planted-bugs -- --docs)', () => {
  expect(Object.keys(parts)).toEqual(
    readdirSync(path.join(projectRoot, 'tests', 'planted-bugs')).map((file) => file.replace('.ts', '')),
  );
  expect(read('docs/verification.md')).toBe(verificationPage(parts));
});

test('every bug has a name of its own', () => {
  expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
});

test.each(all.map((bug) => [bug.name, bug] as const))('the text of %s occurs once in its file', (_, bug) => {
  for (const { file, find, replace } of [bug, ...(bug.also ?? [])]) {
    expect(read(file).split(find)).toHaveLength(2);
    expect(replace).not.toBe(find);
  }
});

test('every bug of the local host stands in its DESIGN.md, and no other', () => {
  const listed = [...read('local-host/DESIGN.md').matchAll(/^\| `([a-z-]+)` +\|.*\|.*\|$/gm)].map(([, name]) => name);
  const names = bugs.map((bug) => bug.name);
  expect(listed.filter((name) => names.includes(name ?? '')).sort()).toEqual([...names].sort());
});
