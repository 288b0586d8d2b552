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
 * Workers die as a queue's or a blob's function is handed something with `mark` in it, in Base64 too, before anything of the app runs.
 * Those for what the host gave up live, and so do activities, which the host runs again for ever. `folder`: where the two files go
 * that this needs.
 */
export function dyingWorker(folder: string, mark: string): DyingWorker {
  const ill = path.join(folder, 'ill');
  const preload = path.join(folder, 'dies.cjs');
  writeFileSync(ill, '');
  writeFileSync(
    preload,
    `const { existsSync } = require('node:fs');
     const mark = ${JSON.stringify(mark)};
     const has = (text) => text.includes(mark) || Buffer.from(text, 'base64').toString().includes(mark);
     process.on('message', (message) => {
       if (message.type !== 'invoke' || !/(?:queued|replayed)$|^ingest_blob$/.test(message.functionName)) return;
       let deadly = false;
       JSON.stringify(message.request, (_, value) => {
         const text = value instanceof Uint8Array ? Buffer.from(value).toString() : value;
         deadly ||= typeof text === 'string' && has(text);
         return text;
       });
       if (deadly && existsSync(${JSON.stringify(ill)})) process.kill(process.pid, 'SIGKILL');
     });`,
  );
  return {
    setting: { languageWorkers__node__arguments: `--require ${preload}` },
    heal: () => rmSync(ill),
  };
}
