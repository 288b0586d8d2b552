/**
 * Every span, metric, attribute and log event that Sluice emits. Messaging names follow OpenTelemetry's semantic
 * conventions (https://opentelemetry.io/docs/specs/semconv/messaging/): spans are `<operation> <destination>`, by the destination's
 * usual name, so that saved queries find them whatever a topic is called. docs/telemetry.md is held to this file by a test.
 */
export const spans = {
  upload: 'upload receive',
  mediaEvent: 'process jobqueue',
  activity: 'activity',
  replay: 'dead-letter replay',
  shareSweep: 'share sweep',
  shareFile: 'send share file',
  shareReplay: 'process share-replays',
  order: 'process orders',
  blobScan: 'blob-events scan',
  /** What is published for a version, or again for a dead letter. */
  blobPublish: 'send blob-events',
  blobEvent: 'process blob-events',
  ingestBlob: 'process ingest_blob',
  reconcile: 'seek deleted blobs',
  search: 'search documents',
} as const;

/** Upper bounds of a histogram's buckets, in seconds: of calls and steps, and of work from end to end, its waits included. */
const CALL_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800];
const WORK_SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 1_800, 3_600, 14_400, 86_400];

/** `buckets`: of a histogram. */
export const metrics = {
  uploads: { name: 'sluice.uploads', unit: '{file}', description: 'Files stored through POST /upload.' },
  uploadBytes: { name: 'sluice.upload.bytes', unit: 'By', description: 'Bytes stored through POST /upload.' },
  uploadRefusals: { name: 'sluice.upload.refusals', unit: '{request}', description: 'Uploads refused, by code.' },
  events: { name: 'sluice.events', unit: '{event}', description: 'Events taken from queues, by pipeline and outcome.' },
  items: { name: 'sluice.items', unit: '{item}', description: 'Items that left a pipeline, by pipeline and outcome.' },
  deadLetters: {
    name: 'sluice.dead_letters',
    unit: '{message}',
    description: 'Dead letters written, by pipeline and code.',
  },
  replays: {
    name: 'sluice.dead_letters.replayed',
    unit: '{message}',
    description: 'Dead letters sent on their way again.',
  },
  stateRemoved: {
    name: 'sluice.state.removed',
    unit: '{entry}',
    description: 'Entries removed since they ended longer ago than they are kept, by kind.',
  },
  stateKept: {
    name: 'sluice.state.kept',
    unit: '{entry}',
    description: 'Entries that were left when ended ones were last removed, by kind.',
  },
  shareFiles: {
    name: 'sluice.share.files',
    unit: '{file}',
    description: 'Files of the share whose transfer ended, by outcome.',
  },
  shareBytes: { name: 'sluice.share.bytes', unit: 'By', description: 'Bytes of the files of the share that arrived.' },
  shareSent: {
    name: 'sluice.share.sent',
    unit: 'By',
    description: 'Bytes sent for the share; what an interrupted upload left is not sent again.',
  },
  shareHangs: {
    name: 'sluice.share.hangs',
    unit: '{call}',
    description: 'Times that the share did not answer and its process was abandoned.',
  },
  shareTransferDuration: {
    name: 'sluice.share.transfer.duration',
    unit: 's',
    buckets: WORK_SECONDS,
    description: 'From the claim of the transfer to its clean-up, by size of the parcel (one, many).',
  },
  shareInFlight: {
    name: 'sluice.share.in_flight',
    unit: '{file}',
    description: 'Files of the share in transfer.',
  },
  shareQueued: { name: 'sluice.share.queued', unit: '{file}', description: 'Claimed files that wait for a transfer.' },
  ordersProcessed: {
    name: 'orders_processed_total',
    unit: '{order}',
    description: 'Order events that the downstream took, by backend.',
  },
  ordersFailed: {
    name: 'orders_failed_total',
    unit: '{order}',
    description: 'Order events that became dead letters, by code.',
  },
  retries: { name: 'retries_total', unit: '{attempt}', description: 'Deliveries of orders that will be tried again.' },
  ordersRested: {
    name: 'sluice.orders.rested',
    unit: '{order}',
    description: 'Deliveries put off since the downstream service failed often and is given a rest.',
  },
  backlog: {
    name: 'current_backlog',
    unit: '{order}',
    description: 'Order events that wait at the backend, by backend, and parked ones (backend parked).',
  },
  workerConcurrency: {
    name: 'worker_concurrency',
    unit: '{order}',
    description: 'Order events that this process works on.',
  },
  orderDuration: {
    name: 'processing_duration_seconds',
    unit: 's',
    buckets: WORK_SECONDS,
    description: 'From the backend’s taking of an order event to its end, by outcome.',
  },
  blobQueue: {
    name: 'sluice.blob_events.queue_length',
    unit: '{message}',
    description: 'Messages that wait in the queues of blob events, by queue; those of the error queue want an alert.',
  },
  blobScanDuration: {
    name: 'sluice.blob_events.scan.duration',
    unit: 's',
    buckets: WORK_SECONDS,
    description: 'Duration of one look through the container incoming.',
  },
  processingDuration: {
    name: 'ProcessingDuration',
    unit: 's',
    buckets: WORK_SECONDS,
    description: 'From the taking in of a text blob to its end, by outcome; waits included.',
  },
  chunksCut: { name: 'sluice.ingestion.chunks_cut', unit: '{chunk}', description: 'Chunks that texts were cut into.' },
  chunksIndexed: {
    name: 'sluice.ingestion.chunks',
    unit: '{chunk}',
    description: 'Chunks that were embedded and stored.',
  },
  embeddingTokens: {
    name: 'sluice.ingestion.tokens',
    unit: '{token}',
    description: 'Tokens that the embedding service counted.',
  },
  embeddingDuration: {
    name: 'sluice.embedding.duration',
    unit: 's',
    buckets: CALL_SECONDS,
    description: 'Duration of one call of the embedder, by outcome (embedded, busy, refused, unavailable).',
  },
  embeddingsRested: {
    name: 'sluice.embedding.rested',
    unit: '{call}',
    description: 'Calls put off since the circuit breaker keeps them back.',
  },
  breakerState: {
    name: 'sluice.embedding.breaker',
    unit: '1',
    description: 'Circuit breaker of the embedder: 0 closed, 1 half-open, 2 open.',
  },
  ingestionWaiting: {
    name: 'sluice.ingestion.waiting',
    unit: '{document}',
    description: 'Documents whose ingestion has begun and not ended, those that wait included.',
  },
  indexSize: {
    name: 'sluice.index.size',
    unit: '{item}',
    description: 'What the index holds, by kind (documents, chunks).',
  },
  searchDuration: {
    name: 'sluice.search.duration',
    unit: 's',
    buckets: CALL_SECONDS,
    description: 'Duration of a search, the embedding of its words included.',
  },
  activityDuration: {
    name: 'sluice.activity.duration',
    unit: 's',
    buckets: CALL_SECONDS,
    description: 'Duration of activities, by name and outcome.',
  },
} as const;

export const attributes = {
  pipeline: 'sluice.pipeline',
  blob: 'sluice.blob',
  outcome: 'sluice.outcome',
  code: 'sluice.code',
  backend: 'sluice.backend',
  orderId: 'sluice.order_id',
  tenantId: 'sluice.tenant_id',
  instanceId: 'sluice.instance_id',
  activity: 'sluice.activity',
  file: 'sluice.file',
  session: 'sluice.session',
  date: 'sluice.date',
  files: 'sluice.files',
  parcel: 'sluice.parcel',
  httpMethod: 'http.request.method',
  httpRoute: 'http.route',
  httpStatus: 'http.response.status_code',
  kind: 'sluice.kind',
  messagingSystem: 'messaging.system',
  messagingDestination: 'messaging.destination.name',
  messagingOperationName: 'messaging.operation.name',
  messagingOperation: 'messaging.operation.type',
  messagingMessageId: 'messaging.message.id',
} as const;

/** Attributes of a span that sends a message or works on one. */
export function messageAttributes(message: {
  readonly system: string;
  /** Queue or topic. */
  readonly destination: string;
  readonly operation: 'send' | 'process';
  readonly id?: string;
  readonly pipeline: string;
}): Readonly<Record<string, string>> {
  return {
    [attributes.messagingSystem]: message.system,
    [attributes.messagingDestination]: message.destination,
    [attributes.messagingOperationName]: message.operation,
    [attributes.messagingOperation]: message.operation,
    ...(message.id === undefined ? {} : { [attributes.messagingMessageId]: message.id }),
    [attributes.pipeline]: message.pipeline,
  };
}
