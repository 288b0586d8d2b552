import type { HistoryEvent } from '../../../../../local-host/durable/engine/history-event';
import { historyEventJson } from '../../../../../local-host/durable/wire/history-json';

const at = Date.UTC(2030, 0, 2, 3, 4, 5, 6);
const Timestamp = '2030-01-02T03:04:05.006Z';
const speaker = { instanceId: 'inst', executionId: 'exec' };
const failure = { reason: 'why', details: 'what' };

const cases: [HistoryEvent, object][] = [
  [
    { type: 'turn-started', at },
    { EventId: -1, EventType: 12, Timestamp },
  ],
  [
    { type: 'turn-completed', at, leaves: 2 },
    { EventId: -1, EventType: 13, Timestamp },
  ],
  [
    { type: 'execution-started', at, name: 'o', input: '1', generation: 0 },
    { EventId: -1, EventType: 0, Name: 'o', Version: '', Input: '1', Timestamp },
  ],
  [
    { type: 'task-scheduled', at, id: 3, leaf: 0, work: { kind: 'activity', name: 'a', input: '"x"' } },
    { EventId: 3, EventType: 4, Name: 'a', Input: '"x"', Timestamp },
  ],
  [
    {
      type: 'task-scheduled',
      at,
      id: 3,
      leaf: 0,
      work: { kind: 'http', call: { method: 'GET', uri: 'http://h/', polling: true } },
    },
    { EventId: 3, EventType: 4, Name: 'BuiltIn::HttpActivity', Timestamp },
  ],
  [
    { type: 'task-completed', at, id: 3, result: 'null' },
    { EventId: -1, EventType: 5, TaskScheduledId: 3, Result: 'null', Timestamp },
  ],
  [
    { type: 'task-failed', at, id: 3, failure },
    { EventId: -1, EventType: 6, TaskScheduledId: 3, Reason: 'why', Details: 'what', FailureDetails: null, Timestamp },
  ],
  [
    { type: 'sub-created', at, id: 4, leaf: 1, work: { kind: 'sub', name: 's', instanceId: 'kid' } },
    { EventId: 4, EventType: 7, Name: 's', InstanceId: 'kid', Input: null, Timestamp },
  ],
  [
    { type: 'sub-completed', at, id: 4, result: '7' },
    { EventId: -1, EventType: 8, TaskScheduledId: 4, Result: '7', Timestamp },
  ],
  [
    { type: 'sub-failed', at, id: 4, failure: { ...failure, structured: { ErrorType: 'E' } } },
    {
      EventId: -1,
      EventType: 9,
      TaskScheduledId: 4,
      Reason: 'why',
      Details: 'what',
      FailureDetails: { ErrorType: 'E' },
      Timestamp,
    },
  ],
  [
    { type: 'timer-created', at, id: 5, leaf: 2, fireAt: at, purpose: { kind: 'user' } },
    { EventId: 5, EventType: 10, FireAt: Timestamp, Timestamp },
  ],
  [
    { type: 'timer-fired', at, id: 5, fireAt: at },
    { EventId: -1, EventType: 11, TimerId: 5, FireAt: Timestamp, Timestamp },
  ],
  [
    {
      type: 'message-sent',
      at,
      id: 6,
      leaf: 3,
      target: '@e@k',
      message: { kind: 'call', op: 'add', input: '1', requestId: 'r' },
    },
    {
      EventId: 6,
      EventType: 14,
      InstanceId: '@e@k',
      Name: 'op',
      Input: '{"op":"add","input":"1","id":"r","parent":"inst","parentExecution":"exec"}',
      Timestamp,
    },
  ],
  [
    {
      type: 'message-sent',
      at,
      id: 6,
      leaf: 3,
      target: '@e@k',
      message: { kind: 'signal', op: 'add', requestId: 'r' },
    },
    {
      EventId: 6,
      EventType: 14,
      InstanceId: '@e@k',
      Name: 'op',
      Input: '{"op":"add","signal":true,"id":"r"}',
      Timestamp,
    },
  ],
  [
    {
      type: 'message-sent',
      at,
      id: 6,
      leaf: 3,
      target: '@e@k',
      message: { kind: 'lock', entities: ['@e@k'], requestId: 'r' },
    },
    {
      EventId: 6,
      EventType: 14,
      InstanceId: '@e@k',
      Name: 'op',
      Input: '{"op":null,"id":"r","lockset":["@e@k"],"pos":0,"parent":"inst","parentExecution":"exec"}',
      Timestamp,
    },
  ],
  [
    { type: 'message-sent', at, id: 7, leaf: 4, target: '@e@k', message: { kind: 'release', requestId: 'r' } },
    { EventId: 7, EventType: 14, InstanceId: '@e@k', Name: 'release', Input: '{"id":"r","parent":"inst"}', Timestamp },
  ],
  [
    { type: 'event-raised', at, name: 'n', input: '{}' },
    { EventId: -1, EventType: 15, Name: 'n', Input: '{}', Timestamp },
  ],
  [
    { type: 'suspended', at, reason: 'fog' },
    { EventId: -1, EventType: 19, Reason: 'fog', Timestamp },
  ],
  [
    { type: 'resumed', at },
    { EventId: -1, EventType: 20, Reason: null, Timestamp },
  ],
  [
    { type: 'terminated', at, reason: 'x' },
    { EventId: -1, EventType: 3, Input: 'x', Timestamp },
  ],
  [
    { type: 'rewound', at, reason: 'x' },
    { EventId: -1, EventType: 17, Data: 'x', Timestamp },
  ],
  [
    { type: 'execution-completed', at, status: 'Completed', output: '1' },
    { EventId: -1, EventType: 1, OrchestrationStatus: 'Completed', Result: '1', Timestamp },
  ],
];

test.each(cases.map(([event, json]) => [event.type, event, json] as const))(
  '%s becomes what the library reads',
  (_type, event, json) => {
    expect(JSON.parse(`${historyEventJson(event, speaker)},"IsPlayed":true}`)).toEqual({ ...json, IsPlayed: true });
  },
);
