// `node scripts/run.mjs COMMAND [ARG …]`: makes the project ready (a Node that is new enough, the dependencies of the lock file,
// a fresh build) and runs dist/scripts/COMMAND.js. What every npm script goes through, so that each works on a new clone.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureRuntimeNode, npm } from './node-version.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const [command, ...args] = process.argv.slice(2);
if (!command) {
  console.error('usage: node scripts/run.mjs COMMAND [ARG …]');
  process.exit(2);
}

const node = ensureRuntimeNode(root);
const env = { ...process.env, PATH: path.dirname(node) + path.delimiter + (process.env.PATH ?? '') };
installDependencies();
build();

const child = spawn(node, ['--enable-source-maps', path.join(root, 'dist', 'scripts', `${command}.js`), ...args], {
  cwd: root,
  env,
  stdio: 'inherit',
});
// The child decides when to end; this process only passes on what was sent to it alone.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)));

/** `npm ci` when node_modules does not stem from this lock file. */
function installDependencies() {
  const stamp = path.join(root, 'node_modules', '.sluice-lock');
  const wanted = createHash('sha256')
    .update(readFileSync(path.join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  console.error('Installing dependencies (once; again when the lock file changes) …');
  if (npm(['ci', '--no-audit', '--no-fund', '--loglevel=error'], root, env) !== 0) {
    console.error('npm ci failed; its own output above says why.');
    process.exit(1);
  }
  writeFileSync(stamp, wanted);
}

/** Compiles when a source is newer than the last build, or was removed since. Commands that build themselves come last. */
function build() {
  const stamp = path.join(root, 'dist', '.built');
  const sources = ['src', 'local-host', 'scripts', 'bench'].flatMap((folder) => filesBelow(path.join(root, folder)));
  const list = [...sources].sort().join('\n');
  const builtAt = existsSync(stamp) && readFileSync(stamp, 'utf8') === list ? statSync(stamp).mtimeMs : 0;
  const newest = Math.max(
    ...[...sources, path.join(root, 'tsconfig.json'), path.join(root, 'package-lock.json')].map(
      (file) => statSync(file).mtimeMs,
    ),
  );
  if (builtAt > newest) return;
  // A file that is gone must not live on as its old output.
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') !== list)
    for (const part of ['src', 'local-host', 'scripts', 'bench', '.tsbuildinfo'])
      rmSync(path.join(root, 'dist', part), { recursive: true, force: true });
  const started = Date.now();
  const { status } = spawnSync(
    node,
    [path.join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.json'],
    { cwd: root, env, stdio: ['ignore', 2, 2] },
  );
  if (status !== 0) process.exit(1);
  mkdirSync(path.dirname(stamp), { recursive: true });
  writeFileSync(stamp, list);
  console.error(`Built in ${((Date.now() - started) / 1000).toFixed(1)} s.`);
}

function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name));
}
