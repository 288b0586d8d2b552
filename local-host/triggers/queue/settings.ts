import { availableParallelism } from 'node:os';
import { HostStartError } from '../../plugin';
import { setting, type HostSettings } from '../../settings/host-settings';
import type { PumpSettings } from '../../storage/message-pump';
import { parseTimeSpan } from '../../storage/time-span';

const WEEK_MS = 7 * 86_400_000;

/**
 * `extensions.queues` of host.json with the storage extension's defaults. Under `AZURE_FUNCTIONS_ENVIRONMENT=Development` the
 * longest pause between two looks is 2 s instead of a minute, as in the extension.
 * @throws HostStartError on a value out of range, which the real host refuses for the whole app.
 */
export function queueSettings(settings: HostSettings): PumpSettings {
  const given = settings.hostJson.extensions?.queues ?? {};
  const development = setting(settings, 'AZURE_FUNCTIONS_ENVIRONMENT')?.toLowerCase() === 'development';
  const batchSize = whole(given, 'batchSize', 1, 32) ?? 16;
  return {
    batchSize,
    newBatchThreshold:
      whole(given, 'newBatchThreshold', 0, Number.MAX_SAFE_INTEGER) ??
      Math.trunc(batchSize / 2) * availableParallelism(),
    maxDequeueCount: whole(given, 'maxDequeueCount', 1, Number.MAX_SAFE_INTEGER) ?? 5,
    visibilityTimeoutMs: span(given, 'visibilityTimeout', 0, WEEK_MS) ?? 0,
    maxPollingIntervalMs: span(given, 'maxPollingInterval', 100, WEEK_MS) ?? (development ? 2000 : 60_000),
  };
}

type Given = Readonly<Record<string, unknown>>;

/** Numbers may come as text: that is how `AzureFunctionsJobHost__extensions__queues__…` gives them. */
function whole(given: Given, name: string, least: number, most: number): number | undefined {
  const value = given[name];
  if (value === undefined || value === null) return undefined;
  const number = typeof value === 'string' ? Number(value) : value;
  if (typeof number === 'number' && Number.isInteger(number) && number >= least && number <= most) return number;
  const upper = most === Number.MAX_SAFE_INTEGER ? '' : ` to ${most}`;
  throw new HostStartError(
    `host.json extensions.queues.${name} is ${JSON.stringify(value)}; it must be a whole number from ${least}${upper}.`,
  );
}

function span(given: Given, name: string, leastMs: number, mostMs: number): number | undefined {
  const value = given[name];
  if (value === undefined || value === null) return undefined;
  const ms = typeof value === 'string' ? parseTimeSpan(value) : undefined;
  if (ms !== undefined && ms >= leastMs && ms <= mostMs) return ms;
  throw new HostStartError(
    `host.json extensions.queues.${name} is ${JSON.stringify(value)}; it must be a time such as "00:00:02", from ${leastMs} ms to ${mostMs / 86_400_000} days.`,
  );
}
