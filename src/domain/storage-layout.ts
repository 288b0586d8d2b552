import { PROCESSED_CONTAINER, RAW_CONTAINER } from './media/media-event';

export const JOB_QUEUE = 'jobqueue';
/** Dead letters of the share pipeline that are replayed. */
export const SHARE_REPLAY_QUEUE = 'share-replays';
export const ORDERS_QUEUE = 'orders';
/** Dead letters of orders that are replayed, whatever backend they came from. */
export const ORDER_REPLAY_QUEUE = 'order-replays';
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
} as const;

/** Everything that must exist in the pipelines' storage account; the infrastructure and `npm start` both make it from here. */
export const storageLayout = {
  containers: [RAW_CONTAINER, PROCESSED_CONTAINER, DEAD_LETTER_CONTAINER, PARKED_CONTAINER],
  queues: [
    JOB_QUEUE,
    `${JOB_QUEUE}-poison`,
    ORDERS_QUEUE,
    `${ORDERS_QUEUE}-poison`,
    ORDER_REPLAY_QUEUE,
    `${ORDER_REPLAY_QUEUE}-poison`,
    SHARE_REPLAY_QUEUE,
    `${SHARE_REPLAY_QUEUE}-poison`,
  ],
  tables: Object.values(tables),
} as const;
