import path from 'node:path';
import { rmSync } from 'node:fs';
import { settingDefinition } from '../../src/config/settings';

/** The embedded index's file: with the other state of `npm start` unless SQLITE_FILE names another. */
export function indexFile(environment: Readonly<Record<string, string>>, home: string): string {
  const usual = settingDefinition('SQLITE_FILE').default;
  const given = environment.SQLITE_FILE ?? '';
  return given === '' || given === usual ? path.join(home, 'documents.db') : given;
}

/** Removes the index and what SQLite keeps beside it. Nobody may have it open. */
export function removeIndexFile(file: string): void {
  for (const ending of ['', '-wal', '-shm']) rmSync(file + ending, { force: true });
}
