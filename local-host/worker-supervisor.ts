/**
 * Keeps one worker process running: starts it, and starts it again when it ends by itself. One that ends three times in a row
 * before it serves is given up: the app cannot run. One that served is never given up, however often it ends, since the next
 * invocation may be another's; each quick end makes the next start wait longer.
 */
import { AppWorker, describeExit } from './app-worker';
import type { AppWorkerOptions, LoadedApp } from './app-worker';
import { sleep } from './clock';
import type { Clock } from './clock';
import type { Log } from './log';

/** A worker that ends sooner than this after it began to serve has ended quickly. */
const QUICK_MS = 5_000;
const MOST_FAILED_STARTS = 3;
const LONGEST_WAIT_MS = 10_000;

export interface SupervisorOptions extends AppWorkerOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Readies a worker that replaces another; the supervisor hands it out afterwards. */
  readonly onReplaced: (worker: AppWorker) => Promise<void>;
  /** No more attempts. */
  readonly onGivenUp: (reason: string) => void;
}

export class WorkerSupervisor {
  readonly #options: SupervisorOptions;
  readonly #stopping = new AbortController();
  #worker: AppWorker | undefined;
  #waiters: { resolve: (worker: AppWorker) => void; reject: (error: Error) => void }[] = [];
  #serving = false;
  #failedStarts = 0;
  /** Starts that failed and quick ends, in a row. */
  #quickEnds = 0;
  #givenUp: string | undefined;

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  /** First load of the app. Resolves with `error` in it when an entry file failed; rejects when the process kept ending. */
  async start(): Promise<{ worker: AppWorker; app: LoadedApp }> {
    for (;;) {
      const worker = this.#fork();
      try {
        const app = await worker.load();
        void this.#watch(worker);
        return { worker, app };
      } catch (error) {
        this.#failedStarts++;
        await this.#ended(await worker.exited.then(describeExit), true);
        if (this.#isOver()) throw error;
      }
    }
  }

  /** This worker takes invocations from here on, unless it has ended meanwhile. */
  markServing(worker: AppWorker): void {
    if (this.#worker !== worker || worker.hasExited) return;
    this.#serving = true;
    for (const { resolve } of this.#waiters.splice(0)) resolve(worker);
  }

  /** The serving worker, at once or after the restart that is under way. Rejects when there will be none. */
  serving(): Promise<AppWorker> {
    if (this.#givenUp !== undefined) return Promise.reject(new Error(this.#givenUp));
    if (this.#stopping.signal.aborted) return Promise.reject(new Error('The host is stopping.'));
    if (this.#worker && this.#serving) return Promise.resolve(this.#worker);
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  /** The serving worker if there is one right now. */
  get current(): AppWorker | undefined {
    return this.#serving ? this.#worker : undefined;
  }

  /** Ends the worker at once, as for a function that ran too long; a new one is started. */
  restart(): void {
    this.#worker?.kill();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#rejectWaiters('The host is stopping.');
    await this.#worker?.stop();
  }

  #fork(): AppWorker {
    this.#worker = new AppWorker(this.#options);
    return this.#worker;
  }

  async #watch(worker: AppWorker): Promise<void> {
    const since = this.#options.clock.now();
    const exit = await worker.exited;
    this.#serving = false;
    if (this.#stopping.signal.aborted) return;
    this.#failedStarts = 0;
    let quick = this.#options.clock.now() - since < QUICK_MS;
    let reason = describeExit(exit);
    for (;;) {
      await this.#ended(reason, quick);
      if (this.#isOver()) return;
      const next = this.#fork();
      try {
        const app = await next.load();
        if (app.error) this.#options.log.error(app.error.stack ?? app.error.message);
        await this.#options.onReplaced(next);
        this.markServing(next);
        this.#options.log.information('Worker process started and initialized.');
        return void this.#watch(next);
      } catch {
        this.#failedStarts++;
        quick = true;
        reason = describeExit(await next.exited);
      }
    }
  }

  /** Gives up, or waits as long as the next attempt has to: 0, 1, 2, 4 s and so on after quick ends. */
  async #ended(reason: string, quick: boolean): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    const { clock, log } = this.#options;
    log.error(`Language Worker Process exited. Pid=${this.#worker?.pid ?? 'unknown'}. ${reason}.`);
    if (this.#failedStarts >= MOST_FAILED_STARTS) {
      this.#givenUp = `Exceeded language worker restart retry count for runtime:node. The worker process ended ${MOST_FAILED_STARTS} times in a row before it served (${reason}). Correct the app and start the host again.`;
      this.#rejectWaiters(this.#givenUp);
      this.#options.onGivenUp(this.#givenUp);
      return;
    }
    this.#quickEnds = quick ? this.#quickEnds + 1 : 1;
    const waitMs = this.#quickEnds === 1 ? 0 : Math.min(1_000 * 2 ** (this.#quickEnds - 2), LONGEST_WAIT_MS);
    if (waitMs > 1_000)
      log.warning(
        `The worker ended ${this.#quickEnds} times in a row soon after it began. The next one starts in ${waitMs / 1_000} s.`,
      );
    await sleep(clock, waitMs, this.#stopping.signal);
  }

  #isOver(): boolean {
    return this.#stopping.signal.aborted || this.#givenUp !== undefined;
  }

  #rejectWaiters(reason: string): void {
    for (const { reject } of this.#waiters.splice(0)) reject(new Error(reason));
  }
}
