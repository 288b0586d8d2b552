/** What was asked of Azurite, by its access log: no request of the bench's own is needed to know how far the work has come. */
import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { parseAccessLogLine } from '../../local-host/storage/access-log-line';
import { DEVELOPMENT_ACCOUNT } from '../../local-host/storage/development-account';

export class StorageCalls {
  readonly #file: string;
  readonly #from: number;

  /** Counts from now on. */
  constructor(accessLog: string) {
    this.#file = accessLog;
    this.#from = statSync(accessLog).size;
  }

  /** Resolves when `count` blobs of a container were deleted. */
  async deleted(container: string, count: number): Promise<void> {
    while ((this.#counts().get(`DELETE ${container}/*`) ?? 0) < count)
      await new Promise((next) => setTimeout(next, 50));
  }

  /** Requests for each of `things`, by method and first part of the path; the rarest are left out. */
  per(things: number): Readonly<Record<string, number>> {
    const rounded = [...this.#counts()].map(([name, count]) => [name, Number((count / things).toFixed(2))] as const);
    return Object.fromEntries(rounded.filter(([, count]) => count >= 0.05).sort(([, a], [, b]) => b - a));
  }

  #counts(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const line of this.#text().split('\n')) {
      const entry = parseAccessLogLine(line, DEVELOPMENT_ACCOUNT);
      if (!entry || entry.status > 299) continue;
      const [first = '', ...rest] = entry.path;
      const name = `${entry.method} ${first}${rest.length > 0 ? '/*' : ''}`;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    return counts;
  }

  #text(): string {
    const bytes = Buffer.alloc(statSync(this.#file).size - this.#from);
    const file = openSync(this.#file, 'r');
    try {
      return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, this.#from)).toString();
    } finally {
      closeSync(file);
    }
  }
}

/** Milliseconds of processor time that a process used so far. */
export function processCpuMs(pid: number): number {
  const [user = 0, system = 0] = (readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [])
    .slice(11, 13)
    .map(Number);
  // In ticks, of which Linux has 100 a second.
  return (user + system) * 10;
}
