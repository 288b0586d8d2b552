import { app } from '@azure/functions';
import type { App } from '../composition';
import { withInvocationLog } from '../telemetry/logger';
import { record } from '../telemetry/meters';

/** The look through `incoming` (B1). What it could not do, the next one does. */
export function registerIncomingScanned({ blobEvents, config, logger }: App): void {
  app.timer('incoming-scanned', {
    schedule: config.blobEvents.schedule,
    useMonitor: false,
    handler: (_timer, context) =>
      withInvocationLog(context, async () => {
        const began = performance.now();
        try {
          const { published, again, listed } = await blobEvents.scan();
          if (published > 0) logger.info('Blobs published', { pipeline: 'blob-events', published, again, listed });
        } catch (error) {
          // Failing would only fill the log with stacks.
          logger.error('The look through incoming failed; the next one goes on', { pipeline: 'blob-events' }, error);
        }
        record('blobScanDuration', (performance.now() - began) / 1000);
      }),
  });
}
