import path from 'node:path';
import { rmSync } from 'node:fs';
import { settingDefinition } from '../../src/config/settings';

/** The embedded index's file: with the other state of `npm start` unless SQLITE_FILE names another. */
export function indexFile(environment: Readonly<Record<string, string>>, home: string): string {
  return fileOf('SQLITE_FILE', 'documents.db', environment, home);
}

/** The file where it is noted what became of files and orders, likewise. */
export function itemsFile(environment: Readonly<Record<string, string>>, home: string): string {
  return fileOf('ITEMS_FILE', 'items.db', environment, home);
}

function fileOf(
  setting: 'SQLITE_FILE' | 'ITEMS_FILE',
  file: string,
  environment: Readonly<Record<string, string>>,
  home: string,
): string {
  const given = environment[setting] ?? '';
  return given === '' || given === settingDefinition(setting).default ? path.join(home, file) : given;
}

/** Removes the index and what SQLite keeps beside it. Nobody may have it open. */
export function removeIndexFile(file: string): void {
  for (const ending of ['', '-wal', '-shm']) rmSync(file + ending, { force: true });
}
