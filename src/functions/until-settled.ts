import type { ExponentialBackoffRetryOptions } from '@azure/functions';

/**
 * A run that fails (its process died, or the app stops) is repeated: without this, Event Hubs would move on. What becomes of
 * each event is decided inside a run, never by giving up here.
 */
export const untilSettled: ExponentialBackoffRetryOptions = {
  strategy: 'exponentialBackoff',
  maxRetryCount: -1,
  minimumInterval: { seconds: 1 },
  maximumInterval: { seconds: 30 },
};
