import { availableParallelism } from 'node:os';
import { HostStartError } from '../../plugin';
import type { HostSettings } from '../../settings/host-settings';
import type { PumpSettings } from '../../storage/message-pump';

const MOST_PER_RECEIVE = 32;

/**
 * `extensions.blobs` of host.json with the storage extension's defaults: `maxDegreeOfParallelism` 8 per core,
 * `poisonBlobThreshold` 5. The host's own queue is looked at every 2 s at most, for no one else writes to it.
 * @throws HostStartError on a value out of range.
 */
export function blobSettings(settings: HostSettings): PumpSettings {
  const parallel = whole(settings, 'maxDegreeOfParallelism') ?? 8 * availableParallelism();
  const batchSize = Math.min(MOST_PER_RECEIVE, Math.ceil(parallel / 2));
  return {
    batchSize,
    newBatchThreshold: parallel - batchSize,
    maxDequeueCount: whole(settings, 'poisonBlobThreshold') ?? 5,
    visibilityTimeoutMs: 0,
    maxPollingIntervalMs: 2000,
  };
}

function whole(settings: HostSettings, name: string): number | undefined {
  const value = settings.hostJson.extensions?.blobs?.[name];
  if (value === undefined || value === null) return undefined;
  const number = Number(value);
  if (Number.isInteger(number) && number >= 1) return number;
  throw new HostStartError(
    `host.json extensions.blobs.${name} is ${JSON.stringify(value)}; it must be a whole number from 1.`,
  );
}
