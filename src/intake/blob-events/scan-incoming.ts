/**
 * Looks through `incoming` and publishes each new blob version (B1), a segment of the listing at a time.
 *
 * 1. What is published, and that two scans at once do not publish the same, is `publish-versions.ts`'s.
 * 2. A published version that is still there when its time is over is published again.
 * 3. Rows of blobs that are gone are removed, if they were written before the scan began.
 * 4. Of a segment that was found in order only a digest is kept, and its rows are not read again while it stays the same.
 * 5. In memory at a time: a page of the listing, a segment, a page of its rows, the rows to be removed, the digests.
 */
import { INCOMING_CONTAINER, isAddressable } from '../../domain/blob-events/blob-event';
import { sha256Hex } from '../../domain/digest';
import { ledgerKey, sortsBefore } from '../../domain/blob-events/ledger-key';
import { decidePublication, isLeftOver, type LedgerRow } from '../../domain/blob-events/publication';
import { SegmentCutter, type Segment } from '../../domain/blob-events/segments';
import type { BlobListing } from '../../ports/blob-listing';
import { count } from '../../telemetry/meters';
import { attributes, spans } from '../../telemetry/names';
import { inSpan } from '../../telemetry/tracing';
import {
  createPublishVersions,
  type PublishPorts,
  type PublishSettings,
  type PublishVersions,
  type WantedVersion,
} from './publish-versions';

export interface ScanPorts extends PublishPorts {
  readonly listing: BlobListing;
}

export interface ScanReport {
  readonly listed: number;
  readonly published: number;
  /** Of those, published before. */
  readonly again: number;
  readonly segments: number;
  /** Segments whose rows were not read, since nothing had changed. */
  readonly unchanged: number;
}

export type ScanIncoming = () => Promise<ScanReport>;

/** Versions that are claimed, published and noted together: what one transaction holds. */
const BATCH = 100;
/** Segments that are remembered; of some twenty million blobs. */
const MOST_REMEMBERED = 20_000;
/** Rows that one scan forgets at most; the next one goes on. */
const MOST_LEFT_OVER = 20_000;
const FORGOTTEN_MS = 30 * 24 * 60 * 60 * 1000;

/** Digests of segments that were found in order, and when each is to be looked at again. */
type InOrder = ReadonlyMap<string, number>;

export function createScanIncoming(ports: ScanPorts, settings: PublishSettings): ScanIncoming {
  const publish = createPublishVersions(ports, settings);
  let inOrder: InOrder = new Map();
  return () =>
    inSpan(spans.blobScan, { attributes: { [attributes.pipeline]: 'blob-events' } }, async () => {
      const scan = new Scan(ports, settings, publish, inOrder);
      const report = await scan.run();
      inOrder = scan.inOrder;
      return report;
    });
}

class Scan {
  readonly inOrder = new Map<string, number>();
  readonly #beganMs: number;
  readonly #figures = { listed: 0, published: 0, again: 0, segments: 0, unchanged: 0 };
  readonly #gone: LedgerRow[] = [];
  /** Whether the names came in the order that the table has them in; then what the listing leaves out is gone. */
  #sorted = true;
  #last = '';

  constructor(
    private readonly ports: ScanPorts,
    private readonly settings: PublishSettings,
    private readonly publish: PublishVersions,
    private readonly before: InOrder,
  ) {
    this.#beganMs = ports.clock.now();
  }

  async run(): Promise<ScanReport> {
    const cutter = new SegmentCutter();
    for await (const page of this.ports.listing.pages(INCOMING_CONTAINER))
      for (const blob of page) {
        if (!isAddressable(blob.name)) {
          this.#leave(blob.name);
          continue;
        }
        const segment = cutter.add(blob);
        if (segment) await this.#settle(segment);
      }
    await this.#settle(cutter.end());
    await this.#forget();
    return this.#figures;
  }

  #leave(name: string): void {
    count('events', 1, { [attributes.pipeline]: 'blob-events', [attributes.outcome]: 'unaddressable' });
    const blob = name.slice(0, 200);
    this.ports.logger.warn('A blob whose name cannot be asked for stays in incoming; rename it', {
      pipeline: 'blob-events',
      blob,
    });
  }

  async #settle(segment: Segment): Promise<void> {
    const { clock } = this.ports;
    this.#figures.segments++;
    this.#figures.listed += segment.blobs.length;
    for (const { name } of segment.blobs) {
      this.#sorted &&= this.#last === '' || sortsBefore(this.#last, name);
      this.#last = name;
    }
    const digest = digestOf(segment);
    const known = this.before.get(digest);
    if (known !== undefined && clock.now() < known) {
      this.#figures.unchanged++;
      this.#remember(digest, known);
      return;
    }
    const keys = segment.blobs.map(({ name }) => ledgerKey(name));
    const { wanted, gone, nextMs } = await this.#match(segment, keys);
    let complete = this.#gone.length + gone.length <= MOST_LEFT_OVER;
    if (complete) this.#gone.push(...gone);
    for (let from = 0; from < wanted.length; from += BATCH) {
      const batch = wanted.slice(from, from + BATCH);
      const { published, again } = await this.publish(batch);
      this.#figures.published += published;
      this.#figures.again += again;
      // Of what another scan took it is not known when it is due.
      if (published < batch.length) complete = false;
    }
    const published = wanted.length > 0 ? clock.now() + this.settings.republishMs : Infinity;
    if (complete) this.#remember(digest, Math.min(nextMs, published));
  }

  /** What of the segment is to be published, which rows have no blob in it, and when the rest is due. */
  async #match(
    segment: Segment,
    keys: readonly string[],
  ): Promise<{ readonly wanted: WantedVersion[]; readonly gone: LedgerRow[]; readonly nextMs: number }> {
    const blobs = new Map(segment.blobs.map((blob, at) => [keys[at] ?? '', blob]));
    const rows = new Map<string, LedgerRow>();
    const gone: LedgerRow[] = [];
    for await (const page of this.ports.ledger.rows(rangeOf(segment, keys)))
      for (const row of page) {
        if (blobs.has(row.key)) rows.set(row.key, row);
        else if (gone.length < MOST_LEFT_OVER && isLeftOver(row, this.#beganMs)) gone.push(row);
      }
    const wanted: WantedVersion[] = [];
    let nextMs = Infinity;
    for (const [key, blob] of blobs) {
      const decision = decidePublication(blob, rows.get(key), this.ports.clock.now(), this.#beganMs);
      if (decision.kind === 'publish') wanted.push({ key, version: blob.etag, replaces: decision.replaces, blob });
      else nextMs = Math.min(nextMs, decision.dueMs);
    }
    return { wanted, gone, nextMs };
  }

  #remember(digest: string, untilMs: number): void {
    if (this.inOrder.size < MOST_REMEMBERED) this.inOrder.set(digest, untilMs);
  }

  /**
   * Removes the rows of blobs that are gone. Where listing and table are not in the same order, a row may have its blob in
   * another segment: then age decides, and at worst a blob that waits for so long is published again.
   */
  async #forget(): Promise<void> {
    const old = this.#beganMs - FORGOTTEN_MS;
    const gone = this.#sorted ? this.#gone : this.#gone.filter(({ notedMs }) => notedMs < old);
    if (gone.length > 0) await this.ports.ledger.remove(gone);
  }
}

/** From the segment before to the end of this one, and wide enough for each of its blobs whatever order the listing has. */
function rangeOf(
  { after, upTo }: Segment,
  keys: readonly string[],
): { readonly after?: string | undefined; readonly upTo?: string | undefined } {
  const border = after === undefined ? undefined : ledgerKey(after);
  const last = keys.reduce((a, b) => (b > a ? b : a), '');
  const isBelow = border !== undefined && keys.some((key) => key <= border);
  return { after: isBelow ? undefined : border, upTo: upTo === undefined ? undefined : last };
}

function digestOf({ after, upTo, blobs }: Segment): string {
  const lines = blobs.map(({ name, etag }) => `${name}\n${etag}`);
  return sha256Hex([after ?? '', upTo ?? '', ...lines].join('\n')).slice(0, 32);
}
