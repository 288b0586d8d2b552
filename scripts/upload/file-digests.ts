/** MD5 and SHA-256 of a file, computed on a thread of its own that reads the file itself. */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

export interface FileDigests {
  readonly md5: Uint8Array;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
}

const READ_BYTES = 4 * 1024 * 1024;

/** @throws Error when the file cannot be read. */
export function fileDigests(file: string): Promise<FileDigests> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(__filename, { workerData: file });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

function digest(file: string): FileDigests {
  const [md5, sha256] = [createHash('md5'), createHash('sha256')];
  const memory = Buffer.allocUnsafe(READ_BYTES);
  const handle = openSync(file, 'r');
  try {
    for (;;) {
      const read = readSync(handle, memory, 0, memory.length, null);
      if (read === 0) return { md5: new Uint8Array(md5.digest()), sha256: sha256.digest('hex') };
      md5.update(memory.subarray(0, read));
      sha256.update(memory.subarray(0, read));
    }
  } finally {
    closeSync(handle);
  }
}

if (!isMainThread && typeof workerData === 'string') parentPort?.postMessage(digest(workerData));
