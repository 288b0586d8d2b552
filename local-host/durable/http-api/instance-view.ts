/** How the management API shows instances, their history, and entities. */
import { isScheduled, type HistoryEvent } from '../engine/history-event';
import type { EntityRow } from '../store/entity-table';
import type { InstanceRow } from '../store/instance-table';

/** Times are shown to the second. */
const seconds = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;
const exact = (ms: number): string => new Date(ms).toISOString();

const parse = (text: string | undefined): unknown => (text === undefined ? null : (JSON.parse(text) as unknown));

export interface ViewOptions {
  readonly showInput: boolean;
  readonly showHistory: boolean;
  readonly showHistoryOutput: boolean;
}

/** @param input JSON text. */
export function instanceView(
  row: InstanceRow,
  input: string,
  options: ViewOptions,
  history: readonly HistoryEvent[] | undefined,
): Record<string, unknown> {
  return {
    name: row.name,
    instanceId: row.id,
    runtimeStatus: row.status,
    input: options.showInput ? parse(input) : null,
    customStatus: parse(row.customStatus),
    output: parse(row.output),
    createdTime: seconds(row.created),
    lastUpdatedTime: seconds(row.updated),
    ...(history ? { historyEvents: historyView(history, options) } : {}),
  };
}

/** An entity seen as an instance: running for as long as it is there. */
export function entityInstanceView(
  row: InstanceRow,
  entity: EntityRow | undefined,
  showInput: boolean,
): Record<string, unknown> {
  const exists = entity?.present ?? false;
  const input = {
    exists,
    state: entity?.state ?? null,
    sorter: {},
    ...(entity?.lockHolder ? { lockedBy: entity.lockHolder } : {}),
  };
  return {
    name: row.name,
    instanceId: row.id,
    runtimeStatus: row.status,
    input: showInput ? input : null,
    customStatus: { entityExists: exists },
    output: null,
    createdTime: seconds(row.created),
    lastUpdatedTime: seconds(entity?.updated ?? row.updated),
  };
}

export function entityView(entity: EntityRow, fetchState: boolean): Record<string, unknown> {
  return {
    entityId: { name: entity.name, key: entity.key },
    lastOperationTime: exact(entity.updated),
    ...(fetchState ? { state: parse(entity.state) } : {}),
  };
}

/**
 * The history as the extension shows it: each completion together with what it completes, without the marks of turns and
 * without work that has not ended (recorded in `durable.status.history*`).
 */
function historyView(history: readonly HistoryEvent[], options: ViewOptions): Record<string, unknown>[] {
  const scheduled = new Map<number, HistoryEvent>();
  const ended = new Set<number>();
  for (const event of history) {
    if (isScheduled(event)) scheduled.set(event.id, event);
    if (event.type === 'timer-fired') ended.add(event.id);
  }
  const output = (text: string | undefined): Record<string, unknown> =>
    options.showHistoryOutput && text !== undefined ? { Result: parse(text) } : {};
  const input = (value: unknown): Record<string, unknown> => (options.showInput ? { Input: value } : {});
  const about = (id: number): Record<string, unknown> => {
    const event = scheduled.get(id);
    const work = event && 'work' in event ? event.work : undefined;
    const name = work?.kind === 'http' ? 'BuiltIn::HttpActivity' : work?.name;
    // The recorded host shows the input of a task as null.
    return { ScheduledTime: event ? exact(event.at) : null, FunctionName: name ?? null, ...input(null) };
  };
  return history.flatMap((event): Record<string, unknown>[] => {
    const Timestamp = exact(event.at);
    switch (event.type) {
      case 'execution-started':
        return [
          {
            EventType: 'ExecutionStarted',
            ...input(event.input),
            Correlation: null,
            ParentTraceContext: null,
            ScheduledStartTime: null,
            Generation: event.generation === 0 ? 0 : null,
            Timestamp,
            FunctionName: event.name,
          },
        ];
      case 'task-completed':
        return [{ EventType: 'TaskCompleted', ...output(event.result), Timestamp, ...about(event.id) }];
      case 'sub-completed':
        return [
          { EventType: 'SubOrchestrationInstanceCompleted', ...output(event.result), Timestamp, ...about(event.id) },
        ];
      case 'task-failed':
      case 'sub-failed': {
        const EventType = event.type === 'task-failed' ? 'TaskFailed' : 'SubOrchestrationInstanceFailed';
        const { reason, details, structured } = event.failure;
        return [
          {
            EventType,
            Reason: reason,
            Details: details,
            FailureDetails: structured ?? null,
            Timestamp,
            ...about(event.id),
          },
        ];
      }
      case 'timer-created':
        return ended.has(event.id) ? [] : [{ EventType: 'TimerCreated', FireAt: exact(event.fireAt), Timestamp }];
      case 'timer-fired':
        return [
          {
            EventType: 'TimerFired',
            FireAt: exact(event.fireAt),
            Timestamp,
            ...scheduledTime(scheduled.get(event.id)),
          },
        ];
      case 'event-raised':
        return [
          { EventType: 'EventRaised', Name: event.name, ...input(event.input), ParentTraceContext: null, Timestamp },
        ];
      case 'message-sent':
        return [{ EventType: 'EventSent', InstanceId: event.target, Name: 'op', ParentTraceContext: null, Timestamp }];
      case 'suspended':
        return [{ EventType: 'ExecutionSuspended', Reason: event.reason ?? null, Timestamp }];
      case 'resumed':
        return [{ EventType: 'ExecutionResumed', Reason: event.reason ?? null, Timestamp }];
      case 'terminated':
        return [{ EventType: 'ExecutionTerminated', Reason: event.reason ?? null, Timestamp }];
      case 'rewound':
        return [{ EventType: 'GenericEvent', Data: event.reason ?? null, Timestamp }];
      case 'execution-completed':
        return [
          {
            EventType: 'ExecutionCompleted',
            OrchestrationStatus: event.status,
            ...output(event.output),
            FailureDetails: null,
            Timestamp,
          },
        ];
      default:
        return [];
    }
  });
}

function scheduledTime(event: HistoryEvent | undefined): Record<string, unknown> {
  return event ? { ScheduledTime: exact(event.at) } : {};
}
