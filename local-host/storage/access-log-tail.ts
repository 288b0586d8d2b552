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

  /** Resolves once it is known whether there is a log and whether reading can go on where it ended; lines come later. */
  async start(): Promise<void> {
    await this.#guarded(() => this.#place());
    if (!this.#stopped) this.#looking = this.#lookAndWait();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    await this.#looking;
  }

  async #lookAndWait(): Promise<void> {
    await this.#guarded(() => this.#look());
    if (this.#stopped) return;
    const wait = this.#file === undefined ? SEARCH_INTERVAL_MS : (this.options.intervalMs ?? 200);
    this.#cancel = this.options.clock.after(wait, () => {
      this.#looking = this.#lookAndWait();
    });
  }

  async #guarded(action: () => Promise<unknown>): Promise<void> {
    try {
      await action();
    } catch {
      // The file went away; it is looked for anew.
      if (this.#file !== undefined) this.options.onGap?.();
      this.#file = undefined;
    }
  }

  /** Where the log ends now, with the position set to where reading goes on; undefined when there is no log. */
  async #place(): Promise<{ file: string; end: number; from: LogPosition } | undefined> {
    this.#file ??= this.options.findFile();
    const file = this.#file;
    if (file === undefined) return undefined;
    const { ino, size } = await stat(file, { bigint: true });
    const inode = String(ino);
    const end = Number(size);
    this.#position ??= { inode, offset: end };
    if (this.#position.inode !== inode || this.#position.offset > end) {
      this.#position = { inode, offset: 0 };
      this.options.onGap?.();
    }
    return { file, end, from: this.#position };
  }

  async #look(): Promise<void> {
    const place = await this.#place();
    if (!place) return;
    let { from } = place;
    while (!this.#stopped && from.offset < place.end) {
      const next = await this.#readChunk(place.file, from, place.end);
      if (!next) return;
      this.#position = from = next;
    }
    await this.#emptyIfLarge(place.file, place.end);
  }

  /** The position after the chunk's last whole line, or undefined when there is none yet. A line that fills it is given up. */
  async #readChunk(file: string, { inode, offset }: LogPosition, end: number): Promise<LogPosition | undefined> {
    const text = await readAt(file, offset, Math.min(CHUNK_BYTES, end - offset));
    const lineEnd = text.lastIndexOf(0x0a) + 1;
    const used = lineEnd === 0 && text.length === CHUNK_BYTES ? text.length : lineEnd;
    if (used === 0) return undefined;
    const position = { inode, offset: offset + used };
    const lines = text.toString('utf8', 0, lineEnd).split('\n').slice(0, -1);
    if (lines.length > 0) await this.options.onLines(lines, position);
    return position;
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

async function readAt(file: string, position: number, length: number): Promise<Buffer> {
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), { position });
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
