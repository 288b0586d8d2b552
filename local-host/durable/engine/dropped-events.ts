import { isCompound, type Command } from './command';
import type { HistoryEvent } from './history-event';

/**
 * Names of the events that an execution took in and that its code did not wait for, each as often as that. Continuing as new
 * drops them: the library cannot ask the extension to keep them (`preserveUnprocessedEvents`).
 */
export function droppedEvents(history: readonly HistoryEvent[], commands: readonly Command[]): string[] {
  const answers = new Set<string>();
  for (const event of history) if (event.type === 'message-sent') answers.add(event.message.requestId);
  const waits = new Map<string, number>();
  const count = (command: Command): void => {
    if (isCompound(command)) command.children.forEach(count);
    else if (command.kind === 'wait') waits.set(command.event, (waits.get(command.event) ?? 0) + 1);
  };
  commands.forEach(count);
  const dropped: string[] = [];
  for (const event of history) {
    if (event.type !== 'event-raised' || answers.has(event.name)) continue;
    const left = waits.get(event.name) ?? 0;
    if (left > 0) waits.set(event.name, left - 1);
    else dropped.push(event.name);
  }
  return dropped;
}
