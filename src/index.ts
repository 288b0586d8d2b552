/**
 * The app's entry: settings, telemetry, triggers. With settings that cannot be used only the health routes register, since a
 * throw here would leave a running host with no functions and no reason (C4); `preflight` says the same before the host starts.
 */
import { app } from '@azure/functions';
import { compose } from './composition';
import { loadConfig } from './config/config';
import { environment } from './config/environment';
import { describeProblem } from './config/setting-problem';
import { registerDeadLetters } from './functions/dead-letters';
import { registerDurable } from './functions/durable';
import { registerHealth, registerReadiness, registerUnreadiness } from './functions/health';
import { registerMediaAsked } from './functions/media-asked';
import { registerMediaEventPoisoned, registerMediaEventQueued } from './functions/media-events';
import {
  registerOrdersPoisoned,
  registerOrdersQueued,
  registerOrdersReplayed,
  registerOrdersResumed,
} from './functions/orders';
import { registerOrdersStatus } from './functions/orders-status';
import { registerUploadAnnounced } from './functions/upload-announced';
import { registerShareReplayPoisoned, registerShareReplayQueued, registerShareSwept } from './functions/share-swept';
import { registerUploadPosted } from './functions/upload-posted';
import { registerWatch } from './functions/watch';
import { startTelemetry } from './telemetry/exporters';
import { createLogger } from './telemetry/logger';

app.setup({ enableHttpStream: true });

const loaded = loadConfig(environment());
if (loaded.ok) {
  const { config } = loaded;
  const telemetry = startTelemetry(config.telemetry);
  app.hook.appTerminate(() => telemetry.shutdown());
  const sluice = compose(config);
  sluice.logger.info('Sluice starts', {
    pipelines: [...config.pipelines].join(','),
    storage: config.storage.account,
    storageAccess: config.storage.describes,
    telemetry: telemetry.describes.join(', ') || 'none',
  });
  registerHealth(sluice.logger);
  registerReadiness(sluice);
  registerDurable(sluice);
  registerDeadLetters(sluice);
  if (config.pipelines.has('media')) {
    registerUploadPosted(sluice);
    registerUploadAnnounced(sluice);
    registerMediaAsked(sluice);
    registerMediaEventQueued(sluice);
    registerMediaEventPoisoned(sluice);
  }
  if (config.pipelines.has('nfs') && sluice.share) {
    registerShareSwept(sluice.share, sluice.logger);
    registerShareReplayQueued(sluice.share, config.storage.connectionName);
    registerShareReplayPoisoned(sluice, config.storage.connectionName);
    registerWatch(sluice.share, sluice.logger);
  }
  if (config.pipelines.has('orders')) {
    registerOrdersQueued(sluice);
    registerOrdersReplayed(sluice);
    registerOrdersPoisoned(sluice);
    registerOrdersResumed(sluice);
    registerOrdersStatus(sluice);
    app.hook.appTerminate(() => sluice.orders.stop());
  }
} else {
  const logger = createLogger('info');
  for (const problem of loaded.problems) logger.error(describeProblem(problem));
  registerHealth(logger);
  registerUnreadiness(logger, loaded.problems);
}
