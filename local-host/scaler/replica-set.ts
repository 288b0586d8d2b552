/**
 * As many instances of the host as are wanted: starts them, starts again those that die, drains those that are too many.
 *
 * Invariants:
 * 1. Each instance has a number of its own; the lowest that is free is taken, and the highest goes first.
 * 2. One that is drained is asked to stop once and then left alone: it ends when its work in hand has. It counts as no replica.
 * 3. Instance 1 starts before the others and never runs twice: while the old one drains, the new one waits.
 * 4. Only so many start at a time as the machine has processors; one that takes long holds up nobody for good.
 * 5. After `stop` none runs and none is started.
 */
import { availableParallelism } from 'node:os';
import type { Clock } from '../clock';
import type { Log } from '../log';

/** A process that runs one instance. */
export interface InstanceProcess {
  /** Undefined when it could not even be started. */
  readonly pid: number | undefined;
  /** Resolves once it serves; never, when it ends before. */
  readonly serves: Promise<void>;
  readonly ended: Promise<InstanceEnd>;
  /** Asks it to finish what it has in hand and end. */
  drain(): void;
}

export interface InstanceEnd {
  /** How, as in `exit code 1` or `signal SIGKILL`. */
  readonly how: string;
  readonly code: number | undefined;
}

export interface ReplicaSetOptions {
  readonly launch: (instanceNumber: number) => InstanceProcess;
  readonly clock: Clock;
  readonly log: Log;
  /** No instance can run, whatever is tried: its settings cannot be read, or instance 1 is another process already. */
  readonly onHopeless: (end: InstanceEnd) => void;
  readonly onChange?: () => void;
  /** @default the machine's processors */
  readonly startsAtOnce?: number;
}

export interface ReplicaCounts {
  readonly wanted: number;
  readonly ready: number;
  /** Being started, or waiting to be started again. */
  readonly starting: number;
  readonly draining: number;
  /** Deaths since the beginning. */
  readonly restarts: number;
}

interface Slot {
  state: 'starting' | 'ready' | 'waiting' | 'draining';
  process: InstanceProcess | undefined;
  /** Cancels what it waits for. */
  cancel: () => void;
  /** It may have work in hand. */
  served: boolean;
}

const FIRST_RESTART_MS = 250;
const LONGEST_RESTART_MS = 30_000;
/** One that lived longer than this begins with the shortest wait again. */
const LONG_LIFE_MS = 60_000;
/** How long one that starts holds up others. */
const PATIENCE_MS = 15_000;
const DRAIN_TOLD_MS = 60_000;
/** Exit codes of bin/local-host. */
const UNUSABLE = 2;
const TAKEN = 98;

export class ReplicaSet {
  readonly #options: ReplicaSetOptions;
  readonly #slots = new Map<number, Slot>();
  /** Deaths in a row by number. */
  readonly #deaths = new Map<number, number>();
  /** Numbers that another process has. */
  readonly #foreign = new Set<number>();
  readonly #slow = new Set<Slot>();
  #wanted = 0;
  #restarts = 0;
  #stopping = false;
  #onEmpty: () => void = () => undefined;

  constructor(options: ReplicaSetOptions) {
    this.#options = options;
  }

  get counts(): ReplicaCounts {
    const count = (...states: Slot['state'][]): number =>
      [...this.#slots.values()].filter(({ state }) => states.includes(state)).length;
    return {
      wanted: this.#wanted,
      ready: count('ready'),
      starting: count('starting', 'waiting'),
      draining: count('draining'),
      restarts: this.#restarts,
    };
  }

  scaleTo(wanted: number): void {
    if (this.#stopping) return;
    this.#wanted = wanted;
    this.#reconcile();
  }

  /** Drains all. Resolves when none is left. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#wanted = 0;
    const empty = new Promise<void>((resolve) => (this.#onEmpty = resolve));
    this.#reconcile();
    if (this.#slots.size === 0) this.#onEmpty();
    await empty;
  }

  #reconcile(): void {
    const living = [...this.#slots].filter(([, { state }]) => state !== 'draining').sort(([a], [b]) => b - a);
    for (const [number, slot] of living.slice(0, Math.max(0, living.length - this.#wanted))) this.#drain(number, slot);
    if (living.length < this.#wanted) this.#startSome(this.#wanted - living.length);
    this.#options.onChange?.();
  }

  #startSome(missing: number): void {
    const first = this.#slots.get(1);
    // The first is on its way: it is waited for to end before it can be started, or to serve before others are.
    if (first?.state === 'draining' || (first?.state === 'starting' && !this.#slow.has(first))) return;
    const { startsAtOnce = availableParallelism() } = this.#options;
    const busy = [...this.#slots.values()].filter((slot) => slot.state === 'starting' && !this.#slow.has(slot)).length;
    const most = first === undefined ? 1 : Math.min(missing, startsAtOnce - busy);
    for (let started = 0; started < most; started++) this.#start(this.#freeNumber());
  }

  #freeNumber(): number {
    let number = 1;
    while (this.#slots.has(number) || this.#foreign.has(number)) number++;
    return number;
  }

  #start(number: number): void {
    const { launch, clock, log } = this.#options;
    const slot: Slot = this.#slots.get(number) ?? {
      ...{ state: 'starting', process: undefined, cancel: () => undefined, served: false },
    };
    this.#slots.set(number, slot);
    slot.state = 'starting';
    slot.served = false;
    const beganMs = clock.now();
    const process = launch(number);
    slot.process = process;
    log.debug(`Instance ${number} starts (process ${process.pid ?? 'none'}).`);
    slot.cancel = clock.after(PATIENCE_MS, () => {
      this.#slow.add(slot);
      this.#reconcile();
    });
    void process.serves.then(() => {
      if (slot.process !== process || slot.state !== 'starting') return;
      slot.cancel();
      this.#slow.delete(slot);
      slot.state = 'ready';
      slot.served = true;
      log.information(`Instance ${number} serves (process ${process.pid ?? 'none'}).`);
      this.#reconcile();
    });
    void process.ended.then((end) => this.#ended(number, slot, end, clock.now() - beganMs));
  }

  #drain(number: number, slot: Slot): void {
    const { log, clock } = this.#options;
    slot.cancel();
    this.#slow.delete(slot);
    this.#deaths.delete(number);
    if (slot.state === 'waiting') {
      this.#slots.delete(number);
      if (this.#slots.size === 0) this.#onEmpty();
      return;
    }
    slot.state = 'draining';
    const beganMs = clock.now();
    const tell = (): void => {
      const seconds = Math.round((clock.now() - beganMs) / 1000);
      log.warning(
        `Instance ${number} still has work in hand, ${seconds} s after it was asked to stop; it is waited for.`,
      );
      slot.cancel = clock.after(DRAIN_TOLD_MS, tell);
    };
    slot.cancel = clock.after(DRAIN_TOLD_MS, tell);
    log.information(`Instance ${number} drains: it finishes what it has in hand.`);
    slot.process?.drain();
  }

  #ended(number: number, slot: Slot, end: InstanceEnd, lifeMs: number): void {
    const { log, clock, onHopeless } = this.#options;
    slot.cancel();
    this.#slow.delete(slot);
    if (slot.state === 'draining') {
      this.#slots.delete(number);
      if (end.code === 0 || !slot.served) log.information(`Instance ${number} has stopped.`);
      else
        log.warning(
          `Instance ${number} ended while it drained (${end.how}); what it had in hand is taken up by others.`,
        );
      if (this.#slots.size === 0) this.#onEmpty();
      return void this.#reconcile();
    }
    slot.process = undefined;
    if (end.code === UNUSABLE || (end.code === TAKEN && number === 1)) {
      this.#slots.delete(number);
      return void onHopeless(end);
    }
    if (end.code === TAKEN) {
      // Somebody started it by hand. Another number does as well.
      this.#foreign.add(number);
      this.#slots.delete(number);
      return void this.#reconcile();
    }
    this.#restarts++;
    const deaths = lifeMs >= LONG_LIFE_MS ? 1 : (this.#deaths.get(number) ?? 0) + 1;
    this.#deaths.set(number, deaths);
    const waitMs = Math.min(LONGEST_RESTART_MS, FIRST_RESTART_MS * 2 ** Math.min(deaths - 1, 10));
    log.error(`Instance ${number} ended unasked (${end.how}); it is started again in ${waitMs / 1000} s.`);
    slot.state = 'waiting';
    slot.cancel = clock.after(waitMs, () => {
      this.#start(number);
      this.#options.onChange?.();
    });
    this.#options.onChange?.();
  }
}
