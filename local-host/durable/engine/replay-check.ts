import type { LeafCommand } from './command';
import type { ScheduledEvent } from './history-event';

/**
 * Compares what the history says was asked for with what the code asks for now. Names and kinds count, inputs do not
 * (DurableTask.Core compares the same).
 * @returns undefined when they agree, else one sentence that names the event, what was expected and what came.
 */
export function replayMismatch(
  index: number,
  event: ScheduledEvent,
  command: LeafCommand | undefined,
): string | undefined {
  const expected = describeEvent(event);
  const came = command ? describeCommand(command) : undefined;
  if (expected === came) return undefined;
  return (
    `Non-deterministic orchestrator: event ${index} of the history (id ${event.id}) expects ${expected}, but the code ` +
    `${came ? `asked for ${came}` : 'asked for nothing more'}. The orchestrator changed while this instance ran, or its ` +
    'order of calls depends on something other than its input and results. Restart the instance, or bring back the old order.'
  );
}

function describeEvent(event: ScheduledEvent): string {
  switch (event.type) {
    case 'task-scheduled':
      return event.work.kind === 'http' ? 'an HTTP call' : `activity '${event.work.name}'`;
    case 'sub-created':
      return `sub-orchestration '${event.work.name}'`;
    case 'timer-created':
      return 'a timer';
    case 'message-sent':
      return event.message.kind === 'lock' || event.message.kind === 'release'
        ? `a ${event.message.kind} of entities`
        : `a ${event.message.kind} of '${event.message.op}' to entity '${event.target}'`;
  }
}

function describeCommand(command: LeafCommand): string {
  switch (command.kind) {
    case 'activity':
      return `activity '${command.name}'`;
    case 'sub':
      return `sub-orchestration '${command.name}'`;
    case 'timer':
      return 'a timer';
    case 'http':
      return 'an HTTP call';
    case 'call-entity':
      return `a call of '${command.op}' to entity '${command.entity}'`;
    case 'signal-entity':
      return `a signal of '${command.op}' to entity '${command.entity}'`;
    case 'lock':
    case 'release':
      return `a ${command.kind} of entities`;
  }
}
