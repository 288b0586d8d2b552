/**
 * The history in the JSON that durable-functions 3 reads (`lib/src/history`, `TaskOrchestrationExecutor`): numbered event
 * types, PascalCase fields, `Result` and `Input` as JSON text. One event of the engine is one event here, at the same index.
 */
import type { EntityMessage, HistoryEvent } from '../engine/history-event';

/** `HistoryEventType` of durable-functions 3.5. */
const TYPE = {
  ExecutionStarted: 0,
  ExecutionCompleted: 1,
  ExecutionTerminated: 3,
  TaskScheduled: 4,
  TaskCompleted: 5,
  TaskFailed: 6,
  SubOrchestrationInstanceCreated: 7,
  SubOrchestrationInstanceCompleted: 8,
  SubOrchestrationInstanceFailed: 9,
  TimerCreated: 10,
  TimerFired: 11,
  OrchestratorStarted: 12,
  OrchestratorCompleted: 13,
  EventSent: 14,
  EventRaised: 15,
  GenericEvent: 17,
  ExecutionSuspended: 19,
  ExecutionResumed: 20,
} as const;

export const iso = (ms: number): string => new Date(ms).toISOString();

/** Who speaks, for the requests to entities that the library reads back. */
export interface Speaker {
  readonly instanceId: string;
  readonly executionId: string;
}

/** One event without its last field `IsPlayed` and the closing brace, so that both states share the text. */
export function historyEventJson(event: HistoryEvent, speaker: Speaker): string {
  const fields = eventFields(event, speaker);
  return JSON.stringify({ EventId: -1, ...fields, Timestamp: iso(event.at) }).slice(0, -1);
}

function eventFields(event: HistoryEvent, speaker: Speaker): Record<string, unknown> {
  switch (event.type) {
    case 'turn-started':
      return { EventType: TYPE.OrchestratorStarted };
    case 'turn-completed':
      return { EventType: TYPE.OrchestratorCompleted };
    case 'execution-started':
      return { EventType: TYPE.ExecutionStarted, Name: event.name, Version: event.version ?? '', Input: event.input };
    case 'task-scheduled': {
      const { work } = event;
      const named =
        work.kind === 'http' ? { Name: 'BuiltIn::HttpActivity' } : { Name: work.name, Input: work.input ?? null };
      return { EventType: TYPE.TaskScheduled, EventId: event.id, ...named };
    }
    case 'task-completed':
      return { EventType: TYPE.TaskCompleted, TaskScheduledId: event.id, Result: event.result };
    case 'task-failed':
      return { EventType: TYPE.TaskFailed, TaskScheduledId: event.id, ...failureFields(event.failure) };
    case 'sub-created':
      return {
        EventType: TYPE.SubOrchestrationInstanceCreated,
        EventId: event.id,
        Name: event.work.name,
        InstanceId: event.work.instanceId,
        Input: event.work.input ?? null,
      };
    case 'sub-completed':
      return { EventType: TYPE.SubOrchestrationInstanceCompleted, TaskScheduledId: event.id, Result: event.result };
    case 'sub-failed':
      return {
        EventType: TYPE.SubOrchestrationInstanceFailed,
        TaskScheduledId: event.id,
        ...failureFields(event.failure),
      };
    case 'timer-created':
      return { EventType: TYPE.TimerCreated, EventId: event.id, FireAt: iso(event.fireAt) };
    case 'timer-fired':
      return { EventType: TYPE.TimerFired, TimerId: event.id, FireAt: iso(event.fireAt) };
    case 'message-sent':
      return {
        EventType: TYPE.EventSent,
        EventId: event.id,
        InstanceId: event.target,
        Name: event.message.kind === 'release' ? 'release' : 'op',
        Input: requestJson(event.message, speaker),
      };
    case 'event-raised':
      return { EventType: TYPE.EventRaised, Name: event.name, Input: event.input };
    case 'suspended':
      return { EventType: TYPE.ExecutionSuspended, Reason: event.reason ?? null };
    case 'resumed':
      return { EventType: TYPE.ExecutionResumed, Reason: event.reason ?? null };
    case 'terminated':
      return { EventType: TYPE.ExecutionTerminated, Input: event.reason ?? null };
    case 'rewound':
      return { EventType: TYPE.GenericEvent, Data: event.reason ?? null };
    case 'execution-completed':
      return { EventType: TYPE.ExecutionCompleted, OrchestrationStatus: event.status, Result: event.output ?? null };
  }
}

function failureFields(failure: { reason: string; details: string; structured?: unknown }): Record<string, unknown> {
  return { Reason: failure.reason, Details: failure.details, FailureDetails: failure.structured ?? null };
}

/** `RequestMessage` of the library: what it finds in the `Input` of an event sent to an entity. */
function requestJson(message: EntityMessage, speaker: Speaker): string {
  const id = message.requestId;
  const parent = { parent: speaker.instanceId, parentExecution: speaker.executionId };
  switch (message.kind) {
    case 'call':
      return JSON.stringify({ op: message.op, input: message.input, id, ...parent });
    case 'signal':
      return JSON.stringify({ op: message.op, signal: true, input: message.input, id });
    case 'lock':
      return JSON.stringify({ op: null, id, lockset: message.entities, pos: 0, ...parent });
    case 'release':
      return JSON.stringify({ id, parent: speaker.instanceId });
  }
}
