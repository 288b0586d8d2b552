/** Carries out what a turn decided, within the transaction that stores the turn. */
import { parseEntityId } from '../engine/entity';
import type { EntityRequest } from '../engine/entity';
import type { EntityMessage, InboxEvent, SubOrchestration } from '../engine/history-event';
import type { Outbound } from '../engine/outbound';
import { isOver, type InstanceRow } from '../store/instance-table';
import type { Transaction } from '../store/store';
import type { TaskRow } from '../store/task-table';
import { exceptionJson } from '../wire/activity';
import { entityAnswer } from '../wire/entity-batch';
import { createInstance } from './lifecycle';
import type { TaskHub } from './task-hub';

export function sendOut(hub: TaskHub, tx: Transaction, row: InstanceRow, outbound: readonly Outbound[]): void {
  const tasks: TaskRow[] = [];
  const self = (letter: InboxEvent): void => void hub.post(tx, row.id, row.executionId, letter);
  for (const out of outbound) {
    switch (out.kind) {
      case 'start-task': {
        const task = { instanceId: row.id, executionId: row.executionId, taskId: out.id, work: out.work };
        const shared = hub.sharesTasks();
        const seq = tx.tasks.add(task, shared ? undefined : hub.hostId);
        if (!shared) tasks.push({ ...task, seq });
        break;
      }
      case 'start-timer': {
        const timer = { instanceId: row.id, executionId: row.executionId, taskId: out.id, fireAt: out.fireAt };
        tx.timers.add(timer);
        tx.after(() => hub.onTimer(timer));
        break;
      }
      case 'cancel-timer': {
        const timer = { instanceId: row.id, executionId: row.executionId, taskId: out.id };
        if (tx.timers.remove(row.id, row.executionId, out.id)) tx.after(() => hub.onTimerCancelled(timer));
        break;
      }
      case 'start-sub':
        startSub(hub, tx, row, out.id, out.work, self);
        break;
      case 'send':
        sendToEntity(hub, tx, row, out.target, out.message);
        break;
      case 'fail':
        self({
          type: out.of === 'sub' ? 'sub-failed' : 'task-failed',
          at: hub.now(),
          id: out.id,
          failure: out.failure,
        });
    }
  }
  tx.after(() => hub.onTasks(tasks));
}

function startSub(
  hub: TaskHub,
  tx: Transaction,
  row: InstanceRow,
  id: number,
  work: SubOrchestration,
  self: (letter: InboxEvent) => void,
): void {
  const refuse = (text: string): void =>
    self({
      type: 'sub-failed',
      at: hub.now(),
      id,
      failure: {
        reason: `The sub-orchestrator function '${work.name}' failed: "${text}"`,
        details: exceptionJson(text, undefined),
      },
    });
  if (!hub.orchestrators.has(work.name.toLowerCase()))
    return void refuse(unknownFunction(work.name, 'orchestrator', hub.orchestrators));
  if (work.instanceId.startsWith('@'))
    return void refuse(
      `The instance id '${work.instanceId}' is not allowed: ids that begin with @ are those of entities.`,
    );
  const existing = tx.instances.get(work.instanceId);
  if (existing && !isOver(existing.status))
    return void refuse(`An Orchestration instance with the status ${existing.status} already exists.`);
  createInstance(hub, tx, {
    id: work.instanceId,
    name: work.name,
    input: work.input ?? 'null',
    version: work.version,
    parent: { instanceId: row.id, executionId: row.executionId, taskId: id },
  });
}

function sendToEntity(hub: TaskHub, tx: Transaction, row: InstanceRow, target: string, message: EntityMessage): void {
  const caller = { instanceId: row.id, executionId: row.executionId };
  const request: EntityRequest =
    message.kind === 'release'
      ? { type: 'release', holder: row.id }
      : message.kind === 'lock'
        ? { type: 'lock', requestId: message.requestId, entities: message.entities, position: 0, caller }
        : {
            type: 'op',
            op: message.op,
            requestId: message.requestId,
            signal: message.kind === 'signal',
            ...(message.input === undefined ? {} : { input: message.input }),
            ...(message.kind === 'call' ? { caller } : {}),
          };
  if (postToEntity(hub, tx, target, request) || request.type !== 'op' || !request.caller) return;
  const result = JSON.stringify(unknownFunction(parseEntityId(target)?.name ?? target, 'entity', hub.entityFunctions));
  const input = entityAnswer({ failed: true, result });
  hub.post(tx, row.id, row.executionId, { type: 'event-raised', at: hub.now(), name: request.requestId, input });
}

/** @returns false when the app has no such entity function. */
export function postToEntity(hub: TaskHub, tx: Transaction, id: string, request: EntityRequest): boolean {
  const parsed = parseEntityId(id);
  if (!parsed || !hub.entityFunctions.has(parsed.name.toLowerCase())) return false;
  if (!tx.instances.get(id)) {
    const now = hub.now();
    tx.instances.put({
      id,
      executionId: '',
      name: id,
      version: undefined,
      status: 'Running',
      output: undefined,
      customStatus: undefined,
      created: now,
      updated: now,
      turns: 0,
      parent: undefined,
      owner: hub.hostId,
    });
  }
  return hub.post(tx, id, undefined, request);
}

/** The real host's text for a function that is not there. */
export function unknownFunction(
  name: string,
  kind: 'orchestrator' | 'activity' | 'entity',
  known: ReadonlyMap<string, { readonly name: string }>,
): string {
  const names = [...known.values()].map((f) => `'${f.name}'`).join(', ');
  const info =
    names === ''
      ? `No ${kind} functions are currently registered!`
      : `The following are the known ${kind} functions: ${names}.`;
  return `The function '${name}' doesn't exist, is disabled, or is not an ${kind} function. Additional info: ${info}`;
}
