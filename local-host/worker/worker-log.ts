import type { FromWorker, HttpExecuted, LogRecord } from '../worker-protocol';

type Entry = Omit<LogRecord, 'time'>;

/** A message costs the same however much it carries; nobody sees a line that comes so much later. */
const LONGEST_WAIT_MS = 5;
/** Records that are sent at once. */
const BATCH = 256;

/** Collects log records and sends them to the host in batches, so that a busy app does not pay one message per request. */
export class WorkerLog {
  readonly #send: (message: FromWorker) => void;
  #records: LogRecord[] = [];
  #executed: HttpExecuted[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(send: (message: FromWorker) => void) {
    this.#send = send;
  }

  write(entry: Entry): void {
    this.#records.push({ time: Date.now(), ...entry });
    if (this.#records.length >= BATCH) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), LONGEST_WAIT_MS);
  }

  /** Reports an HTTP function's end, behind what it logged. */
  executed(executed: HttpExecuted): void {
    this.#executed.push(executed);
    this.#timer ??= setTimeout(() => this.flush(), LONGEST_WAIT_MS);
  }

  /** Sends what is waiting at once. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#records.length === 0 && this.#executed.length === 0) return;
    const [records, executed] = [this.#records, this.#executed];
    this.#records = [];
    this.#executed = [];
    this.#send({ type: 'log', records, executed });
  }
}
