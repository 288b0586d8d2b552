/** How far a consumer group is behind, and how much of that counts. Pure; rules of KEDA's kafka scaler. */

export interface PartitionOffsets {
  readonly topic: string;
  readonly partition: number;
  /** The offset that the next record will have. */
  readonly latest: number;
  /** Committed by the group; -1 where nothing is. */
  readonly committed: number;
}

export interface LagRules {
  readonly target: number;
  readonly resetPolicy: 'latest' | 'earliest';
  readonly allowIdleConsumers: boolean;
  readonly limitToPartitionsWithLag: boolean;
  readonly scaleToZeroOnInvalidOffset: boolean;
  readonly excludePersistentLag: boolean;
}

/** The offsets at which partitions were last seen, for `excludePersistentLag`; changed by each call. */
export type SeenOffsets = Map<string, number>;

/**
 * @returns `value` to scale by: not above what one consumer a partition can take; `lag` that decides whether there is any
 * work, standing lag included
 */
export function consumerLag(
  partitions: readonly PartitionOffsets[],
  rules: LagRules,
  seen: SeenOffsets,
): { readonly value: number; readonly lag: number } {
  const lags = partitions.map((partition) => {
    const lag = lagOf(partition, rules);
    return { lag, counted: stands(partition, rules, seen) ? 0 : lag };
  });
  const lag = sum(lags.map((of) => of.lag));
  const counted = sum(lags.map((of) => of.counted));
  if (rules.allowIdleConsumers && !rules.limitToPartitionsWithLag) return { value: counted, lag };
  const consumers = rules.limitToPartitionsWithLag ? lags.filter((of) => of.counted > 0).length : lags.length;
  return { value: Math.floor(counted / rules.target) > consumers ? consumers * rules.target : counted, lag };
}

function lagOf({ latest, committed }: PartitionOffsets, rules: LagRules): number {
  if (committed >= 0) return Math.max(0, latest - committed);
  // Nothing committed: a consumer is needed to begin with, or everything is still to be read.
  if (rules.scaleToZeroOnInvalidOffset) return 0;
  return rules.resetPolicy === 'latest' ? 1 : latest;
}

/** Whether the group has not moved on this partition since it was looked at last. */
function stands({ topic, partition, committed }: PartitionOffsets, rules: LagRules, seen: SeenOffsets): boolean {
  if (!rules.excludePersistentLag || committed < 0) return false;
  const key = `${topic}/${partition}`;
  const before = seen.get(key);
  seen.set(key, committed);
  return before === committed;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
