import type { Clock } from '../../clock';
import type { TimerRow } from '../store/timer-table';
import { known } from '../engine/known';

const keyOf = (t: Pick<TimerRow, 'instanceId' | 'executionId' | 'taskId'>): string =>
  `${t.executionId}/${t.taskId}/${t.instanceId}`;

/** Durable timers of this process, of which only the next is known to the clock. Hands over all that are due at once. */
export class TimerQueue {
  /** Binary heap by time. Cancelled timers stay until they come up. */
  readonly #heap: TimerRow[] = [];
  readonly #live = new Map<string, TimerRow>();
  #cancelNext: (() => void) | undefined;
  #nextAt = Infinity;
  #stopped = false;

  constructor(
    private readonly clock: Clock,
    private readonly onDue: (timers: readonly TimerRow[]) => void,
  ) {}

  add(timer: TimerRow): void {
    this.#live.set(keyOf(timer), timer);
    this.#heap.push(timer);
    for (let i = this.#heap.length - 1; i > 0;) {
      const parent = (i - 1) >> 1;
      if (!this.#swapIfEarlier(i, parent)) break;
      i = parent;
    }
    if (timer.fireAt < this.#nextAt) this.#arm();
  }

  cancel(timer: Pick<TimerRow, 'instanceId' | 'executionId' | 'taskId'>): void {
    this.#live.delete(keyOf(timer));
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelNext?.();
    this.#live.clear();
    this.#heap.length = 0;
  }

  #arm(): void {
    this.#cancelNext?.();
    this.#cancelNext = undefined;
    this.#dropCancelled();
    this.#nextAt = this.#heap[0]?.fireAt ?? Infinity;
    if (this.#stopped || this.#nextAt === Infinity) return;
    this.#cancelNext = this.clock.after(Math.max(0, this.#nextAt - this.clock.now()), () => this.#fire());
  }

  #fire(): void {
    const now = this.clock.now();
    const due: TimerRow[] = [];
    this.#dropCancelled();
    for (let next = this.#heap[0]; next && next.fireAt <= now; next = this.#heap[0]) {
      this.#pop();
      this.#live.delete(keyOf(next));
      due.push(next);
      this.#dropCancelled();
    }
    this.#arm();
    if (due.length > 0) this.onDue(due);
  }

  #dropCancelled(): void {
    for (let next = this.#heap[0]; next && this.#live.get(keyOf(next)) !== next; next = this.#heap[0]) this.#pop();
  }

  #pop(): void {
    const last = this.#heap.pop();
    if (!last || this.#heap.length === 0) return;
    this.#heap[0] = last;
    for (let i = 0; ;) {
      const left = 2 * i + 1;
      const right = left + 1;
      const child = this.#earlier(right, left) ? right : left;
      if (child >= this.#heap.length || !this.#swapIfEarlier(child, i)) return;
      i = child;
    }
  }

  #earlier(a: number, b: number): boolean {
    const x = this.#heap[a];
    const y = this.#heap[b];
    return x !== undefined && y !== undefined && x.fireAt < y.fireAt;
  }

  #swapIfEarlier(child: number, parent: number): boolean {
    if (!this.#earlier(child, parent)) return false;
    const x = known(this.#heap[child], 'a timer');
    this.#heap[child] = known(this.#heap[parent], 'a timer');
    this.#heap[parent] = x;
    return true;
  }
}
