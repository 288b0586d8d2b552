import type { HostContext } from '../../plugin';
import { ExtensionSettings } from '../../brokers/extension-settings';

/** `extensions.kafka` of host.json, as far as it means something here, with the extension's defaults. */
export interface KafkaTriggerSettings {
  /** Most events in one run of a function with cardinality MANY. */
  readonly maxBatchSize: number;
  /** How long a finished event may wait until its offset is committed. */
  readonly autoCommitIntervalMs: number;
  /** Whether a failed run counts as done. */
  readonly commitOnFailure: boolean;
  /** Further runs after a failure when it does not; -1 for no end. */
  readonly maxRetries: number;
  /** Where a group without a committed offset begins. */
  readonly fromBeginning: boolean;
  readonly sessionTimeoutMs: number;
  /** How long the group waits for a member that has a function running. */
  readonly maxPollIntervalMs: number;
  readonly maxPartitionFetchBytes: number | undefined;
  readonly fetchMaxBytes: number | undefined;
}

const DAY_MS = 86_400_000;

/** @throws HostStartError on a value out of range */
export function kafkaTriggerSettings({ settings }: HostContext): KafkaTriggerSettings {
  const given = ExtensionSettings.of(settings, 'kafka');
  return {
    maxBatchSize: given.whole('maxBatchSize', 1) ?? 64,
    autoCommitIntervalMs: given.whole('autoCommitIntervalMs', 0, DAY_MS) ?? 200,
    commitOnFailure: given.flag('commitOnFailure') ?? true,
    maxRetries: given.whole('maxRetries', -1) ?? 5,
    fromBeginning: given.word('autoOffsetReset', ['earliest', 'latest']) !== 'latest',
    sessionTimeoutMs: given.whole('sessionTimeoutMs', 1000, DAY_MS) ?? 10_000,
    maxPollIntervalMs: given.whole('maxPollIntervalMs', 1000, DAY_MS) ?? 300_000,
    maxPartitionFetchBytes: given.whole('maxPartitionFetchBytes', 1),
    fetchMaxBytes: given.whole('fetchMaxBytes', 1),
  };
}
