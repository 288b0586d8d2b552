/**
 * `npm test`: format, lint, layers, licences, types, then the tests; the first step that fails ends it. Arguments go to the test
 * runner: `npm test -- upload`.
 */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { refusedLicences } from './local/licences';

const root = path.resolve(__dirname, '..', '..');
const bin = (name: string): string => path.join(root, 'node_modules', name);

interface CheckStep {
  readonly name: string;
  readonly run: () => boolean;
}

const steps: readonly CheckStep[] = [
  { name: 'format', run: () => node(bin('prettier/bin/prettier.cjs'), '--check', '--log-level', 'warn', '.') },
  { name: 'types', run: compile },
  { name: 'lint', run: () => node(bin('eslint/bin/eslint.js'), '--max-warnings', '0', '.') },
  { name: 'layers', run: () => node(bin('dependency-cruiser/bin/dependency-cruiser.mjs'), 'src', 'local-host') },
  { name: 'licences', run: licences },
];

function compile(): boolean {
  // A test that was removed must not live on as its old output.
  for (const old of ['tests', '.tsbuildinfo-test'])
    rmSync(path.join(root, 'dist', old), { recursive: true, force: true });
  return node(bin('typescript/bin/tsc'), '-p', 'tsconfig.test.json');
}

function licences(): boolean {
  const refused = refusedLicences(path.join(root, 'package-lock.json'));
  for (const line of refused) console.error(line);
  return refused.length === 0;
}

function node(...args: readonly string[]): boolean {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  return status === 0;
}

function main(): number {
  for (const { name, run } of steps) {
    const began = Date.now();
    const passed = run();
    console.log(`${passed ? 'ok  ' : 'FAIL'} ${name} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
    if (!passed) {
      console.log('0 passed, 1 failed');
      return 1;
    }
  }
  const passed = node(
    '--enable-source-maps',
    bin('jest/bin/jest.js'),
    '--config',
    'jest.config.mjs',
    ...process.argv.slice(2),
  );
  return passed ? 0 : 1;
}

process.exitCode = main();
