import type { EventPosition } from '@azure/event-hubs';
import { HostStartError, type HostContext } from '../../plugin';
import { ExtensionSettings } from '../../brokers/extension-settings';

/** `extensions.eventHubs` of host.json, as far as it means something here, with the extension's defaults. */
export interface EventHubsSettings {
  readonly maxEventBatchSize: number;
  readonly prefetchCount: number;
  /** Batches of a partition between two checkpoints. */
  readonly batchCheckpointFrequency: number;
  readonly loadBalancingUpdateIntervalMs: number;
  readonly partitionOwnershipExpirationIntervalMs: number;
  /** Where a partition without a checkpoint begins. */
  readonly startPosition: EventPosition;
}

const HOUR_MS = 3_600_000;

/** @throws HostStartError on a value out of range */
export function eventHubsSettings({ settings }: HostContext): EventHubsSettings {
  const given = ExtensionSettings.of(settings, 'eventHubs');
  return {
    maxEventBatchSize: given.whole('maxEventBatchSize', 1, 10_000) ?? 100,
    prefetchCount: given.whole('prefetchCount', 1, 10_000) ?? 300,
    batchCheckpointFrequency: given.whole('batchCheckpointFrequency', 1) ?? 1,
    loadBalancingUpdateIntervalMs: given.span('loadBalancingUpdateInterval', 100, HOUR_MS) ?? 10_000,
    partitionOwnershipExpirationIntervalMs: given.span('partitionOwnershipExpirationInterval', 1000, HOUR_MS) ?? 30_000,
    startPosition: startPosition(given.section('initialOffsetOptions')),
  };
}

function startPosition(given: ExtensionSettings): EventPosition {
  const type = given.word('type', ['fromStart', 'fromEnd', 'fromEnqueuedTime']) ?? 'fromStart';
  if (type !== 'fromEnqueuedTime') return { offset: type === 'fromEnd' ? '@latest' : '-1' };
  const enqueued = given.text('enqueuedTimeUtc') ?? '';
  const enqueuedOn = Date.parse(enqueued);
  if (!Number.isNaN(enqueuedOn)) return { enqueuedOn };
  throw new HostStartError(
    `host.json extensions.eventHubs.initialOffsetOptions.enqueuedTimeUtc is ${JSON.stringify(enqueued)}; it must be a time such as "2031-01-31T00:00:00Z".`,
  );
}
