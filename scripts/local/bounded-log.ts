/**
 * A log file that never grows past twice its limit and never throws: full, it becomes `<file>.1` and a new one begins. Written
 * synchronously, so that what came last before an end is in it. A disk that is full loses lines; how many, the file says
 * when it can be written again.
 */
import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';

export interface BoundedLogOptions {
  readonly file: string;
  /** Bytes. */
  readonly limit: number;
  /** Told once at the beginning of each trouble. */
  readonly onTrouble: (reason: string) => void;
  /** For tests. Default: `writeSync`. */
  readonly write?: (fd: number, bytes: Buffer) => number;
}

export class BoundedLog {
  readonly #options: BoundedLogOptions;
  #fd: number | undefined;
  #size = 0;
  #lost = 0;

  constructor(options: BoundedLogOptions) {
    this.#options = options;
  }

  /** Adds lines, each without its line feed. */
  lines(lines: readonly string[]): void {
    if (lines.length === 0) return;
    try {
      const note = this.#lost === 0 ? '' : `${this.#lost} lines were lost: the log could not be written.\n`;
      this.#append(Buffer.from(`${note}${lines.join('\n')}\n`));
      this.#lost = 0;
    } catch (error) {
      if (this.#lost === 0) this.#options.onTrouble(error instanceof Error ? error.message : String(error));
      this.#lost += lines.length;
      this.close();
    }
  }

  close(): void {
    const fd = this.#fd;
    this.#fd = undefined;
    if (fd === undefined) return;
    try {
      closeSync(fd);
    } catch {
      // Nothing is lost by a file that does not close.
    }
  }

  #append(bytes: Buffer): void {
    let fd = this.#open();
    if (this.#size > 0 && this.#size + bytes.length > this.#options.limit) {
      this.close();
      renameSync(this.#options.file, `${this.#options.file}.1`);
      fd = this.#open();
    }
    const write = this.#options.write ?? ((to: number, part: Buffer) => writeSync(to, part));
    for (let at = 0; at < bytes.length;) {
      const written = write(fd, bytes.subarray(at));
      if (written === 0) throw new Error('The disk takes no more.');
      at += written;
      this.#size += written;
    }
  }

  #open(): number {
    if (this.#fd === undefined) {
      this.#fd = openSync(this.#options.file, 'a');
      this.#size = fstatSync(this.#fd).size;
    }
    return this.#fd;
  }
}
