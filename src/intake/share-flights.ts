/**
 * Claimed files on their way through this process. A file is in one of three places: `queued` for a transfer, in the `air`, or
 * `resting` until its next try. Invariants: 1. a path is in one place only; 2. all places together hold no more than
 * `maxQueueSize` files that were claimed here; 3. no more than `slots` transfers run, and none is started beyond them; 4. after
 * a failure that is no file's own, none is started for a while, longer each time, until a file arrives.
 * Nothing of this is needed after a crash: the files lie in `.processing`, and recovery finds them.
 */
import { parcelLength } from '../domain/share/parcel';
import { LONGEST_OUTAGE_WAIT_MS, retryDelayMs } from '../domain/share/retry-delay';
import type { TransferErrorCode, TransferFile, TransferOutcome } from '../domain/share/transfer';
import type { Flight, FlightLog } from '../ports/flight-log';
import { ByteRate } from './byte-rate';

export interface FlightOptions {
  readonly maxQueueSize: number;
  readonly slots: number;
  /** Files up to this size share a transfer. */
  readonly smallBytes: number;
  /** Milliseconds by a clock that never jumps. */
  readonly monotonic: () => number;
  /** 0 to 1. */
  readonly random: () => number;
  /** Milliseconds since the epoch, for what others' leases say. */
  readonly now: () => number;
}

interface Resting extends TransferFile {
  readonly untilMs: number;
}

/** Storage, the share or this machine fails, and transfers wait for it. */
export interface Outage {
  readonly code: TransferErrorCode;
  readonly reason: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** Tries that met it. */
  readonly tries: number;
  /** Milliseconds until the next one. */
  readonly nextTryInMs: number;
}

interface Airborne {
  readonly files: readonly TransferFile[];
  readonly sent: Map<string, number>;
  startedMs: number;
  /** Its activity runs in this process. */
  boarded: boolean;
  boardedMs: number;
  phase: 'waiting' | 'staging' | 'uploading' | 'cleaning';
}

export interface FileInFlight {
  readonly path: string;
  readonly size: number;
  readonly sent: number;
  readonly phase: Airborne['phase'];
}

export interface FlightTally {
  processedOk: number;
  processedErr: number;
  bytes: number;
  lastError: string | undefined;
}

export class ShareFlights implements FlightLog {
  readonly #queued = new Map<string, TransferFile>();
  readonly #resting = new Map<string, Resting>();
  readonly #air = new Map<string, Airborne>();
  readonly #airPaths = new Set<string>();
  readonly #rate: ByteRate;
  #boarded = 0;
  #waitingToBoard: (() => void)[] = [];
  #landings: (() => void)[] = [];
  #tally: FlightTally = emptyTally();
  #outage: (Omit<Outage, 'nextTryInMs'> & { readonly metMs: number; readonly untilMs: number }) | undefined;

  constructor(private readonly options: FlightOptions) {
    this.#rate = new ByteRate(options.monotonic);
  }

  /** How many more files may be claimed. */
  room(): number {
    return Math.max(0, this.options.maxQueueSize - this.known());
  }

  /** It is worth a look for more: half the queue is free, or nothing waits. */
  wantsMore(): boolean {
    return this.#queued.size === 0 || this.room() * 2 >= this.options.maxQueueSize;
  }

  known(): number {
    return this.#queued.size + this.#resting.size + this.#airPaths.size;
  }

  knows(path: string): boolean {
    return this.#queued.has(path) || this.#resting.has(path) || this.#airPaths.has(path);
  }

  enqueue(path: string, size: number, failures = 0): void {
    if (!this.knows(path)) this.#queued.set(path, { path, size, failures });
  }

  /** Ends a file's rest, so that it is tried with the next transfer. */
  wake(path: string): void {
    const resting = this.#resting.get(path);
    if (!resting) return;
    this.#resting.delete(path);
    this.#queued.set(path, { path, size: resting.size, failures: 0 });
  }

  wakeDue(): void {
    const now = this.options.monotonic();
    for (const [path, { untilMs, ...file }] of this.#resting) {
      if (untilMs > now) continue;
      this.#resting.delete(path);
      this.#queued.set(path, file);
    }
  }

  /** The files of the next transfer, which is thereby in the air; undefined when all places are taken, nothing waits, or all do. */
  depart(idOf: (files: readonly TransferFile[]) => string): { id: string; files: readonly TransferFile[] } | undefined {
    if (this.#air.size >= this.options.slots) return undefined;
    if (this.#outage && this.options.monotonic() < this.#outage.untilMs) return undefined;
    const length = parcelLength(this.#queued.values(), this.options.smallBytes);
    if (length === 0) return undefined;
    const files: TransferFile[] = [];
    for (const file of this.#queued.values()) {
      if (files.length === length) break;
      files.push(file);
    }
    for (const { path } of files) this.#queued.delete(path);
    const id = idOf(files);
    this.#lift(id, files);
    return { id, files };
  }

  /** The transfer did not start, or nobody runs it any more: its files are queued again. */
  cancel(id: string): void {
    const flight = this.#air.get(id);
    if (!flight || flight.boarded) return;
    this.#drop(id);
    for (const file of flight.files) if (!this.knows(file.path)) this.#queued.set(file.path, file);
  }

  /** Transfers that were started and have not been heard of for this long. */
  silent(ms: number): readonly string[] {
    const limit = this.options.monotonic() - ms;
    return [...this.#air].flatMap(([id, flight]) => (!flight.boarded && flight.startedMs < limit ? [id] : []));
  }

  /** Somebody saw it run elsewhere. */
  heard(id: string): void {
    const flight = this.#air.get(id);
    if (flight) flight.startedMs = this.options.monotonic();
  }

  async board(id: string, files: readonly TransferFile[]): Promise<Flight> {
    const flight = this.#air.get(id) ?? this.#lift(id, files);
    flight.boarded = true;
    while (this.#boarded >= this.options.slots) await new Promise<void>((next) => this.#waitingToBoard.push(next));
    this.#boarded++;
    flight.boardedMs = this.options.monotonic();
    let landed = false;
    return {
      phase: (name) => {
        flight.phase = name;
      },
      sent: (path, bytes) => {
        flight.sent.set(path, (flight.sent.get(path) ?? 0) + bytes);
        this.#rate.add(bytes);
      },
      land: (outcomes = []) => {
        if (landed) return;
        landed = true;
        this.#boarded--;
        this.#waitingToBoard.shift()?.();
        if (this.#air.get(id) === flight) this.#drop(id);
        this.#watchOutage(flight, outcomes);
        for (const [i, file] of flight.files.entries()) this.#settle(file, outcomes[i]);
        for (const wake of this.#landings.splice(0)) wake();
      },
    };
  }

  /** Resolves with the next landing, or after `ms`. */
  async landing(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      timer.unref();
      this.#landings.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  queued(): { readonly files: number; readonly bytes: number } {
    let bytes = 0;
    for (const { size } of this.#queued.values()) bytes += size;
    return { files: this.#queued.size, bytes };
  }

  resting(): number {
    return this.#resting.size;
  }

  inAir(): number {
    return this.#airPaths.size;
  }

  freeSlots(): number {
    return Math.max(0, this.options.slots - this.#air.size);
  }

  inFlight(most: number): readonly FileInFlight[] {
    const found: FileInFlight[] = [];
    for (const { files, sent, phase } of this.#air.values()) {
      for (const { path, size } of files) {
        if (found.length >= most) return found;
        found.push({ path, size, sent: sent.get(path) ?? 0, phase });
      }
    }
    return found;
  }

  remainingBytes(): number {
    let bytes = this.queued().bytes;
    for (const { files, sent } of this.#air.values())
      for (const { path, size } of files) bytes += Math.max(0, size - (sent.get(path) ?? 0));
    return bytes;
  }

  /** What transfers wait for; undefined when they do not. */
  outage(): Outage | undefined {
    if (!this.#outage) return undefined;
    const { code, reason, since, tries, untilMs } = this.#outage;
    return { code, reason, since, tries, nextTryInMs: Math.max(0, untilMs - this.options.monotonic()) };
  }

  bytesPerSecond(): number {
    return this.#rate.perSecond();
  }

  /** What was counted since the last call. */
  takeTally(): FlightTally {
    const taken = this.#tally;
    this.#tally = emptyTally();
    return taken;
  }

  /** What was counted and not taken. */
  tally(): Readonly<FlightTally> {
    return this.#tally;
  }

  giveBackTally(taken: FlightTally): void {
    this.#tally.processedOk += taken.processedOk;
    this.#tally.processedErr += taken.processedErr;
    this.#tally.bytes += taken.bytes;
    this.#tally.lastError ??= taken.lastError;
  }

  noteError(error: string): void {
    this.#tally.lastError = error;
  }

  #lift(id: string, files: readonly TransferFile[]): Airborne {
    const flight: Airborne = {
      files,
      sent: new Map(),
      startedMs: this.options.monotonic(),
      boarded: false,
      boardedMs: 0,
      phase: 'waiting',
    };
    this.#air.set(id, flight);
    for (const { path } of files) {
      this.#airPaths.add(path);
      this.#queued.delete(path);
      this.#resting.delete(path);
    }
    return flight;
  }

  #drop(id: string): void {
    for (const { path } of this.#air.get(id)?.files ?? []) this.#airPaths.delete(path);
    this.#air.delete(id);
  }

  /** A file that arrives ends an outage. What started before the outage was last met adds nothing to it. */
  #watchOutage(flight: Airborne, outcomes: readonly TransferOutcome[]): void {
    if (outcomes.some(({ kind }) => kind === 'done')) {
      this.#outage = undefined;
      return;
    }
    const met = outcomes.find((outcome) => outcome.kind === 'postponed');
    if (!met || (this.#outage && flight.boardedMs <= this.#outage.metMs)) return;
    const metMs = this.options.monotonic();
    const tries = (this.#outage?.tries ?? 0) + 1;
    this.#outage = {
      code: met.code,
      reason: met.error,
      since: this.#outage?.since ?? this.options.now(),
      tries,
      metMs,
      untilMs: metMs + retryDelayMs(tries, this.options.random(), LONGEST_OUTAGE_WAIT_MS),
    };
  }

  #settle(file: TransferFile, outcome: TransferOutcome | undefined): void {
    const { path, size, failures } = file;
    const rest = (untilMs: number, count: number, more: Pick<TransferFile, 'waits' | 'alone'> = {}): void => {
      if (!this.knows(path)) this.#resting.set(path, { path, size, failures: count, ...more, untilMs });
    };
    const now = this.options.monotonic();
    switch (outcome?.kind) {
      case 'done':
        this.#tally.processedOk++;
        this.#tally.bytes += outcome.bytes;
        break;
      case 'failed':
        this.#tally.processedErr++;
        this.#tally.lastError = `${path}: ${outcome.error}`;
        rest(
          now + retryDelayMs(outcome.attempts ?? failures + 1, this.options.random()),
          outcome.attempts ?? failures + 1,
        );
        break;
      case 'postponed': {
        this.#tally.lastError = `${path}: ${outcome.error}`;
        if (!outcome.tried) {
          if (!this.knows(path)) this.#queued.set(path, file);
          break;
        }
        const waits = (file.waits ?? 0) + 1;
        const wait = retryDelayMs(waits, this.options.random(), LONGEST_OUTAGE_WAIT_MS);
        rest(now + wait, failures, { waits, ...(outcome.hung || file.alone ? { alone: true } : {}) });
        break;
      }
      case 'held':
        rest(now + Math.min(Math.max(1_000, outcome.until - this.options.now()), LONGEST_HELD_MS), failures);
        break;
      default:
        break;
    }
  }
}

/** A claim is asked for again at least this often: the clock that it ends by may have been set back. */
const LONGEST_HELD_MS = 30_000;

function emptyTally(): FlightTally {
  return { processedOk: 0, processedErr: 0, bytes: 0, lastError: undefined };
}
