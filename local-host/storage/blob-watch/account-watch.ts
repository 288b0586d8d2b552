/**
 * Watches one storage account for new blob versions: by the access log within a fraction of a second, and by listings that
 * make up for whatever the log did not tell (at first, after a gap, from time to time, and all the time without a log).
 *
 * A listing of many blobs is dear to both sides: so a restart that can read on in the log where the last run stopped does not
 * begin with one, and a listing pauses after each page for as long as the page took.
 */
import type { BlobServiceClient } from '@azure/storage-blob';
import { sleep, type Clock } from '../../clock';
import type { Log } from '../../log';
import { parseAccessLogLine, storageEventOf } from '../access-log-line';
import { AccessLogTail, type LogPosition } from '../access-log-tail';
import { messageOf, statusOf } from '../azure-sdk';
import { versionOf } from './blob-version';
import type { BlobChange, Detector } from './detector';
import type { Ledger } from './ledger';

export interface AccountWatchOptions {
  readonly blobs: BlobServiceClient;
  readonly detector: Detector;
  readonly ledger: Ledger;
  /** Container → names of its watchers. */
  readonly containers: ReadonlyMap<string, readonly string[]>;
  readonly clock: Clock;
  readonly log: Log;
  readonly findAccessLog: () => string | undefined;
  /** Least milliseconds between two listings while there is no access log. */
  readonly pollMs: number;
}

const PAGE = 1000;
const LOG_INTERVAL_MS = 100;
/** Emptying may lose a line, so a listing follows; at this size that is one for some 400,000 requests. */
const EMPTY_LOG_ABOVE_BYTES = 64 << 20;
/** Pause between listings: at least this, and a multiple of what the last one took, so that a large container is not listed all the time. */
const WITH_LOG = { leastMs: 60_000, factor: 50 };
const WITHOUT_LOG_FACTOR = 5;
const RETRY_MS = 1000;

export class AccountWatch {
  readonly #stop = new AbortController();
  readonly #tail: AccessLogTail;
  readonly #source: string;
  #due = new AbortController();
  #running: Promise<void> | undefined;
  #outageTold = false;

  constructor(private readonly options: AccountWatchOptions) {
    const { clock, ledger, findAccessLog, blobs } = options;
    this.#source = blobs.url;
    const from = ledger.logPosition(this.#source);
    this.#tail = new AccessLogTail({
      clock,
      ...(from ? { from } : {}),
      findFile: findAccessLog,
      intervalMs: LOG_INTERVAL_MS,
      emptyAboveBytes: EMPTY_LOG_ABOVE_BYTES,
      onLines: (lines, position) => this.#read(lines, position),
      onGap: () => this.#gap(),
    });
  }

  start(): void {
    this.#running = this.#tail.start().then(() => this.#listFromTimeToTime());
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#due.abort();
    await Promise.all([this.#tail.stop(), this.#running]);
  }

  /** Does not return before the lines are dealt with, however long the storage is away: only then the log is read on. */
  async #read(lines: readonly string[], position: LogPosition): Promise<void> {
    const { blobs, containers, detector, ledger } = this.options;
    const changes = new Map<string, BlobChange>();
    for (const line of lines) {
      const entry = parseAccessLogLine(line, blobs.accountName);
      const event = entry && storageEventOf(entry);
      if (!event || event.kind === 'messageSent' || !containers.has(event.container)) continue;
      const { container, blob } = event;
      const key = `${container}/${blob}`;
      if (event.kind === 'blobDeleted') {
        changes.delete(key);
        detector.deleted(container, blob);
      } else if (event.kind === 'blobWritten') {
        changes.set(key, { container, blob, kind: 'written', api: event.api });
      } else if (!changes.has(key)) {
        changes.set(key, { container, blob, kind: 'touched', api: 'PutBlob' });
      }
    }
    if (changes.size > 0 && !(await this.#insist(() => detector.changed([...changes.values()])))) return;
    if (!this.#stop.signal.aborted) ledger.saveLogPosition(this.#source, position);
  }

  async #listFromTimeToTime(): Promise<void> {
    let lastMs = this.#listingMsOfLastRun();
    while (!this.#stop.signal.aborted) {
      this.#due = new AbortController();
      lastMs ??= await this.#listAll(this.#due.signal);
      const { leastMs, factor } = this.#tail.available
        ? WITH_LOG
        : { leastMs: this.options.pollMs, factor: WITHOUT_LOG_FACTOR };
      await sleep(this.options.clock, Math.max(leastMs, factor * (lastMs ?? 0)), this.#due.signal);
      lastMs = undefined;
    }
  }

  /** Undefined when something may be unseen that the log does not tell of. */
  #listingMsOfLastRun(): number | undefined {
    const { ledger } = this.options;
    if (ledger.logPosition(this.#source) === undefined || !this.#tail.available) return undefined;
    const times = this.#watchers().map((name) => ledger.listingMs(name));
    return times.every((ms) => ms !== undefined) ? Math.max(0, ...times) : undefined;
  }

  #gap(): void {
    this.#due.abort();
    try {
      for (const name of this.#watchers()) this.options.ledger.saveListing(name, undefined);
    } catch {
      // The disk's trouble; the listing that begins now makes up for the gap in any case.
    }
  }

  #watchers(): string[] {
    return [...this.options.containers.values()].flat();
  }

  /** Milliseconds that it took; undefined when it must be done again. */
  async #listAll(gap: AbortSignal): Promise<number | undefined> {
    const { clock, containers, ledger } = this.options;
    const began = clock.now();
    for (const [container, watchers] of containers) {
      if (!(await this.#insist(() => this.#list(container, watchers)))) return undefined;
    }
    const took = clock.now() - began;
    if (gap.aborted) return took;
    await this.#insist(async () => {
      for (const name of this.#watchers()) ledger.saveListing(name, took);
    });
    return took;
  }

  async #list(container: string, watchers: readonly string[]): Promise<void> {
    const { blobs, detector, clock } = this.options;
    const missing = new Map(watchers.map((name) => [name, new MissingBlobs(this.options.ledger, name)]));
    try {
      const pages = blobs.getContainerClient(container).listBlobsFlat().byPage({ maxPageSize: PAGE });
      let pageBegan = clock.now();
      for await (const { segment, continuationToken } of pages) {
        if (this.#stop.signal.aborted) return;
        const found = segment.blobItems.flatMap((item) => versionOf(container, item.name, item.properties) ?? []);
        await detector.listed(found);
        for (const one of missing.values()) one.compare(segment.blobItems.map(({ name }) => name));
        if (continuationToken) await sleep(clock, clock.now() - pageBegan, this.#stop.signal);
        pageBegan = clock.now();
      }
    } catch (error) {
      // No container yet: nothing in it.
      if (statusOf(error) !== 404) throw error;
    }
    // A name that the listing did not show may have come meanwhile, or be sorted otherwise; so it is looked at once more.
    const gone = new Set([...missing.values()].flatMap((one) => one.end()));
    await detector.changed([...gone].map((blob) => ({ container, blob, kind: 'touched', api: 'PutBlob' })));
  }

  /** Until the storage answers; false when the host stops first. */
  async #insist(action: () => Promise<void>): Promise<boolean> {
    while (!this.#stop.signal.aborted) {
      try {
        await action();
        if (this.#outageTold) this.options.log.information('New blobs: the storage answers again.');
        this.#outageTold = false;
        return true;
      } catch (error) {
        if (!this.#outageTold) {
          this.options.log.warning(`New blobs: the storage does not answer; trying until it does. ${messageOf(error)}`);
        }
        this.#outageTold = true;
        await sleep(this.options.clock, RETRY_MS, this.#stop.signal);
      }
    }
    return false;
  }
}

/** Finds seen blobs that a listing no longer shows, page by page, so that the ledger does not grow for ever. */
class MissingBlobs {
  readonly #found: string[] = [];
  #after = '';

  constructor(
    private readonly ledger: Ledger,
    private readonly watcher: string,
  ) {}

  compare(names: readonly string[]): void {
    const last = names.at(-1);
    if (last === undefined) return;
    this.#collect(new Set(names), last);
    this.#after = last;
  }

  end(): string[] {
    this.#collect(new Set(), undefined);
    return this.#found;
  }

  #collect(present: ReadonlySet<string>, upTo: string | undefined): void {
    // What exceeds the limit is found by a later listing: memory stays bounded.
    const limit = 2 * PAGE;
    if (this.#found.length >= limit) return;
    for (const name of this.ledger.seenBetween(this.watcher, this.#after, upTo, limit)) {
      if (!present.has(name)) this.#found.push(name);
    }
  }
}
