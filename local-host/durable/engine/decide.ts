/**
 * The second half of a turn: what the code's commands mean. Commands that the history does not know yet become events and
 * work to start; known ones are checked against it.
 */
import { Awaiting } from './awaiting';
import { isFireAndForget, leavesOf, signature, type Command, type Leaf, type LeafCommand } from './command';
import type { Execution } from './execution';
import { longTimerPart, type TimerLimits } from './follow-up';
import type { EntityMessage, FinalStatus, HistoryEvent, ScheduledEvent } from './history-event';
import type { Outbound } from './outbound';
import { replayMismatch } from './replay-check';
import { known } from './known';

/** What the code said at the end of a turn. */
export interface Report {
  readonly commands: readonly Command[];
  readonly done: boolean;
  /** JSON text. */
  readonly output?: string;
  /** The text that becomes the output of a failed orchestration. */
  readonly error?: string;
  /** Repeated tasks are marked; without marks they are guessed. */
  readonly marksRepeats?: true;
  /** The function failed before it could say what it asked for, so there is nothing to check against the history. */
  readonly silent?: true;
}

export interface DecideOptions {
  readonly now: number;
  readonly limits: TimerLimits;
  /** The turn took in more than one event that wakes the code. */
  readonly severalSteps: boolean;
  /** The same id for the same number, in every process. */
  readonly requestId: (id: number) => string;
  readonly subId: (id: number) => string;
  /** Puts the name of the orchestrator around a failure's text. */
  readonly failureText: (error: string) => string;
}

export interface Decision {
  /** To be applied to the execution and stored. */
  readonly events: readonly HistoryEvent[];
  readonly outbound: readonly Outbound[];
  readonly completion?: { readonly status: FinalStatus; readonly output?: string; readonly input?: string };
}

/**
 * The code went on more than once in this turn and asks twice for what may be one task or two, for example a timer in two
 * races. Taking the turn again with one event tells them apart, because the time then differs. Nothing was applied.
 */
export class AmbiguousTaskError extends Error {
  override readonly name = 'AmbiguousTaskError';
}

/**
 * Applies the decision to the execution as well, and says what the code waits for.
 * @throws AmbiguousTaskError
 */
export function decide(
  execution: Execution,
  report: Report,
  options: DecideOptions,
): Decision & { readonly awaiting: Awaiting | undefined; readonly problem?: string } {
  const leaves = leavesOf(report.commands);
  const problem = report.silent ? undefined : checkReplay(execution, leaves);
  if (problem) return { ...finish(execution, options, [], [], { status: 'Failed', error: problem }), problem };

  const issue = issueNew(execution, leaves, options, report.marksRepeats === true);
  for (const event of issue.events) execution.apply(event);
  for (const { command, id } of issue.known)
    if (command.kind === 'timer' && command.cancelled) cancel(execution, id, issue.outbound);

  const next = report.commands.findLast((c) => c.kind === 'continue');
  if (report.error !== undefined)
    return finish(execution, options, issue.events, issue.outbound, { status: 'Failed', error: report.error });
  if (report.done && next)
    return finish(execution, options, issue.events, issue.outbound, { status: 'ContinuedAsNew', input: next.input });
  if (report.done)
    return finish(execution, options, issue.events, issue.outbound, {
      status: 'Completed',
      ...(report.output === undefined ? {} : { output: report.output }),
    });
  const waits = report.commands.some(waitsForEvent);
  if (execution.open.size === 0 && !waits) {
    const stuck =
      'The orchestrator waits for a task that can never end: every task it started has ended. This happens when it yields ' +
      'Task.all or Task.any of tasks that had all ended before, or a task of another orchestrator.';
    return {
      ...finish(execution, options, issue.events, issue.outbound, { status: 'Failed', error: stuck }),
      problem: stuck,
    };
  }
  const last = report.commands.findLastIndex((c) => !isFireAndForget(c));
  const idsOfLast = issue.ids.filter((_, i) => leaves[i]?.root === last);
  const awaiting = Awaiting.after(report.commands[last], execution, idsOfLast);
  const completed: HistoryEvent = { type: 'turn-completed', at: options.now, leaves: leaves.length };
  execution.apply(completed);
  return { events: [...issue.events, completed], outbound: issue.outbound, awaiting };
}

function checkReplay(execution: Execution, leaves: readonly Leaf[]): string | undefined {
  for (let i = 0; i < execution.leaves; i++) {
    const index = execution.leafEvents[i];
    if (index === undefined) continue;
    const problem = replayMismatch(index, execution.history[index] as ScheduledEvent, leaves[i]?.command);
    if (problem) return problem;
  }
  return undefined;
}

/** Stands for a repeated task of which it cannot be said any more which one it was. */
const UNKNOWN_ID = -1;

interface Issue {
  readonly events: HistoryEvent[];
  readonly outbound: Outbound[];
  /** Id of each leaf; for a repeated task, the id it had. */
  readonly ids: number[];
  readonly known: { readonly command: LeafCommand; readonly id: number }[];
}

function issueNew(execution: Execution, leaves: readonly Leaf[], options: DecideOptions, marked: boolean): Issue {
  const issue: Issue = { events: [], outbound: [], ids: [], known: [] };
  const earlier = new Map<string, { id: number; root: number }[]>();
  // Only a compound after the first command can name a task a second time.
  const mayRepeat = !marked && leaves.some((leaf) => leaf.root > 0 && leaf.inCompound);
  let nextId = execution.nextId;
  leaves.forEach(({ command, root, inCompound }, ordinal) => {
    const key = mayRepeat ? signature(command) : '';
    const index = execution.leafEvents[ordinal];
    let id: number | undefined;
    if (ordinal < execution.leaves && index !== undefined) id = (execution.history[index] as ScheduledEvent).id;
    else if (marked) id = command.repeats === undefined ? undefined : issue.ids[command.repeats];
    else if (inCompound) {
      const same = earlier.get(key)?.filter((e) => e.root < root) ?? [];
      const unclear = same.some((e) => e.id >= execution.nextId || execution.endedNow.has(e.id));
      if (options.severalSteps && ordinal >= execution.leaves && unclear) throw new AmbiguousTaskError();
      id = repeated(execution, same, ordinal < execution.leaves);
    }
    if (id === undefined) {
      id = nextId++;
      const { event, outbound } = schedule(command, id, ordinal, options);
      issue.events.push(event);
      issue.outbound.push(...outbound);
    } else issue.known.push({ command, id });
    issue.ids.push(id);
    if (key === '') return;
    const list = earlier.get(key);
    if (list) list.push({ id, root });
    else earlier.set(key, [{ id, root }]);
  });
  return issue;
}

/**
 * For reports without marks: the library names a task in every compound that it is part of, without saying that it is the
 * same task. One that equals a command of an earlier step whose task has not ended is taken for that task.
 */
function repeated(execution: Execution, same: readonly { readonly id: number }[], known: boolean): number | undefined {
  const candidates = same.filter((e) => known || e.id >= execution.nextId || execution.open.has(e.id));
  if (known) return candidates.length === 1 ? candidates[0]?.id : UNKNOWN_ID;
  return candidates[0]?.id;
}

function schedule(
  command: LeafCommand,
  id: number,
  leaf: number,
  options: DecideOptions,
): { event: ScheduledEvent; outbound: Outbound[] } {
  const at = options.now;
  const base = { at, id, leaf };
  const retry = 'retry' in command ? { retry: { policy: command.retry, attempt: 1, firstAt: at } } : {};
  switch (command.kind) {
    case 'activity': {
      const work = {
        kind: 'activity',
        name: command.name,
        ...(command.input === undefined ? {} : { input: command.input }),
      } as const;
      return {
        event: { type: 'task-scheduled', ...base, work, ...retry },
        outbound: [{ kind: 'start-task', id, work }],
      };
    }
    case 'http': {
      const work = { kind: 'http', call: command.call } as const;
      return { event: { type: 'task-scheduled', ...base, work }, outbound: [{ kind: 'start-task', id, work }] };
    }
    case 'sub': {
      const work = {
        kind: 'sub',
        name: command.name,
        ...(command.instanceId
          ? { instanceId: command.instanceId }
          : { instanceId: options.subId(id), generatedId: true as const }),
        ...(command.input === undefined ? {} : { input: command.input }),
        ...(command.version === undefined ? {} : { version: command.version }),
      } as const;
      return { event: { type: 'sub-created', ...base, work, ...retry }, outbound: [{ kind: 'start-sub', id, work }] };
    }
    case 'timer': {
      if (command.cancelled)
        return {
          event: { type: 'timer-created', ...base, fireAt: command.fireAt, purpose: { kind: 'user' } },
          outbound: [],
        };
      if (command.fireAt - at > options.limits.longestMs) {
        const part = longTimerPart(id, at, command.fireAt, options.limits, leaf);
        return { event: known(part.events[0], 'the event of a timer'), outbound: [...part.outbound] };
      }
      return {
        event: { type: 'timer-created', ...base, fireAt: command.fireAt, purpose: { kind: 'user' } },
        outbound: [{ kind: 'start-timer', id, fireAt: command.fireAt }],
      };
    }
    default: {
      const { target, message } = entityMessage(command, options.requestId(id));
      return {
        event: { type: 'message-sent', ...base, target, message },
        outbound: [{ kind: 'send', target, message }],
      };
    }
  }
}

function entityMessage(
  command: Extract<LeafCommand, { kind: 'call-entity' | 'signal-entity' | 'lock' | 'release' }>,
  requestId: string,
): { target: string; message: EntityMessage } {
  switch (command.kind) {
    case 'call-entity':
    case 'signal-entity': {
      const { entity: target, op, input } = command;
      const kind = command.kind === 'call-entity' ? 'call' : 'signal';
      return { target, message: { kind, op, requestId, ...(input === undefined ? {} : { input }) } };
    }
    case 'lock':
      return {
        target: command.entities[0] ?? '',
        message: { kind: 'lock', requestId: command.requestId, entities: command.entities },
      };
    case 'release':
      return { target: command.entity, message: { kind: 'release', requestId: command.requestId } };
  }
}

/** A cancelled timer that is still open stays in the history as it is; it only never fires. */
function cancel(execution: Execution, id: number, outbound: Outbound[]): void {
  if (execution.open.has(id)) outbound.push({ kind: 'cancel-timer', id });
}

function waitsForEvent(command: Command): boolean {
  return (
    command.kind === 'wait' ||
    ((command.kind === 'all' || command.kind === 'any') && command.children.some(waitsForEvent))
  );
}

function finish(
  execution: Execution,
  options: DecideOptions,
  issued: readonly HistoryEvent[],
  outbound: readonly Outbound[],
  end: { status: FinalStatus; output?: string; input?: string; error?: string },
): Decision & { awaiting: undefined } {
  const output = end.error === undefined ? end.output : JSON.stringify(options.failureText(end.error));
  const event: HistoryEvent = {
    type: 'execution-completed',
    at: options.now,
    status: end.status,
    ...(output === undefined ? {} : { output }),
  };
  execution.apply(event);
  const completion = {
    status: end.status,
    ...(output === undefined ? {} : { output }),
    ...(end.input === undefined ? {} : { input: end.input }),
  };
  return { events: [...issued, event], outbound, completion, awaiting: undefined };
}
