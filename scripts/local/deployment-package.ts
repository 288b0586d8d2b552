/** What is deployed: the built app and the packages that it needs, and nothing else. */
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Most that a package may take unpacked, in MiB; every cold start fetches and unpacks it. */
export const PACKAGE_LIMIT_MB = 100;

export interface DeploymentPackage {
  readonly files: number;
  readonly bytes: number;
}

interface LockedPackage {
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly optional?: boolean;
  readonly os?: readonly string[];
}

/** The system that the Functions host runs on, in Azure and in the image, whatever this machine is. */
const SYSTEM = 'linux';

/** What the Functions host and Node do not read. */
const LEFT_OUT = /\.(?:map|d\.[cm]?ts|tsbuildinfo)$/;

/** What the app reads of a package that brings much else along. */
const READ_OF: Readonly<Record<string, RegExp>> = {
  // Of five encodings, each in two forms, the one that is counted with.
  'node_modules/js-tiktoken': /^(?:package\.json|LICENSE.*|dist|dist\/ranks|dist\/ranks\/cl100k_base\.cjs)$/i,
};

/**
 * Writes the package of a project that is built and whose dependencies are installed; a folder that is there is replaced.
 *
 * @throws Error when a package of the lock file is not installed, or the package is larger than {@link PACKAGE_LIMIT_MB}.
 */
export function writeDeploymentPackage(root: string, folder: string): DeploymentPackage {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const file of ['host.json', 'LICENSE']) cpSync(path.join(root, file), path.join(folder, file));
  writeFileSync(path.join(folder, 'package.json'), `${JSON.stringify(manifest(root), undefined, 2)}\n`);
  copy(path.join(root, 'dist', 'src'), path.join(folder, 'dist', 'src'));
  for (const place of neededPlaces(root)) copy(path.join(root, place), path.join(folder, place), READ_OF[place]);
  const made = sizeOf(folder);
  if (made.bytes > PACKAGE_LIMIT_MB * 2 ** 20)
    throw new Error(
      `The deployment package takes ${Math.ceil(made.bytes / 2 ** 20)} MiB, more than the ${PACKAGE_LIMIT_MB} MiB that it may. Look for a new dependency in package.json that brings much along.`,
    );
  return made;
}

/** Without development: neither its dependencies nor its scripts. */
function manifest(root: string): Record<string, unknown> {
  const { name, version, description, license, main, engines, dependencies } = JSON.parse(
    readFileSync(path.join(root, 'package.json'), 'utf8'),
  ) as Record<string, unknown>;
  return { name, version, private: true, description, license, main, engines, dependencies };
}

/** Where the lock file has what the app needs when it runs, such as `node_modules/a/node_modules/b`. */
function neededPlaces(root: string): string[] {
  const { packages } = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, LockedPackage>;
  };
  return Object.entries(packages)
    .filter(([place, { dev, devOptional }]) => place !== '' && !dev && !devOptional)
    .filter(([, { os = [SYSTEM] }]) => os.includes(SYSTEM))
    .filter(([place, { optional }]) => {
      if (existsSync(path.join(root, place))) return true;
      // For another processor, or for Linux where this machine is none.
      if (optional) return false;
      throw new Error(`${place} is in package-lock.json, but not installed. Run npm ci.`);
    })
    .map(([place]) => place);
}

/** A folder without what is nested in its `node_modules`: the lock file names that by itself. */
function copy(from: string, to: string, only?: RegExp): void {
  cpSync(from, to, {
    recursive: true,
    filter: (source) =>
      source === from ||
      (path.basename(source) !== 'node_modules' &&
        !LEFT_OUT.test(source) &&
        (only?.test(path.relative(from, source).replaceAll(path.sep, '/')) ?? true)),
  });
}

function sizeOf(folder: string): DeploymentPackage {
  let [files, bytes] = [0, 0];
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) {
      files++;
      bytes += statSync(path.join(entry.parentPath, entry.name)).size;
    }
  return { files, bytes };
}
