/** The tables of planted bugs fit the code and the documents. That each bug is caught is shown by `npm run planted-bugs`. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../drivers/app-under-test';
import { bugs } from '../planted-bugs/local-host';

const read = (file: string): string => readFileSync(path.join(projectRoot, file), 'utf8');

test.each(bugs.map((bug) => [bug.name, bug] as const))('the text of %s occurs once in its file', (_, bug) => {
  expect(read(bug.file).split(bug.find)).toHaveLength(2);
  expect(bug.replace).not.toBe(bug.find);
});

test('every bug of the local host stands in its DESIGN.md, and no other', () => {
  const listed = [...read('local-host/DESIGN.md').matchAll(/^\| `([a-z-]+)` +\|.*\|.*\|$/gm)].map(([, name]) => name);
  const names = bugs.map((bug) => bug.name);
  expect(new Set(names).size).toBe(names.length);
  expect(listed.filter((name) => names.includes(name ?? '')).sort()).toEqual([...names].sort());
});
