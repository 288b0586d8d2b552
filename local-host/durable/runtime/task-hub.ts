/**
 * What the parts of the running engine share: the store, the functions of the app, and the way from a committed letter to
 * the runner that reads it.
 *
 * Invariants:
 * 1. A runner exists at most once for an instance, and only in the process that owns it.
 * 2. Letters reach a runner only after the commit that wrote them.
 * 3. A letter takes effect in the commit that removes it, and in no other: a runner whose letters are gone commits nothing.
 */
import { EventEmitter } from 'node:events';
import type { Clock } from '../../clock';
import type { FunctionDefinition } from '../../function-definition';
import type { HostContext, Invocation } from '../../plugin';
import type { InvocationOutcome } from '../../worker-protocol';
import type { DurableSettings } from '../durable-settings';
import type { InboxRow, Letter } from '../store/inbox-table';
import { isOver, type InstanceRow, type RuntimeStatus } from '../store/instance-table';
import { FencedError, type Store, type Transaction } from '../store/store';
import type { TaskRow } from '../store/task-table';
import type { TimerRow } from '../store/timer-table';
import { Slots } from './slots';

/** Reads the letters of one instance. */
export interface Runner {
  /** Reads what waits in the store. Called once, before any letter is delivered. */
  load(): void;
  /** Newly committed letters; ones that it has read from the store are passed over. */
  deliver(rows: readonly InboxRow[]): void;
  /** Nothing runs and nothing waits to be read that could be read now. */
  readonly idle: boolean;
}

/** What tests and the host's API can wait for. */
export interface DurableEvents {
  instance: [{ readonly instanceId: string; readonly name: string; readonly status: RuntimeStatus }];
  activity: [
    {
      readonly instanceId: string;
      readonly name: string;
      readonly input?: string | undefined;
      readonly failed: boolean;
    },
  ];
  entity: [{ readonly entityId: string }];
}

/** Runners that are kept in memory between turns, beyond those at work. */
const KEPT_RUNNERS = 5_000;

/** Runs of one piece of work that ended with their worker, before it counts as failed: it may be what ends the worker. */
const MOST_LOST_RUNS = 5;

/** The host stops; what was under way is taken up at the next start. */
export class StoppingError extends Error {
  override readonly name = 'StoppingError';
}

export class TaskHub {
  readonly events = new EventEmitter<DurableEvents>();
  readonly orchestratorSlots: Slots;
  readonly orchestrators = new Map<string, FunctionDefinition>();
  readonly activities = new Map<string, FunctionDefinition>();
  readonly entityFunctions = new Map<string, FunctionDefinition>();
  readonly #runners = new Map<string, Runner>();
  readonly #background = new Set<Promise<unknown>>();
  #stopping = false;
  #releaseClock: () => void = () => undefined;

  onTasks: (tasks: readonly TaskRow[]) => void = () => undefined;
  onTimer: (timer: TimerRow) => void = () => undefined;
  onTimerCancelled: (timer: Pick<TimerRow, 'instanceId' | 'executionId' | 'taskId'>) => void = () => undefined;
  /** Reads letters that other processes committed before, so that those of one sender keep their order. */
  catchUp: () => void = () => undefined;
  /** Whether new tasks should be left to other processes. */
  sharesTasks: () => boolean = () => false;
  makeRunner: (row: InstanceRow) => Runner = () => {
    throw new Error('The engine has not started.');
  };

  constructor(
    readonly context: HostContext,
    readonly settings: DurableSettings,
    readonly store: Store,
  ) {
    this.events.setMaxListeners(0);
    this.orchestratorSlots = new Slots(settings.maxConcurrentOrchestrators);
  }

  get hostId(): string {
    return this.store.hostId;
  }

  get stopping(): boolean {
    return this.#stopping;
  }

  now(): number {
    return this.context.clock.now();
  }

  /**
   * Runs a function. When the worker ended meanwhile it is run again in the next one, up to {@link MOST_LOST_RUNS} times, as
   * the real host gives such work back to its queue.
   * @throws StoppingError when the host stops before there is an answer.
   */
  async invoke(fn: FunctionDefinition, invocation: Invocation): Promise<InvocationOutcome> {
    for (let run = 1; ; run++) {
      const outcome = await this.context.invoke(fn, invocation);
      if (!outcome.lost) return outcome;
      if (this.#stopping) throw new StoppingError();
      if (run === MOST_LOST_RUNS) return outcome;
      this.context.log.warning(
        `Durable: the worker ended while '${fn.name}' ran; it is run again (${run} of ${MOST_LOST_RUNS - 1}).`,
      );
    }
  }

  /** Work that nobody waits for; `stop` does. A failure is logged. */
  background(work: Promise<unknown>, what: string): void {
    const watched = work
      .catch((error: unknown) => {
        if (!this.#stopping && !(error instanceof FencedError))
          this.context.log.error(
            `Durable: ${what} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
          );
      })
      .finally(() => {
        this.#background.delete(watched);
        if (this.#background.size === 0) this.#releaseClock();
      });
    if (this.#background.size === 0) this.#releaseClock = this.context.clock.hold?.() ?? this.#releaseClock;
    this.#background.add(watched);
  }

  /**
   * Writes a letter to an instance, within a transaction. Dropped when there is no such instance, when it was meant for an
   * execution that is over, or when the instance has ended; a failed one keeps results, which a rewind will read.
   * @returns whether it was written.
   */
  post(tx: Transaction, instanceId: string, executionId: string | undefined, letter: Letter): boolean {
    const row = tx.instances.get(instanceId);
    if (!row || (executionId !== undefined && row.executionId !== executionId)) return false;
    if (isOver(row.status) && !(row.status === 'Failed' && executionId !== undefined)) return false;
    const seq = tx.inbox.add(instanceId, executionId, letter);
    if (row.owner === undefined) tx.instances.setOwner(instanceId, this.hostId);
    if (row.owner === undefined || row.owner === this.hostId)
      tx.after(() => {
        this.catchUp();
        this.deliver([{ seq, instanceId, letter }]);
      });
    return true;
  }

  /** Hands committed letters to their runners, which are made when they are not there. */
  deliver(rows: readonly InboxRow[]): void {
    if (this.#stopping) return;
    const byInstance = new Map<string, InboxRow[]>();
    for (const row of rows) {
      const list = byInstance.get(row.instanceId);
      if (list) list.push(row);
      else byInstance.set(row.instanceId, [row]);
    }
    for (const [id, letters] of byInstance) {
      const runner = this.#runners.get(id);
      if (runner) runner.deliver(letters);
      else this.wake(id);
    }
  }

  /** Makes the runner of an instance and lets it read all that waits. */
  wake(instanceId: string): void {
    if (this.#stopping || this.#runners.has(instanceId)) return;
    const row = this.store.read.instances.get(instanceId);
    if (row?.owner !== this.hostId || isOver(row.status)) return;
    this.#shed();
    const runner = this.makeRunner(row);
    this.#runners.set(instanceId, runner);
    runner.load();
  }

  /** The instance is over, gone, or to be read anew. */
  forget(instanceId: string, runner?: Runner): void {
    if (runner && this.#runners.get(instanceId) !== runner) return;
    this.#runners.delete(instanceId);
  }

  /** The runner's view of the instance is out of date: another one reads it from the store, unless it did already. */
  readAnew(instanceId: string, runner: Runner): void {
    this.forget(instanceId, runner);
    this.wake(instanceId);
  }

  forgetAll(): void {
    this.#runners.clear();
  }

  announce(row: Pick<InstanceRow, 'id' | 'name' | 'status'>): void {
    this.events.emit('instance', { instanceId: row.id, name: row.name, status: row.status });
  }

  /**
   * Takes no new work and waits for what is under way, so long. What takes longer is done again after the next start.
   * @param clock the machine's.
   */
  async stop(clock: Clock, graceMs: number): Promise<void> {
    this.#stopping = true;
    let cancel: () => void = () => undefined;
    const late = new Promise<'late'>((resolve) => (cancel = clock.after(graceMs, () => resolve('late'))));
    while (this.#background.size > 0)
      if ((await Promise.race([Promise.allSettled(this.#background), late])) === 'late') break;
    cancel();
  }

  #shed(): void {
    if (this.#runners.size < KEPT_RUNNERS) return;
    for (const [id, runner] of this.#runners) {
      if (runner.idle) this.#runners.delete(id);
      if (this.#runners.size < KEPT_RUNNERS / 2) return;
    }
  }
}
