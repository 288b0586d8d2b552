/**
 * Runs the turns of one orchestration, one after the other: takes in letters, asks the code, stores what follows.
 *
 * Invariants:
 * 1. Nothing that a turn decided is visible or starts before the turn's commit.
 * 2. When a commit fails, the state in memory is worthless: the runner is dropped and the instance read anew.
 */
import type { FunctionDefinition } from '../../function-definition';
import type { InvocationOutcome } from '../../worker-protocol';
import type { Awaiting } from '../engine/awaiting';
import { azureNumberingProblem } from '../engine/azure-numbering';
import { AmbiguousTaskError, decide, type Decision, type Report } from '../engine/decide';
import { droppedEvents } from '../engine/dropped-events';
import { Execution } from '../engine/execution';
import { guidOf } from '../engine/guid';
import { isScheduled, type HistoryEvent, type InboxEvent } from '../engine/history-event';
import { receive } from '../engine/receive';
import type { InboxRow } from '../store/inbox-table';
import type { InstanceRow, RuntimeStatus } from '../store/instance-table';
import { FencedError, type Transaction } from '../store/store';
import { OrchestratorInput, TIMER_LIMITS } from '../wire/orchestrator-input';
import { readOrchestratorOutcome } from '../wire/orchestrator-outcome';
import { continueAsNew, endInstance } from './lifecycle';
import { sendOut, unknownFunction } from './outbox';
import { StoppingError, type Runner, type TaskHub } from './task-hub';

interface Waiting {
  readonly seq: number;
  readonly event: InboxEvent;
}

export class OrchestrationRunner implements Runner {
  readonly #hub: TaskHub;
  #execution: Execution;
  readonly #input: OrchestratorInput;
  readonly #inputJson: string;
  #row: InstanceRow;
  #inbox: Waiting[] = [];
  /** Letters up to this number were read from the store; later ones come from commits of this process and from the others'. */
  readonly #readUpTo: number;
  #awaiting: Awaiting | undefined;
  /** A letter came that the code may be waiting for. */
  #codeMayGoOn = false;
  #queued = false;
  #busy = false;

  constructor(hub: TaskHub, row: InstanceRow) {
    this.#hub = hub;
    this.#row = row;
    this.#readUpTo = hub.store.read.inbox.lastSeq();
    this.#execution = Execution.from(row.turns === 0 ? [] : hub.store.read.instances.history(row.id));
    this.#inputJson = hub.store.read.instances.input(row.id);
    this.#input = new OrchestratorInput({ instanceId: row.id, executionId: row.executionId }, row.parent?.instanceId);
  }

  get idle(): boolean {
    return !this.#busy && !this.#queued && (this.#inbox.length === 0 || this.#execution.suspended);
  }

  load(): void {
    this.#take(this.#hub.store.read.inbox.of(this.#row.id, this.#readUpTo));
  }

  deliver(rows: readonly InboxRow[]): void {
    this.#take(rows.filter(({ seq }) => seq > this.#readUpTo));
  }

  #take(rows: readonly InboxRow[]): void {
    let wake = false;
    for (const { seq, letter } of rows) {
      const event = letter as InboxEvent;
      this.#inbox.push({ seq, event });
      if (this.#note(event)) wake = true;
    }
    if (wake) this.#schedule();
  }

  /** Whether a turn is needed; remembers when it needs the code as well. */
  #note(event: InboxEvent): boolean {
    const effect = this.#awaiting ? this.#awaiting.note(event, this.#execution, this.#hub.now()) : 'code';
    if (effect === 'code') this.#codeMayGoOn = true;
    return effect !== 'none';
  }

  #schedule(): void {
    if (this.#queued || this.#busy) {
      this.#queued = true;
      return;
    }
    this.#queued = true;
    this.#hub.background(
      this.#hub.orchestratorSlots.run(() => this.#run()),
      `the turn of '${this.#row.id}'`,
    );
  }

  async #run(): Promise<void> {
    this.#busy = true;
    try {
      while (this.#queued && !this.#hub.stopping) {
        this.#queued = false;
        if ((await this.#turn()) === 'over') return;
      }
    } catch (error) {
      this.#hub.forget(this.#row.id, this);
      if (!this.#hub.stopping && !(error instanceof FencedError) && !(error instanceof StoppingError))
        await this.#fail(error);
      throw error;
    } finally {
      this.#busy = false;
    }
  }

  async #turn(): Promise<'over' | 'open'> {
    try {
      return await this.#tryTurn(false);
    } catch (error) {
      if (!(error instanceof AmbiguousTaskError)) throw error;
      return this.#tryTurn(true);
    }
  }

  async #tryTurn(oneAtATime: boolean): Promise<'over' | 'open'> {
    const execution = this.#execution;
    // Each turn has a time of its own, so that timers of different turns can be told apart.
    const now = Math.max(this.#hub.now(), execution.turnAt + 1);
    const played = execution.history.length;
    const inbox = this.#inbox;
    const reception = receive(
      execution,
      inbox.map((w) => w.event),
      {
        now,
        limits: TIMER_LIMITS,
        asleep: !this.#codeMayGoOn,
        awaiting: this.#awaiting,
        oneAtATime,
        subId: this.#subId,
      },
    );
    const gone = new Set([...reception.taken, ...reception.stale]);
    const removed = inbox.filter((_, i) => gone.has(i));
    this.#inbox = inbox.filter((_, i) => !gone.has(i));
    if (reception.events.length === 0) {
      if (removed.length > 0) await this.#hub.store.insist((tx) => removed.forEach((w) => tx.inbox.remove(w.seq)));
      return 'open';
    }
    for (const event of reception.events) execution.apply(event);
    for (const [from, to] of reception.moved) this.#awaiting?.move(from, to);

    let events: readonly HistoryEvent[] = reception.events;
    let decision: Decision = { events: [], outbound: [] };
    let customStatus = this.#row.customStatus;
    if (reception.needsCode) {
      const answer = await this.#ask(played);
      const severalSteps = !oneAtATime && reception.taken.length > 1;
      const decided = this.#decide(answer.report, severalSteps, () => {
        this.#execution = Execution.from(execution.history.slice(0, played));
        this.#input.forget();
        this.#inbox = [...removed, ...this.#inbox];
        this.#codeMayGoOn = true;
        this.#awaiting = undefined;
      });
      if (decided.problem) this.#hub.context.log.warning(`Durable: instance '${this.#row.id}': ${decided.problem}`);
      customStatus = answer.customStatus;
      if (execution.completed) this.#warnOfAzure(answer.report);
      if (execution.completed?.status === 'ContinuedAsNew') this.#warnOfDropped(answer.report);
      decision = decided;
      this.#awaiting = decided.awaiting;
      events = [...events, ...decided.events];
      this.#codeMayGoOn = false;
      for (const { event } of this.#inbox) if (this.#note(event)) this.#queued = true;
    }
    const outbound = [...reception.outbound, ...decision.outbound];
    const row: InstanceRow = {
      ...this.#row,
      ...this.#standing(customStatus),
      turns: this.#row.turns + 1,
      updated: now,
    };
    const over = execution.completed !== undefined;
    const committed = await this.#hub.store.insist((tx) => {
      const current = tx.instances.get(row.id);
      if (!this.#isCurrent(current, row) || !removed.every(({ seq }) => tx.inbox.has(seq))) {
        tx.after(() => this.#hub.readAnew(row.id, this));
        return false;
      }
      for (const { seq } of removed) tx.inbox.remove(seq);
      tx.instances.addTurn(row.id, row.turns, events);
      tx.instances.progress(row);
      sendOut(this.#hub, tx, row, outbound);
      if (over) this.#end(tx, row, decision);
      else if (row.status !== this.#row.status) tx.after(() => this.#hub.announce(row));
      return true;
    });
    if (!committed) return 'over';
    this.#row = row;
    return over ? 'over' : 'open';
  }

  /** What taking the turn again would not mend, such as an answer that cannot be read, fails the instance: it would wait for ever. */
  async #fail(error: unknown): Promise<void> {
    const at = Math.max(this.#hub.now(), this.#row.updated + 1);
    const reason = error instanceof Error ? error.message : String(error);
    const status = 'Failed';
    const output = JSON.stringify(`Orchestrator function '${this.#functionName()}' failed: ${reason}`);
    const row: InstanceRow = { ...this.#row, status, output, turns: this.#row.turns + 1, updated: at };
    await this.#hub.store.insist((tx) => {
      if (!this.#isCurrent(tx.instances.get(row.id), row)) return;
      const { locked } = Execution.from(tx.instances.history(row.id));
      tx.instances.addTurn(row.id, row.turns, [
        { type: 'turn-started', at },
        { type: 'execution-completed', at, status, output },
      ]);
      tx.instances.progress(row);
      endInstance(this.#hub, tx, row, { status, output, locked });
    });
  }

  #decide(report: Report, severalSteps: boolean, undo: () => void): ReturnType<typeof decide> {
    try {
      return decide(this.#execution, report, {
        now: this.#execution.turnAt,
        limits: TIMER_LIMITS,
        severalSteps,
        requestId: (id) => guidOf(`${this.#row.executionId}:${id}`),
        subId: this.#subId,
        failureText: (error) => `Orchestrator function '${this.#functionName()}' failed: ${error}`,
      });
    } catch (error) {
      if (error instanceof AmbiguousTaskError) undo();
      throw error;
    }
  }

  /** Only orchestrations with work of the engine's own, or tasks named twice, can be numbered in two ways. */
  #warnOfAzure(report: Report): void {
    const { history, leaves, leafEvents } = this.#execution;
    const twoWays =
      history.some((e) => isScheduled(e) && e.leaf === undefined) ||
      leafEvents.filter((e) => e !== undefined).length < leaves;
    const problem = twoWays && !report.silent ? azureNumberingProblem(history, report.commands) : undefined;
    if (problem)
      this.#hub.context.log.warning(
        `Durable: orchestrator '${this.#functionName()}', instance '${this.#row.id}': ${problem}`,
      );
  }

  #warnOfDropped({ commands }: Report): void {
    const dropped = droppedEvents(this.#execution.history, commands);
    if (dropped.length === 0) return;
    const names = [...new Set(dropped)].map((name) => `'${name}'`).join(', ');
    this.#hub.context.log.warning(
      `Durable: orchestrator '${this.#functionName()}', instance '${this.#row.id}': ${dropped.length} raised event(s) (${names}) ` +
        'had come and were not waited for before it continued as new: they are dropped, as in Azure. Collect events in an ' +
        'entity, or send the next one only after the last was answered.',
    );
  }

  /** Nobody else took over the instance, replaced it, or carried it on since this turn began. */
  #isCurrent(current: InstanceRow | undefined, row: InstanceRow): boolean {
    const same = current?.executionId === row.executionId && current.owner === this.#hub.hostId;
    return same && current.turns === row.turns - 1;
  }

  #end(tx: Transaction, row: InstanceRow, decision: Decision): void {
    const { completed, locked, started } = this.#execution;
    if (!completed) return;
    if (completed.status === 'ContinuedAsNew') {
      tx.after(() => this.#hub.forget(row.id, this));
      for (const entity of locked) this.#hub.post(tx, entity, undefined, { type: 'release', holder: row.id });
      continueAsNew(
        this.#hub,
        tx,
        row,
        decision.completion?.input ?? 'null',
        (started?.generation ?? 0) + 1,
        row.customStatus,
      );
      return;
    }
    endInstance(this.#hub, tx, row, { status: completed.status, output: completed.output, locked });
  }

  async #ask(played: number): Promise<{ report: Report; customStatus?: string }> {
    const fn = this.#function();
    if (!fn)
      return {
        report: {
          commands: [],
          done: true,
          silent: true,
          error: unknownFunction(this.#row.name, 'orchestrator', this.#hub.orchestrators),
        },
      };
    const json = this.#input.json(this.#execution.history, played, this.#inputJson);
    const outcome = await this.#hub.invoke(fn, { input: { string: json }, reason: '(null)', ignoreRetryPolicy: true });
    return readTurn(outcome);
  }

  #standing(customStatus: string | undefined): Pick<InstanceRow, 'status' | 'output' | 'customStatus'> {
    const { completed, suspended } = this.#execution;
    const status: RuntimeStatus =
      completed && completed.status !== 'ContinuedAsNew' ? completed.status : suspended ? 'Suspended' : 'Running';
    // The recorded host shows the reason of a suspension as the output, until the instance goes on.
    const reason = suspended ? this.#execution.history.findLast((e) => e.type === 'suspended')?.reason : undefined;
    const output = completed?.output ?? (reason === undefined ? undefined : JSON.stringify(reason));
    return { status, output, customStatus };
  }

  readonly #subId = (id: number): string => `${this.#row.executionId}:${id}`;

  #function(): FunctionDefinition | undefined {
    return this.#hub.orchestrators.get(this.#row.name.toLowerCase());
  }

  #functionName(): string {
    return this.#function()?.name ?? this.#row.name;
  }
}

function readTurn(outcome: InvocationOutcome): { report: Report; customStatus?: string } {
  const turn = readOrchestratorOutcome(outcome);
  if (turn) return turn;
  // The function failed before the library ran, or it is not one that the library wrapped.
  const error = outcome.error?.message ?? 'The orchestrator function returned nothing that Durable Functions can read.';
  return { report: { commands: [], done: true, silent: true, error } };
}
