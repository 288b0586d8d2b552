// Which Node runs Sluice: the machine's own when it is new enough, else the one pinned in scripts/node-runtime. Plain
// JavaScript that any Node since 16 can run.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';

export const REQUIRED = [22, 15];

/** Whether a version such as `v22.15.0` is new enough: node:sqlite without a flag, and what the dependencies ask for. */
export function isNewEnough(version) {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  return major > REQUIRED[0] || (major === REQUIRED[0] && minor >= REQUIRED[1]);
}

/** Path of a Node that is new enough, or undefined when one has to be installed first. */
export function runtimeNode(root) {
  if (isNewEnough(process.version)) return process.execPath;
  const modules = path.join(root, 'scripts', 'node-runtime', 'node_modules');
  if (!existsSync(modules)) return undefined;
  const file = process.platform === 'win32' ? 'node.exe' : 'node';
  return readdirSync(modules)
    .filter((name) => name.startsWith('node-'))
    .map((name) => path.join(modules, name, 'bin', file))
    .find((candidate) => existsSync(candidate));
}

/** Like runtimeNode, but installs the pinned Node where it is missing. Ends the process with a reason when that fails. */
export function ensureRuntimeNode(root) {
  const found = runtimeNode(root);
  if (found) return found;
  console.error(
    `Node ${process.version} is older than ${REQUIRED.join('.')}; fetching the pinned Node for this project (once).`,
  );
  const done = npm(
    ['ci', '--no-audit', '--no-fund', '--loglevel=error'],
    path.join(root, 'scripts', 'node-runtime'),
    process.env,
  );
  const installed = done === 0 ? runtimeNode(root) : undefined;
  if (installed) return installed;
  console.error(
    `Could not get a newer Node for ${process.platform}-${process.arch}. Install Node ${REQUIRED.join('.')} or newer from nodejs.org and run this again.`,
  );
  process.exit(1);
}

/** Runs npm in a folder, its output going to stderr; gives its exit code. */
export function npm(args, cwd, env) {
  const { status } = spawnSync('npm', args, { cwd, env, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' });
  return status ?? 1;
}
