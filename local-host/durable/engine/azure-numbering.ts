/**
 * Finds where the extension in Azure would number tasks differently from the library. This host numbers as the library does,
 * so such an orchestration works here and goes wrong there: results reach the wrong task, or none.
 *
 * The extension runs the list of commands one after the other and waits for each (`OutOfProcOrchestrationShim`): for every
 * task of a `Task.all` even after one failed, and it starts a task again that a later `Task.any` names again. The library
 * goes on at the first failure and knows its tasks.
 */
import { isCompound, leavesOf, type Command } from './command';
import { Execution } from './execution';
import { hasFollowUp } from './follow-up';
import { isCompletion, isScheduled, type HistoryEvent } from './history-event';
import { known } from './known';

interface Node {
  readonly command: Command;
  readonly children: readonly Node[];
  /** Ordinal among the leaves; -1 for others. */
  readonly leaf: number;
  ended: boolean;
}

/** @returns one sentence that names the cause and the fix, or undefined when both number alike. */
export function azureNumberingProblem(
  history: readonly HistoryEvent[],
  commands: readonly Command[],
): string | undefined {
  const numbering = new AzureNumbering(history, commands);
  for (const turn of turnsOf(history)) {
    const problem = numbering.turn(turn);
    if (problem) return problem;
  }
  return undefined;
}

function turnsOf(history: readonly HistoryEvent[]): HistoryEvent[][] {
  const turns: HistoryEvent[][] = [];
  for (const event of history) {
    if (event.type === 'turn-started') turns.push([]);
    turns.at(-1)?.push(event);
  }
  return turns;
}

class AzureNumbering {
  readonly #roots: readonly Node[];
  readonly #leaves: Node[] = [];
  /** The library's first id of each leaf. */
  readonly #idOfLeaf = new Map<number, number>();
  readonly #leafOfId = new Map<number, number>();
  readonly #execution = new Execution();
  /** Events that came and that no wait has taken yet; names are compared without case there. */
  readonly #events = new Map<string, number>();
  #cursor = -1;
  #next = 0;

  constructor(history: readonly HistoryEvent[], commands: readonly Command[]) {
    this.#roots = commands.map((command) => this.#node(command));
    for (const event of history) {
      if (!isScheduled(event) || event.leaf === undefined) continue;
      this.#idOfLeaf.set(event.leaf, event.id);
      this.#leafOfId.set(event.id, event.leaf);
    }
    if (leavesOf(commands).length !== this.#leaves.length) throw new Error('Leaves do not agree');
  }

  turn(events: readonly HistoryEvent[]): string | undefined {
    const now = events[0]?.at ?? 0;
    const followUps = events.filter((e) => isScheduled(e) && e.leaf === undefined);
    for (const event of events) {
      const problem = this.#take(event, now, followUps);
      this.#execution.apply(event);
      if (problem) return problem;
    }
    return undefined;
  }

  #take(event: HistoryEvent, now: number, followUps: HistoryEvent[]): string | undefined {
    if (event.type === 'execution-started') return this.#advance();
    if (event.type === 'event-raised') {
      const id = this.#execution.requests.get(event.name);
      if (id !== undefined) this.#end(id);
      else this.#events.set(event.name.toLowerCase(), (this.#events.get(event.name.toLowerCase()) ?? 0) + 1);
      return this.#advance();
    }
    if (isScheduled(event) || !('id' in event) || !isCompletion(event)) return undefined;
    if (!hasFollowUp(this.#execution, event, now)) {
      this.#end(event.id);
      return this.#advance();
    }
    const successor = followUps.shift();
    if (!successor || !isScheduled(successor)) return undefined;
    const leaf = known(this.#leafOfId.get(event.id), 'the task of a retry');
    this.#leafOfId.set(successor.id, leaf);
    if (this.#next++ === successor.id) return undefined;
    return (
      `In Azure, ${describe(this.#leaves[leaf])} and a later step would be mixed up: the extension does not go on after a ` +
      'failed Task.all before all its tasks have ended, the library does, and both number what follows by themselves. ' +
      'Catch failures inside of each task (for example in a sub-orchestration), or do without retries in that Task.all.'
    );
  }

  #end(id: number): void {
    const leaf = this.#leafOfId.get(id);
    const node = leaf === undefined ? undefined : this.#leaves[leaf];
    if (node) node.ended = true;
  }

  /** Starts the next commands for as long as the last one has ended. */
  #advance(): string | undefined {
    for (;;) {
      const current = this.#roots[this.#cursor];
      if (current && !this.#hasEnded(current)) return undefined;
      const next = this.#roots[++this.#cursor];
      if (!next) {
        // What the library has not asked for yet in this turn is started when its turn comes.
        this.#cursor--;
        return undefined;
      }
      const problem = this.#start(next);
      if (problem) return problem;
    }
  }

  #start(node: Node): string | undefined {
    if (node.leaf < 0) {
      for (const child of node.children) {
        const problem = this.#start(child);
        if (problem) return problem;
      }
      return undefined;
    }
    const id = this.#idOfLeaf.get(node.leaf);
    const here = this.#next++;
    if (id === here) return undefined;
    const later = [...this.#idOfLeaf].some(([leaf, n]) => leaf > node.leaf && n >= here);
    if (id === undefined && !later) return undefined;
    return id === undefined
      ? `In Azure, ${describe(node)} would be started a second time, because a later Task.any or Task.all names it again, and the ` +
          'results of the steps that follow would reach the wrong tasks. Wait for the task by itself, or create a new one.'
      : `In Azure, ${describe(node)} would get the number of another task: the orchestrator went on before the extension would ` +
          'have. Yield each task once, in the order in which the tasks were started.';
  }

  #hasEnded(node: Node): boolean {
    const { command } = node;
    if (command.kind === 'all') return node.children.every((child) => this.#hasEnded(child));
    if (command.kind === 'any') return node.children.some((child) => this.#hasEnded(child));
    if (command.kind === 'signal-entity' || command.kind === 'release' || command.kind === 'continue') return true;
    if (command.kind === 'wait' && !node.ended) {
      const name = command.event.toLowerCase();
      const count = this.#events.get(name) ?? 0;
      if (count > 0) this.#events.set(name, count - 1);
      node.ended = count > 0;
    }
    return node.ended;
  }

  #node(command: Command): Node {
    if (isCompound(command))
      return { command, leaf: -1, ended: false, children: command.children.map((c) => this.#node(c)) };
    const isLeaf = command.kind !== 'wait' && command.kind !== 'continue';
    const node: Node = { command, leaf: isLeaf ? this.#leaves.length : -1, ended: false, children: [] };
    if (isLeaf) this.#leaves.push(node);
    return node;
  }
}

function describe(node: Node | undefined): string {
  const command = node?.command;
  if (command?.kind === 'activity') return `activity '${command.name}'`;
  if (command?.kind === 'sub') return `sub-orchestration '${command.name}'`;
  return command?.kind === 'timer' ? 'a timer' : 'a task';
}
