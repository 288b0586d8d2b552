/**
 * The local host against what a real Azure Functions host answered (tests/golden). The driver asks the same questions and
 * compares; see its README for what is loose, and why. The suite `bus` needs triggers that do not exist yet.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../drivers/app-under-test';
import { startStorage, type StorageUnderTest } from '../drivers/storage-under-test';

const golden = path.join(projectRoot, 'tests', 'golden');
const apps = path.join(golden, 'app');
const SUITES = 'main,bare,stream,boot';
const CASES = '530';

let storage: StorageUnderTest;
beforeAll(async () => {
  if (!existsSync(path.join(apps, 'main', 'dist', 'http.js'))) {
    for (const args of [
      ['ci', '--no-audit', '--no-fund', '--loglevel=error'],
      ['run', 'build'],
    ]) {
      const { status, stderr } = spawnSync('npm', args, {
        cwd: apps,
        encoding: 'utf8',
        shell: process.platform === 'win32',
      });
      if (status !== 0) throw new Error(`npm ${args.join(' ')} in tests/golden/app failed:\n${stderr}`);
    }
  }
  storage = await startStorage();
}, 300_000);
afterAll(() => storage.stop());

it(`answers all recorded cases of ${SUITES} as the real host did`, async () => {
  const host = path.join(projectRoot, 'scripts', 'golden-host');
  const driver = spawn(
    process.execPath,
    ['driver.mjs', '--check', 'cases.json', '--suite', SUITES, '--spawn', host, '--jobs', '8'],
    {
      cwd: golden,
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        AzureWebJobsStorage: storage.settings.AzureWebJobsStorage,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let output = '';
  driver.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  await new Promise((resolve) => driver.once('close', resolve));
  const [, passed, failed] = /(\d+) passed, (\d+) failed\s*$/.exec(output) ?? [];
  if (failed !== '0') console.log(output);
  expect({ passed, failed }).toEqual({ passed: CASES, failed: '0' });
}, 1_200_000);
