/** The documentation is held to the code. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { referencePages } from '../../scripts/local/reference-docs';
import { errorDefinitions } from '../../src/domain/error-codes';
import { settingNames } from '../../src/config/settings';
import { projectRoot } from '../drivers/app-under-test';

const read = (file: string): string => readFileSync(path.join(projectRoot, file), 'utf8');

it.each(referencePages().map((page) => [page.file, page.text]))('%s is up to date (npm run docs)', (file, text) => {
  expect(read(file)).toBe(text);
});

it('local.settings.sample.json holds every setting, and nothing that nobody reads', () => {
  const { Values } = JSON.parse(read('local.settings.sample.json')) as { Values: Record<string, string> };
  const hostOnly = ['FUNCTIONS_WORKER_RUNTIME'];
  expect(Object.keys(Values).sort()).toEqual([...settingNames, ...hostOnly].sort());
});

it('error codes are unique', () => {
  expect(new Set(errorDefinitions.map((d) => d.code)).size).toBe(errorDefinitions.length);
});

it('every `npm run` and `npm` command that the documents name exists', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const runbooks = readdirSync(path.join(projectRoot, 'docs', 'runbooks')).map((file) => `docs/runbooks/${file}`);
  const pages = ['docs/deployment.md', 'docs/kubernetes.md', ...runbooks];
  const documents = ['README.md', 'CONTRIBUTING.md', 'ARCHITECTURE.md', 'bench/README.md', ...pages];
  for (const file of documents) {
    for (const [, name] of read(file).matchAll(/npm run ([a-z:-]+)/g))
      expect([file, name, Object.keys(scripts).includes(name ?? '')]).toEqual([file, name, true]);
  }
});

it('every relative link of the documents leads somewhere', () => {
  for (const file of [
    'README.md',
    'CONTRIBUTING.md',
    'ARCHITECTURE.md',
    'bench/README.md',
    'local-host/DESIGN.md',
    'docs/deployment.md',
  ]) {
    for (const [, target] of read(file).matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
      expect([file, target, existsSync(path.join(projectRoot, path.dirname(file), target!))]).toEqual([
        file,
        target,
        true,
      ]);
    }
  }
});
