import { app } from '@azure/functions';
import * as df from 'durable-functions';
import { createCountUnderWay } from '../adapters/durable-client/count-instances';
import { createOrchestrations } from '../adapters/durable-client/orchestrations';
import type { App } from '../composition';
import { messageOf, withInvocationLog } from '../telemetry/logger';

/** Documents whose blob is gone lose their chunks (T2). What one look could not do, the next one does. */
export function registerDeletedBlobsSought({ config, ingestion, logger }: App): void {
  app.timer('deleted-blobs-sought', {
    schedule: config.ingestion.reconcileSchedule,
    useMonitor: false,
    extraInputs: [df.input.durableClient()],
    handler: (_timer, context) =>
      withInvocationLog(context, async () => {
        try {
          const { documents, forgotten } = await ingestion.reconcile(createOrchestrations(context));
          if (forgotten > 0)
            logger.info('Documents whose blob is gone are removed', { pipeline: 'ingestion', documents, forgotten });
        } catch (error) {
          // Failing would only fill the log with stacks.
          logger.error('The look for deleted blobs failed; the next one goes on', { pipeline: 'ingestion' }, error);
        }
      }),
  });
}

/** Once an hour, away from the timers that run at its beginning. */
const EACH_HOUR = '30 23 * * * *';

/** Working texts that no run will remove are removed. What one sweep could not do, the next one does. */
export function registerWorkingTextsSwept({ ingestion, logger }: App): void {
  app.timer('working-texts-swept', {
    schedule: EACH_HOUR,
    useMonitor: false,
    extraInputs: [df.input.durableClient()],
    handler: (_timer, context) =>
      withInvocationLog(context, async () => {
        try {
          const { looked, removed } = await ingestion.sweepWorkingTexts(createOrchestrations(context));
          if (removed > 0)
            logger.info('Working texts that no run needs are removed', { pipeline: 'ingestion', looked, removed });
        } catch (error) {
          logger.error('The sweep of working texts failed; the next one goes on', { pipeline: 'ingestion' }, error);
        }
      }),
  });
}

/** A minute apart, away from the timers that run at its beginning. */
const EACH_MINUTE = '30 * * * * *';

/** How many documents are under way, for the gauge: only the host knows, and only an invocation can ask it. */
export function registerIngestionCounted({ ingestion, logger }: App): void {
  app.timer('ingestion-counted', {
    schedule: EACH_MINUTE,
    useMonitor: false,
    extraInputs: [df.input.durableClient()],
    handler: (_timer, context) =>
      withInvocationLog(context, async () => {
        try {
          await ingestion.gaugeWaiting(createCountUnderWay(context));
        } catch (error) {
          logger.warn('Documents under way could not be counted', { pipeline: 'ingestion', reason: messageOf(error) });
        }
      }),
  });
}
