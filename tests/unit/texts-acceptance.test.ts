/** The acceptance criteria of source 002 have a test each, under their number and name; the ninth is this file's own. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../drivers/app-under-test';

const criteria = [
  '1: Blob trigger activates on file upload to designated container',
  '2: Content validation filters by file type and size limits',
  '3: Text extraction handles various encodings gracefully',
  '4: Orchestration starts automatically for valid files',
  '5: Application Insights captures all processing events',
  '6: Error handling manages failures without breaking the pipeline',
  '7: Custom metrics track business-relevant performance indicators',
  '8: KQL queries provide operational insights',
  '9: Unit tests for this level succeed',
];

const filesBelow = (folder: string): string[] =>
  readdirSync(path.join(projectRoot, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => path.join(folder, file));

const textOf = (file: string): string => readFileSync(path.join(projectRoot, file), 'utf8');

it.each(criteria)('%s, by a test of that title', (title) => {
  const tests = filesBelow('tests').filter((file) => file.endsWith('.test.ts'));
  const titled = new RegExp(`\\b(?:it|test)\\('${title}'`);
  expect(tests.filter((file) => titled.test(textOf(file)))).toHaveLength(1);
});

it('9: Unit tests for this level succeed', () => {
  // They all run; here it is seen to that there are some: no part of text ingestion is out of reach of every unit test.
  const reached = new Set<string>();
  const reach = (file: string): void => {
    if (reached.has(file) || !existsSync(path.join(projectRoot, file))) return;
    reached.add(file);
    for (const [, from = ''] of textOf(file).matchAll(/from '(\.[^']+)'/g))
      reach(`${path.join(path.dirname(file), from)}.ts`);
  };
  filesBelow('tests/unit')
    .filter((file) => file.endsWith('.test.ts'))
    .forEach(reach);
  const parts = [
    ...['src/domain/ingestion', 'src/intake/ingestion', 'src/activities', 'src/orchestrators'].flatMap(filesBelow),
  ];
  expect(parts.length).toBeGreaterThan(50);
  expect(parts.filter((file) => !reached.has(file))).toEqual([]);
});
