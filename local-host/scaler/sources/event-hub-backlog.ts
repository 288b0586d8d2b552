/** How many events of an event hub are not behind a checkpoint yet, and how much of that counts. Pure; rules of KEDA's scaler. */

export interface HubPartition {
  /** Of the last event; -1 in a partition that never had one. */
  readonly last: number;
  readonly first: number;
  /** Sequence number of the checkpoint; undefined without one. */
  readonly checkpoint: number | undefined;
}

export interface BacklogRules {
  readonly target: number;
  /** A checkpoint so little ahead of the partition's own figures means that those are old. */
  readonly staleBelow: number;
}

/** @returns `value` to scale by: not above what one processor a partition can take; `backlog` that decides whether there is work */
export function hubBacklog(
  partitions: readonly HubPartition[],
  rules: BacklogRules,
): { readonly value: number; readonly backlog: number } {
  const backlog = Math.min(
    Number.MAX_SAFE_INTEGER,
    partitions.reduce((total, partition) => total + unprocessed(partition, rules), 0),
  );
  const most = partitions.length * rules.target;
  return { value: Math.floor(backlog / rules.target) > partitions.length ? most : backlog, backlog };
}

function unprocessed({ last, first, checkpoint }: HubPartition, { staleBelow }: BacklogRules): number {
  if (last === -1) return 0;
  // Without a checkpoint KEDA counts one old event alone as none: it cannot tell it from an empty partition.
  if (checkpoint === undefined) return last === 0 || last !== first ? last - first + 1 : 0;
  if (last >= checkpoint) return last - checkpoint;
  return checkpoint - last < staleBelow ? 0 : Number.MAX_SAFE_INTEGER;
}
