/** What one orchestration carries: a large file alone, small ones together, so that many small files do not cost one each. */
export interface QueuedFile {
  /** Below the processing root. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** The share hung with it once: it goes by itself, lest it hold up others again. */
  readonly alone?: boolean;
}

const MOST_FILES = 128;
const MOST_BYTES = 32 * 1024 * 1024;
/** An orchestration's input is stored as a message; this keeps it a small one. */
const MOST_PATH_CHARACTERS = 24_000;

/** How many files from the front of the queue go together; 1 for a file above `smallBytes`, 0 for an empty queue. */
export function parcelLength(queue: Iterable<QueuedFile>, smallBytes: number): number {
  let files = 0;
  let bytes = 0;
  let characters = 0;
  for (const { path, size, alone } of queue) {
    if (size > smallBytes || alone) return Math.max(files, 1);
    if (files >= MOST_FILES || bytes + size > MOST_BYTES || characters + path.length > MOST_PATH_CHARACTERS) break;
    files++;
    bytes += size;
    characters += path.length;
  }
  return files;
}
