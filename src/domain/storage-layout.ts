import { INCOMING_CONTAINER } from './blob-events/blob-event';
import { PROCESSED_CONTAINER, RAW_CONTAINER } from './media/media-event';

export const JOB_QUEUE = 'jobqueue';
/** Dead letters of the share pipeline that are replayed. */
export const SHARE_REPLAY_QUEUE = 'share-replays';
export const ORDERS_QUEUE = 'orders';
/** Dead letters of orders that are replayed, whatever backend they came from. */
export const ORDER_REPLAY_QUEUE = 'order-replays';
/** Blob events where no RabbitMQ is set. */
export const BLOB_EVENT_QUEUE = 'blob-events';
/** Copies of those that were given up, where no RabbitMQ is set. */
export const BLOB_ERROR_QUEUE = 'blob-error';
/** Dead letters of blob events that are replayed, whatever broker they came from. */
export const BLOB_REPLAY_QUEUE = 'blob-event-replays';
/** Dead letters of text ingestion that are replayed. */
export const INGESTION_REPLAY_QUEUE = 'ingestion-replays';
/** Where the Functions host puts blob triggers' messages that it gave up. */
export const BLOB_TRIGGER_POISON_QUEUE = 'webjobs-blobtrigger-poison';
/** What INGESTION_CONTAINER is where nothing is set. */
export const INGESTION_CONTAINER = 'snippet-input';
/** Blobs that the rules on content refused. */
export const QUARANTINE_CONTAINER = 'ingestion-quarantine';
/** What begins so there is a blob that was refused, and goes with retention; what begins otherwise stays. */
export const HELD_PREFIX = 'held/';
/** Texts on their way, of runs that are not over. */
export const WORKING_CONTAINER = 'ingestion-work';
export const PARKED_CONTAINER = 'parked-orders';
export const DEAD_LETTER_CONTAINER = 'dead-letters';
export const tables = {
  deadLetters: 'sluicedeadletters',
  inbox: 'sluiceinbox',
  media: 'sluicemedia',
  uploads: 'sluiceuploads',
  share: 'sluiceshare',
  orders: 'sluiceorders',
  parked: 'sluiceparked',
  blobEvents: 'sluiceblobevents',
  breakers: 'sluicebreakers',
  items: 'sluiceitems',
} as const;

/** Everything that must exist in the pipelines' storage account; the infrastructure and `npm start` both make it from here. */
export const storageLayout = {
  containers: [
    RAW_CONTAINER,
    INCOMING_CONTAINER,
    PROCESSED_CONTAINER,
    DEAD_LETTER_CONTAINER,
    PARKED_CONTAINER,
    INGESTION_CONTAINER,
    QUARANTINE_CONTAINER,
    WORKING_CONTAINER,
  ],
  queues: [
    JOB_QUEUE,
    `${JOB_QUEUE}-poison`,
    ORDERS_QUEUE,
    `${ORDERS_QUEUE}-poison`,
    ORDER_REPLAY_QUEUE,
    `${ORDER_REPLAY_QUEUE}-poison`,
    SHARE_REPLAY_QUEUE,
    `${SHARE_REPLAY_QUEUE}-poison`,
    BLOB_EVENT_QUEUE,
    `${BLOB_EVENT_QUEUE}-poison`,
    BLOB_ERROR_QUEUE,
    BLOB_REPLAY_QUEUE,
    `${BLOB_REPLAY_QUEUE}-poison`,
    INGESTION_REPLAY_QUEUE,
    `${INGESTION_REPLAY_QUEUE}-poison`,
  ],
  tables: Object.values(tables),
} as const;
