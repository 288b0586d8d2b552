import { app } from '@azure/functions';
import * as df from 'durable-functions';
import { createOrchestrations } from '../adapters/durable-client/orchestrations';
import type { ShareApp } from '../compose-share';
import type { App } from '../composition';
import { SHARE_REPLAY_QUEUE } from '../domain/storage-layout';
import { withInvocationLog, type Logger } from '../telemetry/logger';
import { queueMessageOf } from './queue-message';

/** One call goes on for this long while files wait, so that transfers follow one another without waiting for the timer. */
const BUSY_MS = 60_000;

/** The watch over the share (N2). The schedule is a TimeSpan: on Azure that needs a container or a dedicated plan. */
export function registerShareSwept({ config, flights, sweeper }: ShareApp, logger: Logger): void {
  app.timer('share-swept', {
    schedule: timeSpan(config.pollIntervalMs),
    useMonitor: false,
    extraInputs: [df.input.durableClient()],
    handler: (_timer, context) =>
      withInvocationLog(context, async () => {
        const orchestrations = createOrchestrations(context);
        const end = performance.now() + BUSY_MS;
        try {
          do {
            await sweeper.pass(orchestrations);
            const next = performance.now() + config.pollIntervalMs;
            while (flights.queued().files > 0 && performance.now() < next) {
              await flights.landing(next - performance.now());
              await sweeper.dispatch(orchestrations);
            }
          } while (flights.queued().files > 0 && performance.now() < end);
        } catch (error) {
          // The next call tries again; failing would only fill the log with stacks.
          logger.error('The sweep of the share failed', { pipeline: 'nfs' }, error);
        }
      }),
  });
}

/** Replayed dead letters of the share. */
export function registerShareReplayQueued({ replayFile }: ShareApp, connection: string): void {
  app.storageQueue('share-replay-queued', {
    queueName: SHARE_REPLAY_QUEUE,
    connection,
    handler: (body, context) => withInvocationLog(context, () => replayFile(queueMessageOf(body, context))),
  });
}

/** What the host gave up of them becomes a dead letter again (C8). */
export function registerShareReplayPoisoned({ receivePoison }: App, connection: string): void {
  app.storageQueue('share-replay-poisoned', {
    queueName: `${SHARE_REPLAY_QUEUE}-poison`,
    connection,
    handler: (body, context) =>
      withInvocationLog(context, () => receivePoison('nfs', SHARE_REPLAY_QUEUE, queueMessageOf(body, context))),
  });
}

/** `hh:mm:ss.fffffff` (https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer#timespan). */
function timeSpan(ms: number): string {
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  const fraction = ms % 1000 === 0 ? '' : `.${String(ms % 1000).padStart(3, '0')}`;
  return `${two(ms / 3_600_000)}:${two((ms / 60_000) % 60)}:${two((ms / 1000) % 60)}${fraction}`;
}
