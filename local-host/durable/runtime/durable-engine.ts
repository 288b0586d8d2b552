/** The running engine of one host process: puts the parts together, takes over what waits, and stops without loss. */
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock, type Clock } from '../../clock';
import { triggerOf, type FunctionDefinition } from '../../function-definition';
import type { HostContext } from '../../plugin';
import { durableSettings } from '../durable-settings';
import type { InstanceRow } from '../store/instance-table';
import { isOver } from '../store/instance-table';
import { FencedError, Store } from '../store/store';
import type { TimerRow } from '../store/timer-table';
import { EntityRunner } from './entity-runner';
import { Membership, type MembershipOptions } from './membership';
import { OrchestrationRunner } from './orchestration-runner';
import { TaskHub } from './task-hub';
import { TaskPump } from './task-pump';
import { TimerQueue } from './timer-queue';

export interface EngineOptions extends MembershipOptions {
  /** `memory` keeps nothing beyond the process. @default file */
  readonly storage?: 'file' | 'memory';
  /** For leases of processes. @default the machine's clock */
  readonly processClock?: Clock;
  /** How long `stop` waits for functions that run. @default 5000 ms */
  readonly stopGraceMs?: number;
}

export class DurableEngine {
  readonly hub: TaskHub;
  readonly #store: Store;
  readonly #membership: Membership;
  readonly #tasks: TaskPump;
  readonly #timers: TimerQueue;
  readonly #processClock: Clock;
  readonly #stopGraceMs: number;
  /** Looks at instances that end in other processes. */
  readonly #waiting = new Set<{ readonly check: () => void; readonly abort: () => void }>();
  /** Tasks were left for whoever has room, which may be this process once more. */
  #tasksLeft = false;
  #lastLetter = 0;
  #stopped = false;
  #rejoining = false;

  constructor(context: HostContext, options: EngineOptions = {}) {
    const settings = durableSettings(context.settings);
    mkdirSync(context.stateDir, { recursive: true });
    const file =
      options.storage === 'memory'
        ? ':memory:'
        : join(context.stateDir, `durable-${settings.hubName.replace(/[^\w-]/g, '_')}.sqlite`);
    this.#store = new Store(file, randomUUID());
    this.hub = new TaskHub(context, settings, this.#store);
    this.#processClock = options.processClock ?? systemClock;
    this.#stopGraceMs = options.stopGraceMs ?? 5000;
    this.#tasks = new TaskPump(this.hub);
    this.#timers = new TimerQueue(context.clock, (due) => this.#fire(due));
    this.#membership = new Membership(
      this.#store,
      this.#processClock,
      context.log,
      { lookForWork: () => this.#lookForWork() },
      options,
    );
    this.hub.onTasks = (tasks) => this.#tasks.add(tasks);
    this.hub.onTimer = (timer) => this.#timers.add(timer);
    this.hub.onTimerCancelled = (timer) => this.#timers.cancel(timer);
    this.hub.sharesTasks = () => {
      const shares = this.#membership.others > 0 && this.#tasks.room <= 0;
      this.#tasksLeft ||= shares;
      return shares;
    };
    this.hub.catchUp = () => {
      if (this.#membership.others > 0) this.#readMail();
    };
    this.#store.onFenced = () => this.#rejoin();
    this.#store.onTrouble = (reason) => {
      if (reason === undefined) context.log.information('Durable: the state can be written again; work goes on.');
      else
        context.log.error(
          `Durable: the state ${file} cannot be written (${reason}). Work waits, and new work is refused, until it can: free ` +
            'some space on its disk, or end the process that holds the file.',
        );
    };
    this.#tasks.onIdle = () => {
      if (this.#tasksLeft) this.hub.background(this.#takeOver(), 'taking over tasks');
    };
    this.hub.makeRunner = (row: InstanceRow) =>
      row.id.startsWith('@') ? new EntityRunner(this.hub, row) : new OrchestrationRunner(this.hub, row);
  }

  /** Figures of the store: commits, and writes that shared them. */
  get commits(): { commits: number; writes: number } {
    return { commits: this.#store.commits, writes: this.#store.writes };
  }

  async start(functions: readonly FunctionDefinition[]): Promise<void> {
    for (const fn of functions) {
      const name = fn.name.toLowerCase();
      const type = triggerOf(fn)?.type.toLowerCase();
      if (type === 'orchestrationtrigger') this.hub.orchestrators.set(name, fn);
      if (type === 'activitytrigger') this.hub.activities.set(name, fn);
      if (type === 'entitytrigger') this.hub.entityFunctions.set(name, fn);
    }
    await this.#membership.join();
    this.#lookForWork();
    this.#readMail();
  }

  /** Work that others could take over is left in the store; what runs is waited for. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#timers.stop();
    this.#tasks.stop();
    await this.hub.stop(this.#processClock, this.#stopGraceMs);
    await this.#membership.leave();
    for (const { abort } of this.#waiting) abort();
    this.#store.close();
  }

  /** Adopts what nobody owns, then reads what others wrote to what is ours. */
  #lookForWork(): void {
    if (this.#stopped) return;
    this.hub.background(this.#takeOver(), 'taking over work');
    this.#readMail();
    for (const { check } of this.#waiting) check();
  }

  async #takeOver(): Promise<void> {
    const room = this.#membership.others > 0 ? Math.max(0, this.#tasks.room) : Number.MAX_SAFE_INTEGER;
    const taken = await this.#store.insist((tx) => ({
      instances: tx.instances.adopt(this.hub.hostId),
      tasks: room > 0 ? tx.tasks.claim(this.hub.hostId, room) : [],
    }));
    if (this.#stopped) return;
    if (taken.tasks.length < room) this.#tasksLeft = false;
    for (const id of taken.instances) {
      for (const timer of this.#store.read.timers.of(id)) this.#timers.add(timer);
      this.hub.wake(id);
    }
    this.#tasks.add(taken.tasks);
  }

  #readMail(): void {
    const last = this.#store.read.inbox.lastSeq();
    const rows = this.#store.read.inbox.between(this.#lastLetter, last, this.hub.hostId);
    this.#lastLetter = last;
    if (rows.length > 0) this.hub.deliver(rows);
  }

  #fire(due: readonly TimerRow[]): void {
    const work = this.#store.insist((tx) => {
      const at = this.hub.now();
      for (const { instanceId, executionId, taskId, fireAt } of due)
        if (tx.timers.remove(instanceId, executionId, taskId))
          this.hub.post(tx, instanceId, executionId, { type: 'timer-fired', at, id: taskId, fireAt });
    });
    this.hub.background(work, 'firing timers');
  }

  /** Another process took this one for dead, for example after the machine slept. Everything in memory is void. */
  #rejoin(): void {
    if (this.#stopped || this.#rejoining) return;
    this.#rejoining = true;
    this.hub.forgetAll();
    this.#tasks.clear();
    this.hub.context.log.warning('Durable: this process was taken for dead by another one; it begins anew.');
    this.hub.background(
      this.#joinAnew().finally(() => (this.#rejoining = false)),
      'joining the task hub',
    );
  }

  async #joinAnew(): Promise<void> {
    for (let joined = false; !joined && !this.#stopped;)
      try {
        await this.#store.insistOn(() => this.#membership.join());
        joined = true;
      } catch (error) {
        // Taken for dead once more before it had looked around.
        if (!(error instanceof FencedError)) throw error;
      }
    this.#lookForWork();
  }

  /** The instance as stored; undefined when there is none. */
  instance(id: string): InstanceRow | undefined {
    return this.#store.read.instances.get(id);
  }

  /**
   * Resolves once the instance has ended, wherever it runs; at once when it has already. One that is not there yet is waited
   * for too. Rejects when the signal aborts or the engine stops.
   */
  waitForInstance(id: string, signal?: AbortSignal): Promise<InstanceRow> {
    const current = this.instance(id);
    if (current && isOver(current.status)) return Promise.resolve(current);
    return new Promise((resolve, reject) => {
      const done = (): void => {
        this.hub.events.off('instance', look);
        this.#waiting.delete(waiting);
        signal?.removeEventListener('abort', abort);
      };
      const check = (): void => {
        const row = this.instance(id);
        if (!row || !isOver(row.status)) return;
        done();
        resolve(row);
      };
      const look = (event: { readonly instanceId: string }): void => {
        if (event.instanceId === id) check();
      };
      const abort = (): void => {
        done();
        reject(new Error(`Instance '${id}' is no longer waited for.`));
      };
      const waiting = { check, abort };
      this.hub.events.on('instance', look);
      this.#waiting.add(waiting);
      signal?.addEventListener('abort', abort, { once: true });
    });
  }
}
