/**
 * How far each partition was read, in the blobs of the Functions extension, so that it never goes back: a host that stood
 * still (the machine slept) and does not know yet that others read on must not set them back. The SDK's own store writes
 * whatever it is told; ownership and reading are left to it.
 *
 * Invariant: nothing is written over a checkpoint that somebody else wrote since the partition was begun here, unless it is
 * further on. What lies there when it is begun may be of a hub that was made anew, and says nothing.
 */
import type { Checkpoint, CheckpointStore, PartitionOwnership } from '@azure/event-hubs';
import type { ContainerClient } from '@azure/storage-blob';

/** Reads and writes of one checkpoint that may get in each other's way before it is given up. */
const MOST_TRIES = 5;

export class ForwardCheckpoints implements CheckpointStore {
  readonly #container: ContainerClient;
  readonly #store: CheckpointStore;
  /** Sequence number of each partition when last looked at. */
  readonly #seen = new Map<string, number>();
  /** The same, when it was begun. */
  readonly #begun = new Map<string, number>();
  /** Of what was written here. */
  readonly #etags = new Map<string, string>();

  constructor(container: ContainerClient, store: CheckpointStore) {
    this.#container = container;
    this.#store = store;
  }

  /** The partition is read from here on, from the checkpoint that was listed last. */
  begin(partitionId: string): void {
    const seen = this.#seen.get(partitionId);
    if (seen === undefined) this.#begun.delete(partitionId);
    else this.#begun.set(partitionId, seen);
    this.#etags.delete(partitionId);
  }

  async updateCheckpoint(checkpoint: Checkpoint): Promise<void> {
    const { partitionId, sequenceNumber, offset } = checkpoint;
    const blob = this.#container.getBlockBlobClient(nameOf(checkpoint));
    const metadata = { sequencenumber: String(sequenceNumber), offset };
    let etag = this.#etags.get(partitionId);
    // The partition may be begun anew while this goes on.
    const begun = this.#begun.get(partitionId);
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const written = await unless(IN_THE_WAY, () =>
        etag === undefined
          ? blob.upload('', 0, { metadata, conditions: { ifNoneMatch: '*' } })
          : blob.setMetadata(metadata, { conditions: { ifMatch: etag } }),
      );
      if (written) {
        if (written.etag !== undefined && begun === this.#begun.get(partitionId))
          this.#etags.set(partitionId, written.etag);
        return;
      }
      const there = await unless(GONE, () => blob.getProperties());
      const theirs = Number(there?.metadata?.['sequencenumber']);
      if (theirs >= sequenceNumber && theirs !== begun) return;
      etag = there?.etag;
    }
    throw new Error('Others write the same checkpoint all the time.');
  }

  async listCheckpoints(...asked: Parameters<CheckpointStore['listCheckpoints']>): Promise<Checkpoint[]> {
    const found = await this.#store.listCheckpoints(...asked);
    this.#seen.clear();
    for (const { partitionId, sequenceNumber } of found) this.#seen.set(partitionId, sequenceNumber);
    return found;
  }

  listOwnership(...asked: Parameters<CheckpointStore['listOwnership']>): Promise<PartitionOwnership[]> {
    return this.#store.listOwnership(...asked);
  }

  claimOwnership(...asked: Parameters<CheckpointStore['claimOwnership']>): Promise<PartitionOwnership[]> {
    return this.#store.claimOwnership(...asked);
  }
}

const GONE: readonly (number | undefined)[] = [404];
/** There already, removed meanwhile, or written by somebody else. */
const IN_THE_WAY: readonly (number | undefined)[] = [404, 409, 412];

/** Resolves with undefined when the storage answers with one of these statuses. */
async function unless<T>(statuses: readonly (number | undefined)[], ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (statuses.includes((error as { readonly statusCode?: number }).statusCode)) return undefined;
    throw error;
  }
}

/** As the extension, the SDK and KEDA have it. */
function nameOf({ fullyQualifiedNamespace, eventHubName, consumerGroup, partitionId }: Checkpoint): string {
  return `${`${fullyQualifiedNamespace}/${eventHubName}/${consumerGroup}`.toLowerCase()}/checkpoint/${partitionId}`;
}
