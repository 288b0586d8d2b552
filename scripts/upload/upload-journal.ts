/**
 * What a run leaves for the next one, if it is ended before its file is through: which upload was announced, and the blocks
 * that storage took. A signature that may only write cannot ask storage for them.
 *
 * Invariants: 1. a block stands here only after storage took it; 2. a journal is for one content: path, size, modification
 * time and block size are in its name; 3. a line that was cut by a crash is left out.
 */
import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export interface JournaledFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly mtimeMs: number;
}

export interface UploadJournal {
  /** Id that POST /v1/uploads answered, or undefined when nothing was announced yet. */
  readonly id: string | undefined;
  readonly blocks: ReadonlySet<string>;
  announced(id: string): void;
  staged(blockId: string): void;
  remove(): void;
}

export function openJournal(folder: string, url: string, file: JournaledFile, blockSize: number): UploadJournal {
  const identity = JSON.stringify([url, file.path, file.size, file.mtimeMs, blockSize]);
  const place = path.join(folder, `${createHash('sha256').update(identity).digest('hex').slice(0, 32)}.journal`);
  const [id, ...blocks] = completeLines(place);
  const known = new Set(blocks);
  return {
    id,
    blocks: known,
    announced(newId) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      known.clear();
      writeFileSync(place, `${newId}\n`);
    },
    staged(blockId) {
      if (known.has(blockId)) return;
      known.add(blockId);
      appendFileSync(place, `${blockId}\n`);
    },
    remove: () => rmSync(place, { force: true }),
  };
}

function completeLines(place: string): readonly string[] {
  try {
    const text = readFileSync(place, 'utf8');
    return text
      .slice(0, text.lastIndexOf('\n') + 1)
      .split('\n')
      .filter((line) => line !== '');
  } catch {
    return [];
  }
}
