import type { FromWorker, LogRecord } from '../worker-protocol';

type Entry = Omit<LogRecord, 'time'>;

/** Collects log records and sends them to the host in batches, so that a busy app does not pay one message per line. */
export class WorkerLog {
  readonly #send: (message: FromWorker) => void;
  #records: LogRecord[] = [];
  #scheduled = false;

  constructor(send: (message: FromWorker) => void) {
    this.#send = send;
  }

  write(entry: Entry): void {
    this.#records.push({ time: Date.now(), ...entry });
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.flush());
  }

  /** Sends what is waiting at once; for the end of the process. */
  flush(): void {
    this.#scheduled = false;
    if (this.#records.length === 0) return;
    const records = this.#records;
    this.#records = [];
    this.#send({ type: 'log', records });
  }
}
