/** The library's actions (`lib/src/actions`) as commands of the engine. */
import type { Command } from '../engine/command';
import { REPEATS } from './repeated-tasks';
import type { HttpCall, RetryPolicy } from '../engine/history-event';

/** `ActionType` of durable-functions 3.5; 10 is not sent. */
enum Action {
  CallActivity = 0,
  CallActivityWithRetry = 1,
  CallSubOrchestrator = 2,
  CallSubOrchestratorWithRetry = 3,
  ContinueAsNew = 4,
  CreateTimer = 5,
  WaitForExternalEvent = 6,
  CallEntity = 7,
  CallHttp = 8,
  SignalEntity = 9,
  WhenAny = 11,
  WhenAll = 12,
  LockEntities = 13,
  ReleaseEntities = 14,
}

type Json = Readonly<Record<string, unknown>>;

/** Thrown when the library asks for something this host has never heard of. */
export class UnknownActionError extends Error {
  override readonly name = 'UnknownActionError';
}

/** Thrown when what the library asks for makes no sense; the message is for whoever wrote the orchestrator. */
export class UnreadableActionError extends Error {
  override readonly name = 'UnreadableActionError';
}

/** @throws UnknownActionError, UnreadableActionError */
export function commandsOf(actions: readonly unknown[]): Command[] {
  let held: { requestId: string; entities: readonly string[] } | undefined;
  /** Place among the actions that are not compounds → place among the leaves, which leave out waits. */
  const leafOfPlace: number[] = [];
  let leaves = 0;
  const convert = (raw: unknown): Command[] => {
    const action = raw as Json;
    const isCompound = action['compoundActions'] !== undefined;
    if (!isCompound) leafOfPlace.push(leaves);
    const first = action[REPEATS];
    const repeats = typeof first === 'number' ? leafOfPlace[first] : undefined;
    const commands = convertOne(action);
    if (isCompound) return commands;
    for (const { kind } of commands) if (kind !== 'wait' && kind !== 'continue') leaves++;
    return repeats === undefined ? commands : commands.map((c) => ({ ...c, repeats }));
  };
  const convertOne = (action: Json): Command[] => {
    switch (action['actionType'] as Action) {
      case Action.CallActivity:
      case Action.CallActivityWithRetry:
        return [
          { kind: 'activity', name: text(action['functionName']), ...preEncoded(action['input']), ...retryOf(action) },
        ];
      case Action.CallSubOrchestrator:
      case Action.CallSubOrchestratorWithRetry:
        return [
          {
            kind: 'sub',
            name: text(action['functionName']),
            ...(action['instanceId'] ? { instanceId: text(action['instanceId']) } : {}),
            ...plain(action['input']),
            ...(typeof action['version'] === 'string' ? { version: action['version'] } : {}),
            ...retryOf(action),
          },
        ];
      case Action.ContinueAsNew:
        return [{ kind: 'continue', input: preEncoded(action['input']).input ?? 'null' }];
      case Action.CreateTimer:
        return [{ kind: 'timer', fireAt: timeOf(action['fireAt']), cancelled: action['isCanceled'] === true }];
      case Action.WaitForExternalEvent:
        return [{ kind: 'wait', event: text(action['externalEventName']) }];
      case Action.CallEntity:
      case Action.SignalEntity:
        return [
          {
            kind: action['actionType'] === Action.CallEntity ? 'call-entity' : 'signal-entity',
            entity: text(action['instanceId']),
            op: text(action['operation']),
            ...plain(action['input']),
          },
        ];
      case Action.CallHttp:
        return [{ kind: 'http', call: httpCall(action['httpRequest'] as Json) }];
      case Action.WhenAny:
      case Action.WhenAll:
        return [
          {
            kind: action['actionType'] === Action.WhenAny ? 'any' : 'all',
            children: (action['compoundActions'] as unknown[]).flatMap(convert),
          },
        ];
      case Action.LockEntities: {
        const entities = (action['lockSet'] as { name: string; key: string }[]).map(
          (e) => `@${e.name.toLowerCase()}@${e.key}`,
        );
        held = { requestId: text(action['lockRequestId']), entities };
        return [{ kind: 'lock', ...held }];
      }
      case Action.ReleaseEntities: {
        const { requestId = '', entities = [] } = held ?? {};
        held = undefined;
        return entities.map((entity) => ({ kind: 'release', requestId, entity }));
      }
      default:
        throw new UnknownActionError(
          `The library asked for action ${String(action['actionType'])}, which this host does not know.`,
        );
    }
  };
  return actions.flatMap(convert);
}

/** @throws UnreadableActionError */
function timeOf(value: unknown): number {
  const ms = Date.parse(text(value));
  if (Number.isNaN(ms))
    throw new UnreadableActionError(
      'A durable timer was given an invalid date. Give createTimer a Date, such as one made from context.df.currentUtcDateTime.',
    );
  return ms;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : String(value);
}

/** Input of actions 0, 1 and 4: strings come JSON-encoded, everything else as it is. */
function preEncoded(input: unknown): { input?: string } {
  if (input === undefined) return {};
  return { input: typeof input === 'string' ? input : JSON.stringify(input) };
}

function plain(input: unknown): { input?: string } {
  return input === undefined ? {} : { input: JSON.stringify(input) };
}

function retryOf(action: Json): { retry?: RetryPolicy } {
  const options = action['retryOptions'] as Json | undefined;
  if (!options) return {};
  const number = (name: string): number | undefined => {
    const value = options[name];
    if (value === undefined || value === null || typeof value === 'number') return value ?? undefined;
    throw new UnreadableActionError(
      `The retry options have ${JSON.stringify(value)} for ${name}, which must be a number. Give RetryOptions numbers, such as Number(process.env.ATTEMPTS).`,
    );
  };
  const maxIntervalMs = number('maxRetryIntervalInMilliseconds');
  const timeoutMs = number('retryTimeoutInMilliseconds');
  return {
    retry: {
      firstIntervalMs: number('firstRetryIntervalInMilliseconds') ?? 0,
      maxAttempts: number('maxNumberOfAttempts') ?? 1,
      backoff: number('backoffCoefficient') ?? 1,
      ...(maxIntervalMs === undefined ? {} : { maxIntervalMs }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    },
  };
}

function httpCall(request: Json): HttpCall {
  const token = request['tokenSource'] as Json | undefined | null;
  return {
    method: text(request['method']),
    uri: text(request['uri']),
    polling: request['asynchronousPatternEnabled'] !== false,
    ...(request['content'] === undefined || request['content'] === null ? {} : { content: text(request['content']) }),
    ...(request['headers'] ? { headers: request['headers'] as Record<string, string> } : {}),
    ...(token ? { tokenResource: text(token['resource']) } : {}),
  };
}
