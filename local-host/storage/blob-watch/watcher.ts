import type { QueueClient } from '@azure/storage-queue';
import type { BlobVersion, WriteApi } from './blob-version';

/** A new version of a blob that a watcher cares for. */
export interface NewVersion {
  readonly version: BlobVersion;
  readonly api: WriteApi;
  /** Address of the blob. */
  readonly url: string;
  /** Name of the storage account. */
  readonly account: string;
  /** Later versions of a blob have a larger one. */
  readonly sequence: number;
}

/** Somebody who wants a queue message for each new blob version in a container. */
export interface Watcher {
  /** Unique within one ledger; what was seen and what waits is remembered under it. */
  readonly name: string;
  readonly container: string;
  /** Whether versions from before the watcher first started are announced too. */
  readonly wantsOld: boolean;
  matches(blob: string): boolean;
  /** The text of the message as it lies in the queue. */
  message(news: NewVersion): string;
  /** Made when it does not exist. */
  readonly queue: () => QueueClient;
  /** Default: what the service gives, 7 days. -1 for ever. */
  readonly timeToLiveSeconds?: number | undefined;
}
