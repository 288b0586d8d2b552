/**
 * Decides which blob versions are news to which watcher, and writes that decision down. Two sources feed it: writes
 * told by the access log (`written`, `touched`, `deleted`), and listings (`listed`).
 *
 * Whatever may contradict the ledger is looked at again at the service, one look at a time per account: else an old listing
 * page could announce a version that a newer look has already replaced.
 */
import type { BlobServiceClient } from '@azure/storage-blob';
import { statusOf } from '../azure-sdk';
import { likelyApi, versionOf, type BlobVersion, type WriteApi } from './blob-version';
import type { Ledger, SeenVersion } from './ledger';
import type { Watcher } from './watcher';

export interface Watched {
  readonly watcher: Watcher;
  /** Milliseconds since the epoch. Versions written before it are old. */
  readonly since: number;
}

export interface BlobChange {
  readonly container: string;
  readonly blob: string;
  readonly kind: 'written' | 'touched';
  readonly api: WriteApi;
}

const LOOKS_AT_ONCE = 8;

export class Detector {
  #turn: Promise<void> = Promise.resolve();

  constructor(
    private readonly blobs: BlobServiceClient,
    private readonly ledger: Ledger,
    private readonly watched: readonly Watched[],
    /** Called after events were put into the outbox. */
    private readonly onNews: () => void,
  ) {}

  /** Looks at the changed blobs and records them; rejects when the service does not answer, with nothing recorded. */
  changed(changes: readonly BlobChange[]): Promise<void> {
    const result = this.#turn.then(() => this.#look(changes));
    this.#turn = result.catch(() => undefined);
    return result;
  }

  deleted(container: string, blob: string): void {
    for (const { watcher } of this.#interestedIn(container, blob)) this.ledger.forget(watcher.name, blob);
  }

  /** Records one page of a listing. */
  async listed(page: readonly BlobVersion[]): Promise<void> {
    const doubtful = new Map<string, BlobChange>();
    const news = this.ledger.transaction(() => {
      let count = 0;
      for (const version of page) {
        for (const watched of this.#interestedIn(version.container, version.blob)) {
          const seen = this.ledger.seen(watched.watcher.name, version.blob);
          if (seen?.etag === version.etag) continue;
          const { container, blob } = version;
          const api = likelyApi(version);
          if (seen !== undefined) doubtful.set(blob, { container, blob, kind: 'touched', api });
          else if (this.#announce(watched, version, undefined, 'listed', api)) count += 1;
        }
      }
      return count;
    });
    if (news > 0) this.onNews();
    if (doubtful.size > 0) await this.changed([...doubtful.values()]);
  }

  async #look(changes: readonly BlobChange[]): Promise<void> {
    const versions = new Map<BlobChange, BlobVersion | undefined>();
    const left = [...changes];
    const worker = async (): Promise<void> => {
      for (let change = left.shift(); change !== undefined; change = left.shift()) {
        versions.set(change, await this.#versionNow(change));
      }
    };
    await Promise.all(Array.from({ length: Math.min(LOOKS_AT_ONCE, changes.length) }, worker));
    const news = this.ledger.transaction(() => {
      let count = 0;
      for (const [{ container, blob, kind, api }, version] of versions) {
        for (const watched of this.#interestedIn(container, blob)) {
          const seen = this.ledger.seen(watched.watcher.name, blob);
          if (version === undefined) this.ledger.forget(watched.watcher.name, blob);
          else if (this.#announce(watched, version, seen, kind, api)) count += 1;
        }
      }
      return count;
    });
    if (news > 0) this.onNews();
  }

  /** Undefined when the blob is gone, or its content is still being copied. */
  async #versionNow({ container, blob }: BlobChange): Promise<BlobVersion | undefined> {
    try {
      const found = await this.blobs.getContainerClient(container).getBlobClient(blob).getProperties();
      return versionOf(container, blob, found);
    } catch (error) {
      // 400: the log held a name that is none.
      const status = statusOf(error);
      if (status === 404 || status === 400) return undefined;
      throw error;
    }
  }

  /** True when an event was put into the outbox. Within a transaction of the ledger. */
  #announce(
    { watcher, since }: Watched,
    version: BlobVersion,
    seen: SeenVersion | undefined,
    source: Source,
    api: WriteApi,
  ): boolean {
    const decision = decide(version, seen, source, since);
    if (decision === 'known') return false;
    this.ledger.see(watcher.name, version, decision === 'touched');
    if (decision !== 'created') return false;
    const url = this.blobs.getContainerClient(version.container).getBlobClient(version.blob).url;
    const account = this.blobs.accountName;
    this.ledger.enqueue(watcher.name, (sequence) => watcher.message({ version, api, url, account, sequence }));
    return true;
  }

  #interestedIn(container: string, blob: string): Watched[] {
    return this.watched.filter(({ watcher }) => watcher.container === container && watcher.matches(blob));
  }
}

/** How a version came to notice: a write in the log, a change of properties or a doubt, a listing. */
type Source = BlobChange['kind'] | 'listed';

/**
 * - `created`: new content, to be announced;
 * - `old`: content from before the watcher's first start;
 * - `touched`: the same content under a new ETag;
 * - `known`: nothing to note.
 */
export function decide(
  version: BlobVersion,
  seen: SeenVersion | undefined,
  source: Source,
  since: number,
): 'created' | 'old' | 'touched' | 'known' {
  if (seen === undefined) {
    // The service cuts off fractions of a second, so the first second itself still counts as after it.
    const written = version.createdOn ?? version.lastModified;
    return source !== 'written' && written < Math.floor(since / 1000) * 1000 ? 'old' : 'created';
  }
  if (seen.etag === version.etag) return source === 'written' && seen.touched === 1 ? 'created' : 'known';
  if (source === 'written') return 'created';
  // Only a hash tells that the content is the same; where there is none, one event too many beats one too few.
  const sameContent =
    seen.md5 !== null && seen.md5 === (version.contentMd5 ?? null) && seen.length === version.contentLength;
  return sameContent && seen.createdOn === (version.createdOn ?? null) ? 'touched' : 'created';
}
