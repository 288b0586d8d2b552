/** How instances begin and end in the store. All functions run within a transaction. */
import { randomBytes } from 'node:crypto';
import type { Failure, InboxEvent } from '../engine/history-event';
import { isOver, type InstanceRow, type ParentRef } from '../store/instance-table';
import type { Transaction } from '../store/store';
import { exceptionJson } from '../wire/activity';
import type { TaskHub } from './task-hub';

/** There is an unfinished instance with this id. */
export class InstanceExistsError extends Error {
  override readonly name = 'InstanceExistsError';
  constructor(readonly status: string) {
    super(`An Orchestration instance with the status ${status} already exists.`);
  }
}

export interface NewInstance {
  readonly id: string;
  readonly name: string;
  /** JSON text. */
  readonly input: string;
  readonly version?: string | undefined;
  readonly parent?: ParentRef;
}

/** 32 hexadecimal digits, as the extension makes them. */
export function newId(): string {
  return randomBytes(16).toString('hex');
}

/**
 * Starts an orchestration; a finished one of the same id is replaced.
 * @throws InstanceExistsError
 */
export function createInstance(hub: TaskHub, tx: Transaction, instance: NewInstance): void {
  const existing = tx.instances.get(instance.id);
  if (existing && !isOver(existing.status)) throw new InstanceExistsError(existing.status);
  if (existing) tx.instances.remove(instance.id);
  // Before the new one's first letter is delivered, which makes a new runner.
  tx.after(() => hub.forget(instance.id));
  begin(hub, tx, instance, 0, undefined);
}

/** Starts the next execution of an instance whose code continued as new. */
export function continueAsNew(
  hub: TaskHub,
  tx: Transaction,
  row: InstanceRow,
  input: string,
  generation: number,
  customStatus: string | undefined,
): void {
  tx.instances.removeHistory(row.id);
  tx.inbox.removeBound(row.id);
  tx.timers.removeOf(row.id);
  begin(
    hub,
    tx,
    { id: row.id, name: row.name, version: row.version, input, ...(row.parent ? { parent: row.parent } : {}) },
    generation,
    customStatus,
  );
}

function begin(
  hub: TaskHub,
  tx: Transaction,
  instance: NewInstance,
  generation: number,
  customStatus: string | undefined,
): void {
  const now = hub.now();
  const row: InstanceRow = {
    id: instance.id,
    executionId: newId(),
    name: instance.name,
    version: instance.version,
    status: generation === 0 ? 'Pending' : 'Running',
    output: undefined,
    customStatus,
    created: now,
    updated: now,
    turns: 0,
    parent: instance.parent,
    owner: hub.hostId,
  };
  tx.instances.put(row);
  tx.instances.putInput(instance.id, instance.input);
  const letter: InboxEvent = {
    type: 'execution-started',
    at: now,
    name: instance.name,
    input: instance.input,
    generation,
    ...(instance.version === undefined ? {} : { version: instance.version }),
  };
  const seq = tx.inbox.add(instance.id, row.executionId, letter);
  tx.after(() => {
    if (generation === 0) hub.announce(row);
    hub.deliver([{ seq, instanceId: instance.id, letter }]);
  });
}

/** Tells the parent, lets go of entities, and clears what only a running instance needs. */
export function endInstance(
  hub: TaskHub,
  tx: Transaction,
  row: InstanceRow,
  end: {
    readonly status: 'Completed' | 'Failed' | 'Terminated';
    readonly output: string | undefined;
    readonly locked: Iterable<string>;
  },
): void {
  tx.timers.removeOf(row.id);
  if (end.status !== 'Failed') tx.inbox.removeAll(row.id);
  for (const entity of end.locked) hub.post(tx, entity, undefined, { type: 'release', holder: row.id });
  const { parent } = row;
  if (parent) {
    const at = hub.now();
    const letter: InboxEvent =
      end.status === 'Completed'
        ? { type: 'sub-completed', at, id: parent.taskId, result: end.output ?? 'null' }
        : { type: 'sub-failed', at, id: parent.taskId, failure: subFailure(row.name, end.output) };
    hub.post(tx, parent.instanceId, parent.executionId, letter);
  }
  tx.after(() => {
    hub.forget(row.id);
    hub.announce({ ...row, status: end.status });
  });
}

/** What a parent sees of a failed or terminated sub-orchestration. */
export function subFailure(name: string, output: string | undefined): Failure {
  const parsed: unknown = output === undefined ? undefined : JSON.parse(output);
  const text = typeof parsed === 'string' ? parsed : (output ?? 'terminated');
  return {
    reason: `The sub-orchestrator function '${name}' failed: "${text}"`,
    details: exceptionJson(text, undefined),
  };
}
