/**
 * The app's entry: settings, telemetry, triggers. With settings that cannot be used only the health routes register, since a
 * throw here would leave a running host with no functions and no reason (C4); `preflight` says the same before the host starts.
 */
import { app } from '@azure/functions';
import { compose } from './composition';
import { loadConfig } from './config/config';
import { environment } from './config/environment';
import { describeProblem } from './config/setting-problem';
import { registerBlobEventsPoisoned, registerBlobEventsReplayed } from './functions/blob-events-returned';
import { registerBlobEventQueued, registerBlobEventFromRabbit } from './functions/blob-event-received';
import { registerItems } from './functions/items';
import { registerIncomingScanned } from './functions/incoming-scanned';
import { registerDeadLetters } from './functions/dead-letters';
import { registerDurable } from './functions/durable';
import { registerEndedStateRemoved } from './functions/ended-state-removed';
import { registerHealth, registerReadiness, registerUnreadiness } from './functions/health';
import { registerDocuments } from './functions/documents';
import { registerIngestBlob } from './functions/ingest-blob';
import { registerIngestionPoisoned, registerIngestionReplayed } from './functions/ingestion-returned';
import { registerIngestionStatus } from './functions/ingestion-status';
import {
  registerDeletedBlobsSought,
  registerIngestionCounted,
  registerWorkingTextsSwept,
} from './functions/ingestion-timers';
import { registerSearch } from './functions/search';
import { registerMediaAsked } from './functions/media-asked';
import { registerMediaEventPoisoned, registerMediaEventQueued } from './functions/media-events';
import { registerOrdersPoisoned, registerOrdersQueued, registerOrdersReplayed } from './functions/orders-queued';
import { registerOrdersFromEventHub } from './functions/orders-from-event-hub';
import { registerOrdersFromKafka } from './functions/orders-from-kafka';
import { registerOrderBackend, registerOrdersStatus } from './functions/orders-status';
import { registerOrdersExpired, registerOrdersResumed } from './functions/orders-timers';
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
  const logger = createLogger(config.logLevel);
  const telemetry = startTelemetry(config.telemetry, (message) => logger.warn(message));
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
  registerItems(sluice);
  // A deployment that scales to none would sleep through it, and has nothing of its own to remove.
  if (config.orders.triggers !== 'backend') registerEndedStateRemoved(sluice);
  if (config.pipelines.has('media')) {
    registerUploadPosted(sluice);
    registerUploadAnnounced(sluice);
    registerMediaAsked(sluice);
    registerMediaEventQueued(sluice);
    registerMediaEventPoisoned(sluice);
  }
  if (config.pipelines.has('blob-events')) {
    registerIncomingScanned(sluice);
    if (config.blobEvents.broker.kind === 'rabbitmq') registerBlobEventFromRabbit(sluice);
    else registerBlobEventQueued(sluice);
    registerBlobEventsReplayed(sluice);
    registerBlobEventsPoisoned(sluice);
    app.hook.appTerminate(() => sluice.blobEvents.stop());
  }
  if (config.pipelines.has('nfs') && sluice.share) {
    registerShareSwept(sluice.share, sluice.logger);
    registerShareReplayQueued(sluice.share, config.storage.connectionName);
    registerShareReplayPoisoned(sluice, config.storage.connectionName);
    registerWatch(sluice.share, sluice.logger);
  }
  if (config.pipelines.has('ingestion')) {
    registerIngestBlob(sluice);
    registerIngestionReplayed(sluice);
    registerIngestionPoisoned(sluice);
    registerDeletedBlobsSought(sluice);
    registerWorkingTextsSwept(sluice);
    registerIngestionCounted(sluice);
    registerSearch(sluice);
    registerDocuments(sluice);
    registerIngestionStatus(sluice);
    app.hook.appTerminate(() => sluice.ingestion.stop());
  }
  if (config.pipelines.has('orders')) {
    const { triggers, backends } = config.orders;
    if (triggers !== 'others') {
      const { mode, drain, kafka, eventHub } = backends;
      if (mode === 'queue' || drain === 'queue') registerOrdersQueued(sluice);
      if (kafka) registerOrdersFromKafka(sluice, kafka);
      if (eventHub) registerOrdersFromEventHub(sluice, eventHub);
    }
    if (triggers !== 'backend') {
      registerOrdersReplayed(sluice);
      registerOrdersPoisoned(sluice);
      registerOrdersResumed(sluice);
      registerOrdersExpired(sluice);
      registerOrdersStatus(sluice);
      registerOrderBackend(sluice);
    }
    app.hook.appTerminate(() => sluice.orders.stop());
  }
  // Last: what the others still note is kept.
  app.hook.appTerminate(() => sluice.where.stop());
} else {
  const logger = createLogger('info');
  for (const problem of loaded.problems) logger.error(describeProblem(problem));
  registerHealth(logger);
  registerUnreadiness(logger, loaded.problems);
}
