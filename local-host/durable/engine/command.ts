/**
 * What user code asked for, in order, as the library reports it after each turn: all commands since the start, every time.
 * A wire adapter makes these from a library's own form.
 */
import type { HttpCall, RetryPolicy } from './history-event';
import { known } from './known';

export type Command = LeafCommand | WaitCommand | ContinueCommand | CompoundCommand;

/** Takes one id (a release: one for each entity that the lock held). */
export type LeafCommand = LeafContent & {
  /** The same task as the one at this place among the leaves. Only set in reports that mark such tasks. */
  readonly repeats?: number;
};

type LeafContent =
  | { readonly kind: 'activity'; readonly name: string; readonly input?: string; readonly retry?: RetryPolicy }
  | {
      readonly kind: 'sub';
      readonly name: string;
      /** Absent: the engine makes one from the parent's execution id. */
      readonly instanceId?: string;
      readonly input?: string;
      readonly version?: string;
      readonly retry?: RetryPolicy;
    }
  | { readonly kind: 'timer'; readonly fireAt: number; readonly cancelled: boolean }
  | { readonly kind: 'http'; readonly call: HttpCall }
  | { readonly kind: 'call-entity'; readonly entity: string; readonly op: string; readonly input?: string }
  | { readonly kind: 'signal-entity'; readonly entity: string; readonly op: string; readonly input?: string }
  | { readonly kind: 'lock'; readonly requestId: string; readonly entities: readonly string[] }
  | { readonly kind: 'release'; readonly requestId: string; readonly entity: string };

/** Waits for an external event. Takes no id. */
export interface WaitCommand {
  readonly kind: 'wait';
  readonly event: string;
}

export interface ContinueCommand {
  readonly kind: 'continue';
  readonly input: string;
}

export interface CompoundCommand {
  readonly kind: 'all' | 'any';
  readonly children: readonly Command[];
}

export function isCompound(command: Command): command is CompoundCommand {
  return command.kind === 'all' || command.kind === 'any';
}

/** Commands that the code does not wait for. */
export function isFireAndForget(command: Command): boolean {
  return command.kind === 'signal-entity' || command.kind === 'release' || command.kind === 'continue';
}

export interface Leaf {
  readonly command: LeafCommand;
  /** Index of the outermost command that it belongs to. */
  readonly root: number;
  /** It stands inside a `Task.all` or `Task.any`. */
  readonly inCompound: boolean;
}

/** The commands that take ids, in the order in which the library hands the ids out. */
export function leavesOf(commands: readonly Command[]): Leaf[] {
  const leaves: Leaf[] = [];
  const walk = (command: Command, root: number): void => {
    if (isCompound(command)) for (const child of command.children) walk(child, root);
    else if (command.kind !== 'wait' && command.kind !== 'continue')
      leaves.push({ command, root, inCompound: isCompound(known(commands[root], 'a command')) });
  };
  commands.forEach(walk);
  return leaves;
}

/** What two commands must share to be one and the same task asked for twice, for example a timer in several races. */
export function signature(command: LeafCommand): string {
  switch (command.kind) {
    case 'timer':
      return `timer ${command.fireAt}`;
    case 'activity':
      return `activity ${command.name} ${command.retry ? JSON.stringify(command.retry) : ''} ${command.input ?? ''}`;
    case 'signal-entity':
    case 'release':
    case 'lock':
      return '';
    default:
      return JSON.stringify({ ...command, repeats: undefined });
  }
}
