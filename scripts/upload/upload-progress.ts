/** One line on a terminal that is written over; a line every two seconds elsewhere, the first after one. */
import { performance } from 'node:perf_hooks';

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;
const TERMINAL_EVERY_MS = 100;
const LOG_EVERY_MS = 2_000;
const FIRST_LOG_MS = 1_000;

export interface Output {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export class UploadProgress {
  readonly #began = performance.now();
  #done = 0;
  #sent = 0;
  #shownAt = performance.now() - LOG_EVERY_MS + FIRST_LOG_MS;

  constructor(
    private readonly name: string,
    private readonly total: number,
    private readonly output: Output,
  ) {}

  add(bytes: number, reused: boolean): void {
    this.#done += bytes;
    if (!reused) this.#sent += bytes;
    this.tick();
  }

  /** Shows how far it is, if it is time to: also while a large block, or the end, lets it wait. */
  tick(): void {
    const now = performance.now();
    if (now - this.#shownAt < (this.output.isTTY ? TERMINAL_EVERY_MS : LOG_EVERY_MS)) return;
    this.#shownAt = now;
    const seconds = (now - this.#began) / 1000;
    const line =
      this.#done >= this.total
        ? `${this.name}  all bytes are there; it is being verified  ${Math.round(seconds)} s`
        : progressLine(this.name, this.#done, this.total, this.#sent, seconds);
    this.output.write(this.output.isTTY ? `\r\u001b[K${line}` : `${line}\n`);
  }

  /** Starts again from nothing, for a file that has to. */
  reset(): void {
    this.#done = 0;
  }

  /** A line of its own, with the progress line out of the way. */
  line(text: string): void {
    this.output.write(`${this.output.isTTY ? '\r\u001b[K' : ''}${this.name}  ${text}\n`);
  }
}

/** `film.mp4  43 %  1.2 GiB of 2.8 GiB  115.0 MiB/s  14 s left`. Speed and time left go by what this run sent. */
export function progressLine(name: string, done: number, total: number, sent: number, seconds: number): string {
  const rate = seconds > 0 ? sent / seconds : 0;
  const left = rate > 0 ? `  ${duration((total - done) / rate)} left` : '';
  const percent = total === 0 ? 100 : Math.floor((done / total) * 100);
  return `${name}  ${percent} %  ${size(done)} of ${size(total)}  ${size(rate)}/s${left}`;
}

export function size(bytes: number): string {
  let value = bytes;
  let unit = 0;
  for (; value >= 1024 && unit < UNITS.length - 1; unit++) value /= 1024;
  return `${unit === 0 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit] ?? ''}`;
}

function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
