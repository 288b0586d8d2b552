/**
 * `npm run planted-bugs [-- NAME…]`: plants one known bug at a time in a copy of the tree and demands that the named tests
 * fail with it, and pass without it. Shows that the tests would notice. Never touches the working tree. `--docs` writes
 * docs/verification.md, the list of them all, and plants nothing.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Edit, PlantedBug } from './local/planted-bug';
import { verificationPage } from './local/verification-page';

interface Verdict {
  readonly bug: PlantedBug;
  readonly caught: boolean;
  readonly what: string;
  readonly seconds: number;
}

const root = path.resolve(__dirname, '..', '..');
/** A bug that makes tests wait for ever is caught by the tests' own limit; this is for those that never end at all. */
const LONGEST_TEST_MS = 20_000;
const LONGEST_RUN_MS = 240_000;

function main(names: readonly string[]): number {
  const copy = mkdtempSync(path.join(os.tmpdir(), 'planted-bugs-'));
  try {
    copyTree(copy);
    const compiled = compile(copy);
    if (compiled !== undefined) return fail(`The tree does not compile:\n${compiled}`);
    const parts = tablesOf(copy);
    if (names[0] === '--docs') {
      writeFileSync(path.join(root, 'docs', 'verification.md'), verificationPage(parts));
      return 0;
    }
    const bugs = Object.values(parts).flat();
    const unknown = names.filter((name) => !bugs.some((bug) => bug.name === name));
    if (unknown.length > 0)
      return fail(`There is no bug ${unknown.join(', ')}; there are: ${bugs.map((bug) => bug.name).join(', ')}.`);
    const chosen = bugs.filter((bug) => names.length === 0 || names.includes(bug.name));
    for (const bug of chosen)
      for (const { file, find } of editsOf(bug)) {
        const count = readFileSync(path.join(copy, file), 'utf8').split(find).length - 1;
        if (count !== 1)
          return fail(`${bug.name}: its text occurs ${count} times in ${file}, not once. Bring the table up to date.`);
      }
    const healthy = withoutBugs(copy, chosen);
    if (healthy !== undefined) return fail(healthy);
    const verdicts = chosen.map((bug) => {
      const verdict = plant(copy, bug);
      console.log(
        `${verdict.caught ? 'caught' : 'MISSED'}  ${bug.name} (${verdict.seconds.toFixed(0)} s): ${verdict.what}`,
      );
      return verdict;
    });
    return report(verdicts);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** What is needed to compile and test; packages are shared, state and logs stay behind. */
function copyTree(copy: string): void {
  const left = new Set(['node_modules', '.git', '.sluice', '.build', 'coverage', 'local.settings.json']);
  for (const name of readdirSync(root))
    if (!left.has(name))
      cpSync(path.join(root, name), path.join(copy, name), { recursive: true, preserveTimestamps: true });
  symlinkSync(path.join(root, 'node_modules'), path.join(copy, 'node_modules'), 'dir');
}

/** @returns what the compiler said when it failed. A planted bug may leave names unused. */
function compile(copy: string): string | undefined {
  const { status, stdout } = spawnSync(
    process.execPath,
    [
      'node_modules/typescript/bin/tsc',
      '-p',
      'tsconfig.test.json',
      '--noUnusedLocals',
      'false',
      '--noUnusedParameters',
      'false',
    ],
    { cwd: copy, encoding: 'utf8' },
  );
  return status === 0 ? undefined : stdout;
}

/** By the names of their files. */
function tablesOf(copy: string): Record<string, readonly PlantedBug[]> {
  const folder = path.join(copy, 'dist', 'tests', 'planted-bugs');
  const parts = Object.fromEntries(
    readdirSync(folder)
      .filter((name) => name.endsWith('.js'))
      .sort()
      .map((name) => [name.slice(0, -3), (require(path.join(folder, name)) as { bugs: readonly PlantedBug[] }).bugs]),
  );
  const bugs = Object.values(parts).flat();
  const twice = bugs.filter((bug, i) => bugs.findIndex((other) => other.name === bug.name) !== i);
  if (twice.length > 0) throw new Error(`Bugs of the same name: ${twice.map((bug) => bug.name).join(', ')}`);
  return parts;
}

/** @returns why the tests say nothing: they fail, or do not exist, without any bug. */
function withoutBugs(copy: string, bugs: readonly PlantedBug[]): string | undefined {
  console.log(`The tests of ${bugs.length} bugs, without any …`);
  const results = runTests(copy, [...new Set(bugs.map((bug) => bug.tests))].join('|'), undefined);
  if (!results) return 'The tests do not end without a bug planted.';
  if (results.failed.length > 0) return `These tests fail without a bug planted: ${results.failed.join('; ')}`;
  const blind = bugs.filter((bug) => {
    const title = new RegExp(bug.title ?? '');
    return !results.passed.some((test) => test.file.includes(bug.tests) && title.test(test.title));
  });
  if (blind.length > 0) return `No test matches the pattern of: ${blind.map((bug) => bug.name).join(', ')}`;
  return undefined;
}

function editsOf(bug: PlantedBug): readonly Edit[] {
  return [bug, ...(bug.also ?? [])];
}

function plant(copy: string, bug: PlantedBug): Verdict {
  const began = Date.now();
  const changes = editsOf(bug).map(({ file, find, replace }) => {
    const place = path.join(copy, file);
    return { place, healthy: readFileSync(place, 'utf8'), find, replace };
  });
  const verdict = (caught: boolean, what: string): Verdict => ({
    bug,
    caught,
    what,
    seconds: (Date.now() - began) / 1000,
  });
  for (const { place, healthy, find, replace } of changes)
    writeFileSync(
      place,
      healthy.replace(find, () => replace),
    );
  try {
    const compiled = compile(copy);
    if (compiled !== undefined) return verdict(false, `it does not compile: ${compiled.split('\n')[0] ?? ''}`);
    const results = runTests(copy, bug.tests, bug.title);
    if (!results) return verdict(true, 'the tests did not end');
    const [first, ...more] = results.failed;
    if (first === undefined) return verdict(false, `${results.passed.length} tests pass with it`);
    return verdict(true, more.length === 0 ? first : `${first}, and ${more.length} more`);
  } finally {
    for (const { place, healthy } of changes) writeFileSync(place, healthy);
  }
}

interface Results {
  readonly passed: readonly { readonly file: string; readonly title: string }[];
  /** Titles; the file's name for one that could not be run. */
  readonly failed: readonly string[];
}

interface JestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

/** Undefined when they had to be ended. */
function runTests(copy: string, files: string, title: string | undefined): Results | undefined {
  const output = path.join(copy, 'planted-bugs.json');
  rmSync(output, { force: true });
  spawnSync(
    process.execPath,
    [
      'node_modules/jest/bin/jest.js',
      ...['--config', 'jest.config.mjs', '--runInBand', '--forceExit', '--silent', '--json', '--outputFile', output],
      ...['--testTimeout', String(LONGEST_TEST_MS), '--testPathPatterns', files],
      ...(title === undefined ? [] : ['--testNamePattern', title]),
    ],
    { cwd: copy, stdio: 'ignore', timeout: LONGEST_RUN_MS, killSignal: 'SIGKILL' },
  );
  let report: JestReport;
  try {
    report = JSON.parse(readFileSync(output, 'utf8')) as JestReport;
  } catch {
    return undefined;
  }
  const tests = report.testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.map(({ status, fullName }) => ({ file: name, status, title: fullName })),
  );
  const broken = report.testResults.filter((r) => r.status === 'failed' && r.assertionResults.length === 0);
  return {
    passed: tests.filter((test) => test.status === 'passed'),
    failed: [
      ...tests.filter((test) => test.status === 'failed').map((test) => test.title),
      ...broken.map(({ name }) => path.basename(name)),
    ],
  };
}

function report(verdicts: readonly Verdict[]): number {
  const width = Math.max(...verdicts.map(({ bug }) => bug.name.length));
  console.log('');
  for (const { bug, caught, what } of verdicts)
    console.log(
      `${bug.name.padEnd(width)}  ${bug.plants}\n${''.padEnd(width)}  → ${caught ? 'caught by' : 'MISSED:'} ${what}`,
    );
  const missed = verdicts.filter(({ caught }) => !caught).length;
  console.log(`\n${verdicts.length - missed} of ${verdicts.length} planted bugs caught, ${missed} missed`);
  return missed === 0 ? 0 : 1;
}

function fail(reason: string): number {
  console.error(reason);
  console.log('0 planted bugs caught: nothing was tried');
  return 1;
}

process.exitCode = main(process.argv.slice(2));
