/**
 * Follows Azurite's access log. What it yields is a hint and never the truth: lines may be missed when the log is emptied,
 * which `onGap` tells, so that the reader reconciles with the storage itself.
 */
import { open, stat, truncate } from 'node:fs/promises';
import type { Clock } from '../clock';

/** Where a reader stands. The inode tells a replaced file from one that grew. */
export interface LogPosition {
  readonly inode: string;
  readonly offset: number;
}

export interface AccessLogTailOptions {
  readonly clock: Clock;
  /** Asked again while it answers undefined: the storage may start after the host. */
  readonly findFile: () => string | undefined;
  /** Default: the end of the file, so that only what comes from now on is seen. */
  readonly from?: LogPosition;
  /** Whole lines, in order. The position is the one after them. The next lines wait until the promise settles. */
  readonly onLines: (lines: readonly string[], position: LogPosition) => void | Promise<void>;
  /** Lines may have been missed. */
  readonly onGap?: () => void;
  /** Milliseconds between looks. Default 200. */
  readonly intervalMs?: number;
  /** Empties the log once everything in it was read and it is larger than this. Default: never. One reader only may. */
  readonly emptyAboveBytes?: number;
}

const CHUNK_BYTES = 1 << 20;
const SEARCH_INTERVAL_MS = 1000;

export class AccessLogTail {
  #file: string | undefined;
  #position: LogPosition | undefined;
  #cancel: (() => void) | undefined;
  #stopped = false;
  #looking: Promise<void> = Promise.resolve();

  constructor(private readonly options: AccessLogTailOptions) {
    this.#position = options.from;
  }

  /** True while there is a log to follow. */
  get available(): boolean {
    return this.#file !== undefined;
  }

  start(): void {
    this.#looking = this.#lookAndWait();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    await this.#looking;
  }

  async #lookAndWait(): Promise<void> {
    try {
      await this.#look();
    } catch {
      // The file went away; it is looked for anew.
      if (this.#file !== undefined) this.options.onGap?.();
      this.#file = undefined;
    }
    if (this.#stopped) return;
    const wait = this.#file === undefined ? SEARCH_INTERVAL_MS : (this.options.intervalMs ?? 200);
    this.#cancel = this.options.clock.after(wait, () => {
      this.#looking = this.#lookAndWait();
    });
  }

  async #look(): Promise<void> {
    this.#file ??= this.options.findFile();
    if (this.#file === undefined) return;
    const { ino, size } = await stat(this.#file, { bigint: true });
    const inode = String(ino);
    const end = Number(size);
    this.#position ??= { inode, offset: end };
    if (this.#position.inode !== inode || this.#position.offset > end) {
      this.#position = { inode, offset: 0 };
      this.options.onGap?.();
    }
    while (!this.#stopped && this.#position.offset < end) {
      const before = this.#position.offset;
      await this.#readChunk(this.#file, inode, before, end);
      if (this.#position.offset === before) return;
    }
    await this.#emptyIfLarge(this.#file, end);
  }

  /** Moves past the last whole line of the chunk; a line longer than the chunk is given up. */
  async #readChunk(file: string, inode: string, offset: number, end: number): Promise<void> {
    const handle = await open(file, 'r');
    let text: Buffer;
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(Math.min(CHUNK_BYTES, end - offset)), {
        position: offset,
      });
      text = buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
    const lineEnd = text.lastIndexOf(0x0a) + 1;
    const used = lineEnd === 0 && text.length === CHUNK_BYTES ? text.length : lineEnd;
    if (used === 0) return;
    const position = { inode, offset: offset + used };
    const lines = text.toString('utf8', 0, lineEnd).split('\n').slice(0, -1);
    if (lines.length > 0) await this.options.onLines(lines, position);
    this.#position = position;
  }

  /** Azurite appends, so after this its next line is the first. What it wrote in between is lost: hence the gap. */
  async #emptyIfLarge(file: string, end: number): Promise<void> {
    const limit = this.options.emptyAboveBytes;
    if (limit === undefined || end <= limit || this.#position?.offset !== end) return;
    await truncate(file, 0);
    this.#position = { inode: this.#position.inode, offset: 0 };
    this.options.onGap?.();
  }
}
