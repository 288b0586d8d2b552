/**
 * Runs activities and HTTP calls, so many at once. A result is recorded together with the removal of its task, so it is
 * recorded once, whatever happens in between.
 */
import type { InboxEvent } from '../engine/history-event';
import type { TaskRow } from '../store/task-table';
import { activityFailure, activityInput, activityResult, exceptionJson } from '../wire/activity';
import { callHttp } from './http-caller';
import { unknownFunction } from './outbox';
import type { TaskHub } from './task-hub';
import { TokenSource } from './token-source';
import { known } from '../engine/known';

type Result = Extract<InboxEvent, { type: 'task-completed' | 'task-failed' }>;

export class TaskPump {
  readonly #hub: TaskHub;
  readonly #queue: TaskRow[] = [];
  #next = 0;
  #running = 0;
  /** Nothing waits any more. */
  onIdle: () => void = () => undefined;
  readonly #abort = new AbortController();
  readonly #tokens: TokenSource;

  constructor(hub: TaskHub) {
    this.#hub = hub;
    this.#tokens = new TokenSource(hub.context, this.#abort.signal);
  }

  /** How many more tasks this process would take at once. */
  get room(): number {
    return 2 * this.#hub.settings.maxConcurrentActivities - this.#running - this.#waiting;
  }

  get #waiting(): number {
    return this.#queue.length - this.#next;
  }

  add(tasks: readonly TaskRow[]): void {
    for (const task of tasks) this.#queue.push(task);
    this.#fill();
  }

  /** Forgets what waits: it is others' by now. */
  clear(): void {
    this.#queue.length = 0;
    this.#next = 0;
  }

  /** What waits is not started any more, and HTTP calls are cut off. */
  stop(): void {
    this.clear();
    this.#abort.abort();
  }

  #fill(): void {
    while (this.#running < this.#hub.settings.maxConcurrentActivities && this.#waiting > 0 && !this.#hub.stopping) {
      const task = known(this.#queue[this.#next++], 'a task');
      if (this.#next > 1024 && this.#next * 2 > this.#queue.length) {
        this.#queue.splice(0, this.#next);
        this.#next = 0;
      }
      this.#running++;
      this.#hub.background(
        this.#run(task).finally(() => {
          this.#running--;
          this.#fill();
          if (this.#waiting === 0) this.onIdle();
        }),
        `recording the result of '${nameOf(task)}'`,
      );
    }
  }

  async #run(task: TaskRow): Promise<void> {
    const result = await this.#perform(task);
    if (this.#abort.signal.aborted && task.work.kind === 'http') return;
    await this.#hub.store.insist((tx) => {
      if (!tx.tasks.remove(task.seq)) return;
      this.#hub.post(tx, task.instanceId, task.executionId, result);
      const failed = result.type === 'task-failed';
      tx.after(() =>
        this.#hub.events.emit('activity', {
          instanceId: task.instanceId,
          name: nameOf(task),
          input: inputOf(task),
          failed,
        }),
      );
    });
  }

  async #perform({ work, instanceId, taskId: id }: TaskRow): Promise<Result> {
    if (work.kind === 'http') {
      try {
        const answer = await callHttp(work.call, {
          pollDelayMs: this.#hub.settings.pollDelayMs,
          signal: this.#abort.signal,
          token: (resource) => this.#tokens.token(resource),
        });
        return { type: 'task-completed', at: this.#hub.now(), id, ...answer };
      } catch (error) {
        const text = `${(error as Error).message}${error instanceof Error && error.cause instanceof Error ? ` (${error.cause.message})` : ''}`;
        const details = exceptionJson(text, undefined, 'System.Net.Http.HttpRequestException');
        return { type: 'task-failed', at: this.#hub.now(), id, failure: { reason: text, details } };
      }
    }
    const fn = this.#hub.activities.get(work.name.toLowerCase());
    if (!fn) {
      const message = unknownFunction(work.name, 'activity', this.#hub.activities);
      const failure = { reason: message, details: exceptionJson(message, undefined, 'System.ArgumentException') };
      return { type: 'task-failed', at: this.#hub.now(), id, failure };
    }
    const outcome = await this.#hub.invoke(fn, {
      input: activityInput(work.input),
      triggerMetadata: { instanceId: { string: JSON.stringify(instanceId) } },
      reason: '(null)',
    });
    const at = this.#hub.now();
    if (outcome.error) return { type: 'task-failed', at, id, failure: activityFailure(fn.name, outcome.error) };
    return { type: 'task-completed', at, id, result: activityResult(outcome) };
  }
}

function nameOf({ work }: TaskRow): string {
  return work.kind === 'http' ? 'callHttp' : work.name;
}

function inputOf({ work }: TaskRow): string | undefined {
  return work.kind === 'http' ? undefined : work.input;
}
