import { PROCESSED_CONTAINER, RAW_CONTAINER } from './media/media-event';

export const JOB_QUEUE = 'jobqueue';
export const DEAD_LETTER_CONTAINER = 'dead-letters';
export const tables = {
  deadLetters: 'sluicedeadletters',
  inbox: 'sluiceinbox',
  media: 'sluicemedia',
  uploads: 'sluiceuploads',
} as const;

/** Everything that must exist in the pipelines' storage account; the infrastructure and `npm start` both make it from here. */
export const storageLayout = {
  containers: [RAW_CONTAINER, PROCESSED_CONTAINER, DEAD_LETTER_CONTAINER],
  queues: [JOB_QUEUE, `${JOB_QUEUE}-poison`],
  tables: Object.values(tables),
} as const;
