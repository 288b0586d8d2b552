/** `npm run soak -- PATTERN`: the tests whose path matches, with the full counts instead of a tenth. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const root = path.resolve(__dirname, '..', '..');
const [pattern, ...more] = process.argv.slice(2);
if (!pattern) {
  console.error('usage: npm run soak -- PATTERN    (for example: upload, outage, durable)');
  process.exit(2);
}
const run = (args: readonly string[], env: NodeJS.ProcessEnv): number =>
  spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit', env }).status ?? 1;
const modules = path.join(root, 'node_modules');
const built = run([path.join(modules, 'typescript/bin/tsc'), '-p', 'tsconfig.test.json'], process.env);
process.exitCode =
  built ||
  run(
    [
      '--enable-source-maps',
      path.join(modules, 'jest/bin/jest.js'),
      '--config',
      'jest.config.mjs',
      '--runInBand',
      pattern,
      ...more,
    ],
    {
      ...process.env,
      SLUICE_SOAK: '1',
    },
  );
