/** The only wiring: config in, everything the triggers call out. Connects to nothing; clients are made at first use. */
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { createBuryMedia } from './activities/bury-media';
import { createCheckCopy } from './activities/check-copy';
import { createClaimMedia } from './activities/claim-media';
import { createCopyMedia } from './activities/copy-media';
import { createInspectMedia } from './activities/inspect-media';
import { createSettleMedia } from './activities/settle-media';
import { createTypeCopy } from './activities/type-copy';
import { createVerifyMedia } from './activities/verify-media';
import { createGroupInbox } from './adapters/azure-storage/group-inbox';
import { createBlobStore } from './adapters/azure-storage/blob-store';
import { createStorageClients } from './adapters/azure-storage/clients';
import { createDeadLetterStore } from './adapters/azure-storage/dead-letter-store';
import { createDirectUploads } from './adapters/azure-storage/direct-uploads';
import { createInbox } from './adapters/azure-storage/inbox';
import { createMediaRecords } from './adapters/azure-storage/media-records';
import { createMessageQueue } from './adapters/azure-storage/message-queue';
import { createStorageProbe } from './adapters/azure-storage/probe';
import { createWatchStore } from './adapters/azure-storage/watch-store';
import { createSignUpload } from './adapters/azure-storage/sign-upload';
import { createMd5 } from './adapters/hashing/md5';
import { createSignatureReader } from './adapters/file-signature/signature-reader';
import { createFormReader } from './adapters/multipart/form-reader';
import { composeShare, shareActivitiesElsewhere } from './compose-share';
import { composeBlobEvents } from './compose-blob-events';
import { composeItems } from './compose-items';
import { composeIngestion } from './compose-ingestion';
import { composeOrders } from './compose-orders';
import { composeRetention } from './compose-retention';
import type { Config } from './config/config';
import type { Pipeline } from './domain/dead-letter';
import { PROCESSED_CONTAINER } from './domain/media/media-event';
import { DEAD_LETTER_CONTAINER, tables } from './domain/storage-layout';
import { createUploadAnnouncements } from './intake/announce-upload';
import { noteDeadLetters } from './intake/note-dead-letters';
import { createReadiness } from './intake/readiness';
import { createReceiveMediaEvents } from './intake/receive-media-events';
import { createReceivePoison } from './intake/receive-poison';
import { createReceiveUpload } from './intake/receive-upload';
import { createReplayer } from './intake/replay-dead-letters';
import type { Clock } from './ports/clock';
import type { Probe } from './ports/probe';
import { createLogger } from './telemetry/logger';

export type App = ReturnType<typeof compose>;

const systemClock: Clock = { now: () => Date.now() };

export function compose(config: Config) {
  const clock = systemClock;
  const logger = createLogger(config.logLevel);
  const clients = createStorageClients(config.storage);
  const blobs = createBlobStore(clients);
  const queue = createMessageQueue(clients);
  const inbox = createInbox(clients, tables.inbox, clock);
  const records = createMediaRecords(clients, tables.media);
  const directUploads = createDirectUploads(clients, tables.uploads);
  const signatures = createSignatureReader();
  const where = composeItems(config, clients, logger);
  const items = where.notes;
  const deadLetters = noteDeadLetters(
    createDeadLetterStore(clients, tables.deadLetters, DEAD_LETTER_CONTAINER),
    items,
    clock,
  );

  const storageProbe = createStorageProbe(clients, config.storage.account, {
    container: PROCESSED_CONTAINER,
    table: tables.media,
  });
  const probes = new Map<Pipeline, readonly Probe[]>(
    [...config.pipelines].map((pipeline) => [pipeline, [storageProbe]]),
  );

  const share =
    config.share &&
    composeShare(config.share, {
      clock,
      logger,
      groupInbox: createGroupInbox(clients, tables.inbox, clock, () => performance.now()),
      watch: createWatchStore(clients, tables.share),
      deadLetters,
      items,
    });
  if (share) probes.set('nfs', [storageProbe, ...share.probes]);

  const orders = composeOrders(config, { clients, clock, deadLetters, items, logger, unique: uniqueSuffix });
  if (config.pipelines.has('orders')) probes.set('orders', [storageProbe, ...orders.probes]);
  const blobEvents = composeBlobEvents(config, { clients, blobs, clock, deadLetters, items, logger });
  if (config.pipelines.has('blob-events')) probes.set('blob-events', [storageProbe, ...blobEvents.probes]);
  const ingestion = composeIngestion(config, { clients, blobs, clock, deadLetters, items, logger });
  if (config.pipelines.has('ingestion')) probes.set('ingestion', [storageProbe, ...ingestion.probes]);
  const copyMedia = createCopyMedia({ blobs });
  const { verify, maxAttempts } = config.media;

  return {
    config,
    logger,
    deadLetters,
    media: records,
    share,
    directUploads,
    where,
    uploads: createUploadAnnouncements(
      {
        uploads: directUploads,
        sign: createSignUpload(config.storage, clients, clock),
        signatures,
        clock,
        unique: uniqueSuffix,
      },
      { ...config.directUpload, allowedTypes: config.upload.allowedTypes },
    ),
    readiness: createReadiness(probes, clock),
    receiveUpload: createReceiveUpload(
      {
        blobs,
        records,
        forms: createFormReader(),
        signatures,
        beginHash: createMd5(),
        clock,
        unique: uniqueSuffix,
      },
      config.upload,
    ),
    receiveMediaEvents: createReceiveMediaEvents(
      { blobs, inbox, uploads: directUploads, deadLetters, items, clock, logger },
      { account: config.storage.account, maxAttempts },
    ),
    orders,
    blobEvents,
    ingestion,
    removeEndedState: composeRetention(config, { clients, deadLetters, items: where.store, clock, logger }),
    receivePoison: createReceivePoison({ deadLetters, logger }),
    replayer: createReplayer({ deadLetters, queue, clock, sleep: (ms) => delay(ms), logger }),
    /** By the names that orchestrations call them. */
    activities: {
      'claim-media': createClaimMedia({ inbox, records, uploads: directUploads, clock }),
      'inspect-media': createInspectMedia({ blobs, signatures }, config.upload),
      'copy-media': copyMedia,
      'check-copy': createCheckCopy({ blobs, copyMedia }),
      'type-copy': createTypeCopy({ blobs }),
      'verify-media': createVerifyMedia({ blobs, verify }),
      'settle-media': createSettleMedia({ inbox, records, items, clock }),
      'bury-media': createBuryMedia({ deadLetters, records, inbox }),
      ...blobEvents.activities,
      ...ingestion.activities,
      ...(share?.activities ?? shareActivitiesElsewhere),
    },
  };
}

/** 12 characters of a 32-letter alphabet without look-alikes: 60 bits. */
function uniqueSuffix(): string {
  return [...randomBytes(12)].map((byte) => 'abcdefghjkmnpqrstuvwxyz023456789'[byte & 31]).join('');
}
