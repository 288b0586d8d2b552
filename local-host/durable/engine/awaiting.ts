/**
 * What user code waits for after a turn, so that a completion which cannot wake it costs no replay: 10,000 results of one
 * `Task.all` are handed over in one turn. Follows the library: `all` fails with its first failure, `any` ends with its first end.
 */
import type { Command } from './command';
import type { Execution } from './execution';
import type { InboxEvent } from './history-event';
import { isCompletion } from './history-event';
import { hasFollowUp } from './follow-up';

interface Node {
  readonly kind: 'leaf' | 'all' | 'any';
  readonly parent: Node | undefined;
  /** Children that have not ended. */
  waitsFor: number;
}

export class Awaiting {
  readonly #byId = new Map<number, Node[]>();
  #resolved = false;
  #size = 0;
  #onlyAll = true;

  private constructor() {
    // Made by `after`.
  }

  /**
   * What the code waits for, judged by its last command that it can wait for. Undefined when that may have ended already:
   * the code then waits for a task of an earlier command, and which one cannot be seen.
   */
  static after(last: Command | undefined, execution: Execution, idsOfLast: readonly number[]): Awaiting | undefined {
    if (!last) return undefined;
    const awaiting = new Awaiting();
    let leaf = 0;
    const doubts = { any: false };
    const build = (command: Command, parent: Node | undefined): boolean => {
      if (command.kind === 'wait') {
        doubts.any = true;
        return true;
      }
      if (command.kind === 'all' || command.kind === 'any') {
        const node: Node = { kind: command.kind, parent, waitsFor: 0 };
        if (command.kind === 'any' || parent) awaiting.#onlyAll = false;
        for (const child of command.children) if (build(child, node)) node.waitsFor++;
        return node.waitsFor > 0;
      }
      const id = idsOfLast[leaf++];
      if (id === undefined || !execution.open.has(id)) {
        // A success leaves a `Task.all` waiting for the others; anything else may have let the code go on.
        if (id === undefined || id < 0 || parent?.kind !== 'all' || execution.failed.has(id)) doubts.any = true;
        return false;
      }
      awaiting.#size++;
      const node: Node = { kind: 'leaf', parent, waitsFor: 1 };
      const list = awaiting.#byId.get(id);
      if (list) list.push(node);
      else awaiting.#byId.set(id, [node]);
      return true;
    };
    return build(last, undefined) && !doubts.any ? awaiting : undefined;
  }

  /**
   * What an event can bring about: `code` when user code may go on, `engine` when only the engine has something to do,
   * `none` when it can wait until a later turn. Each event is to be told once.
   */
  note(event: InboxEvent, execution: Execution, now: number): 'code' | 'engine' | 'none' {
    if (this.#resolved || !isCompletion(event)) return 'code';
    if (hasFollowUp(execution, event, now)) return 'engine';
    const nodes = this.#byId.get(event.id);
    this.#byId.delete(event.id);
    const failed = event.type === 'task-failed' || event.type === 'sub-failed' || this.#endsInFailure(event, execution);
    for (const node of nodes ?? []) if (this.#end(node, failed)) this.#resolved = true;
    return this.#resolved ? 'code' : 'none';
  }

  /** The follow-up's id takes the place of the one that ended. */
  move(from: number, to: number): void {
    const nodes = this.#byId.get(from);
    if (!nodes) return;
    this.#byId.delete(from);
    this.#byId.set(to, nodes);
  }

  /** True when the order of successes cannot be seen by user code: one `Task.all` of plain tasks. */
  get orderIsFree(): boolean {
    return this.#onlyAll && this.#size > 1;
  }

  #endsInFailure(event: InboxEvent, execution: Execution): boolean {
    return event.type === 'timer-fired' && execution.purposeOf(event.id)?.kind === 'retry';
  }

  #end(node: Node, failed: boolean): boolean {
    const parent = node.parent;
    if (!parent) return true;
    if (parent.waitsFor <= 0) return false;
    parent.waitsFor = parent.kind === 'any' || failed ? 0 : parent.waitsFor - 1;
    return parent.waitsFor === 0 && this.#end(parent, failed && parent.kind === 'all');
  }
}
