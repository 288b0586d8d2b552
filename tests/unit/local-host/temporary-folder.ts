import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** A folder with these files, removed after the tests of the file that calls this at its top level. */
export function temporaryFolder(files: Readonly<Record<string, string>> = {}): string {
  const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'local-host-test-')));
  afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.writeFileSync(path.join(folder, name), text);
  }
  return folder;
}
