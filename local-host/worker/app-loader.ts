import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { findEntryFiles } from './entry-glob';

interface PackageJson {
  readonly main?: unknown;
  readonly type?: unknown;
}

/** An entry file, or the search for one, failed; the message is the real worker's. */
export class EntryPointError extends Error {
  override readonly name = 'EntryPointError';
}

/**
 * Loads every file that package.json `main` names, in order, as ES module or CommonJS as Node would.
 * @throws EntryPointError at the first that fails
 */
export async function loadApp(appRoot: string): Promise<void> {
  const packageJson = readPackageJson(appRoot);
  if (typeof packageJson.main !== 'string' || packageJson.main === '') return;
  const files = findEntryFiles(appRoot, packageJson.main.replaceAll('\\', '/'));
  if (files.length === 0)
    throw entryPointError(packageJson.main, new Error('Found zero files matching the supplied pattern'));
  const require = createRequire(path.join(appRoot, 'package.json'));
  for (const file of files) {
    try {
      const absolute = path.join(appRoot, file);
      if (isEsModule(file, packageJson)) await import(pathToFileURL(absolute).href);
      else require(absolute);
    } catch (error) {
      throw entryPointError(file, error);
    }
  }
}

function readPackageJson(appRoot: string): PackageJson {
  const file = path.join(appRoot, 'package.json');
  if (!fs.existsSync(file)) return {};
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8').replace(/^\uFEFF/, '')) as PackageJson;
  } catch (error) {
    throw new EntryPointError(`package.json cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

function isEsModule(file: string, packageJson: PackageJson): boolean {
  return file.endsWith('.mjs') || (packageJson.type === 'module' && !file.endsWith('.cjs'));
}

function entryPointError(entry: string, cause: unknown): EntryPointError {
  const message = cause instanceof Error ? cause.message : String(cause);
  const error = new EntryPointError(`Worker was unable to load entry point "${entry}": ${message}`, { cause });
  if (cause instanceof Error && cause.stack !== undefined)
    error.stack = cause.stack.includes(message) ? cause.stack : `${message}\n${cause.stack}`;
  return error;
}
