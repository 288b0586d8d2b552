/** A worker that the operating system kills when it is handed certain work, as it would one that takes all memory. */
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export interface DyingWorker {
  /** Setting of the host's that makes its workers so. */
  readonly setting: Readonly<Record<string, string>>;
  /** From now on they live. */
  heal(): void;
}

/**
 * Workers die as they are handed an invocation with `mark` anywhere in it, before anything of the app runs, unless its function is
 * one of those for what the host gave up. `folder`: where the two files go that this needs.
 */
export function dyingWorker(folder: string, mark: string): DyingWorker {
  const ill = path.join(folder, 'ill');
  const preload = path.join(folder, 'dies.cjs');
  writeFileSync(ill, '');
  writeFileSync(
    preload,
    `const { existsSync } = require('node:fs');
     const asText = (_, value) => (value instanceof Uint8Array ? Buffer.from(value).toString() : value);
     process.on('message', (message) => {
       if (message.type !== 'invoke' || /poisoned$|rejected$/.test(message.functionName)) return;
       if (!JSON.stringify(message.request, asText).includes(${JSON.stringify(mark)})) return;
       if (existsSync(${JSON.stringify(ill)})) process.kill(process.pid, 'SIGKILL');
     });`,
  );
  return {
    setting: { languageWorkers__node__arguments: `--require ${preload}` },
    heal: () => rmSync(ill),
  };
}
