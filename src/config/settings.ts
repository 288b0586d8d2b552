/**
 * Every setting that Sluice reads, once: its rule, default, example and meaning. The documentation (docs/settings.md) and
 * local.settings.sample.json are held to this table by a test. Settings come from the environment; `npm start`, `func` and
 * the local host put the Values of local.settings.json there.
 */
import { z } from 'zod';
import { isPipeline } from '../domain/dead-letter';
import { ingestionSettings } from './ingestion-settings';
import { isNcrontab } from './ncrontab';
import { csv, decimal, flag, folder, integer, optionalText, text, type SettingDefinition } from './setting-schemas';

export type { SettingDefinition };

export const settings = {
  AzureWebJobsStorage: {
    schema: optionalText,
    accepts:
      'a storage connection string, or UseDevelopmentStorage=true; leave it out for identity (AzureWebJobsStorage__accountName)',
    example: 'UseDevelopmentStorage=true',
    meaning:
      'The storage account of the Functions host, and of the pipelines unless STORAGE_CONNECTION or STORAGE_ACCOUNT_NAME names another.',
    default: '',
    secret: true,
  },
  AzureWebJobsStorage__accountName: {
    schema: optionalText,
    accepts: 'the name of a storage account',
    example: 'mystorageaccount',
    meaning:
      'Identity-based form of AzureWebJobsStorage. __blobServiceUri, __queueServiceUri, __tableServiceUri, __credential and __clientId are understood too.',
    default: '',
  },
  STORAGE_CONNECTION: {
    schema: optionalText,
    accepts:
      'the name of a connection: a setting of that name with a connection string, or <name>__accountName for identity',
    example: 'AzureWebJobsStorage',
    meaning: 'Connection of the storage account that holds the containers, queues and tables of the pipelines.',
    default: 'AzureWebJobsStorage',
  },
  STORAGE_ACCOUNT_NAME: {
    schema: z
      .string()
      .regex(/^[a-z0-9]{3,24}$/)
      .optional(),
    accepts: '3 to 24 lower-case letters and digits',
    example: 'mystorageaccount',
    meaning:
      'The pipelines’ storage account by name. Alone it means identity (DefaultAzureCredential); with STORAGE_ACCOUNT_KEY it means the key.',
    default: '',
  },
  STORAGE_ACCOUNT_KEY: {
    schema: z.base64().min(8).optional(),
    accepts: 'an account key (base64)',
    example: 'base64…==',
    meaning: 'Explicit fallback where no identity is to be had. Prefer leaving it out.',
    default: '',
    secret: true,
  },
  PIPELINES: {
    schema: csv('')
      .pipe(z.array(z.string().refine(isPipeline)))
      .optional(),
    accepts: 'a comma-separated list of: media, blob-events, nfs, ingestion, orders',
    example: 'media,orders',
    meaning: 'Which pipelines run here. Absent or empty: each one whose settings are present.',
    default: '',
  },
  UPLOAD_MAX_MB: {
    schema: integer(95, 1, 5_000_000),
    accepts: 'a whole number of MiB from 1',
    example: '95',
    meaning:
      'Most that the files of one POST /upload may hold together; what goes by a signed URL (POST /v1/uploads) has no such bound. On Azure the host refuses bodies above FUNCTIONS_REQUEST_BODY_SIZE_LIMIT first; the infrastructure sets that to this plus 1 MiB.',
    default: '95',
  },
  UPLOAD_MAX_FILES: {
    schema: integer(100, 1, 1000),
    accepts: 'a whole number from 1 to 1000',
    example: '100',
    meaning: 'Most files in one POST /upload.',
    default: '100',
  },
  UPLOAD_ALLOWED_TYPES: {
    schema: csv('image/*,video/*,audio/*,application/pdf').pipe(
      z.array(z.string().regex(/^[a-z0-9*.+-]+\/[a-z0-9*.+-]+$/i)).min(1),
    ),
    accepts: 'comma-separated MIME types; type/* and */* are understood',
    example: 'image/*,video/*,audio/*,application/pdf',
    meaning: 'Types that an upload may have, told by the first bytes of the file and never by its header or name.',
    default: 'image/*,video/*,audio/*,application/pdf',
  },
  UPLOAD_ANONYMOUS: {
    schema: flag(false),
    accepts: '0 or 1',
    example: '0',
    meaning: 'With 1, POST /upload needs no function key.',
    default: '0',
  },
  UPLOAD_SAS_MINUTES: {
    schema: integer(60, 1, 7 * 24 * 60),
    accepts: 'a whole number of minutes from 1 to 10080 (7 days)',
    example: '60',
    meaning: 'How long a URL of POST /v1/uploads may be written to. It can be renewed: POST /v1/uploads/{id}/renew.',
    default: '60',
  },
  VERIFY: {
    schema: text('read').pipe(z.enum(['read', 'service'])),
    accepts: 'read or service',
    example: 'read',
    meaning:
      'How a copy is verified: read hashes source and destination again; service trusts length and copy status and reads nothing.',
    default: 'read',
  },
  MEDIA_MAX_ATTEMPTS: {
    schema: integer(6, 1, 20),
    accepts: 'a whole number from 1 to 20',
    example: '6',
    meaning:
      'Tries for each step of the media pipeline, 2, 4, 8 … s apart (60 s at most), before the item becomes a dead letter.',
    default: '6',
  },
  RABBITMQ_URL: {
    schema: z.url({ protocol: /^amqps?$/ }).optional(),
    accepts: 'an amqp or amqps URL',
    example: 'amqp://user:password@rabbitmq:5672',
    meaning:
      'RabbitMQ for the pipeline blob-events, with the queues blob.events and blob.error, which `npm run broker:declare` makes. Absent: the storage queues blob-events and blob-error.',
    default: '',
    secret: true,
  },
  BLOB_EVENTS_SCHEDULE: {
    schema: text('0 * * * * *').refine(isNcrontab),
    accepts: 'an NCRONTAB expression of six fields',
    example: '0 * * * * *',
    meaning: 'How often the container incoming is looked through for new blobs.',
    default: '0 * * * * *',
  },
  BLOB_EVENTS_REPUBLISH_S: {
    schema: integer(3_600, 10, 2_592_000),
    accepts: 'a whole number of seconds from 10 to 2592000 (30 days)',
    example: '3600',
    meaning:
      'A blob that nobody moved this long after its message was published gets another one, with the same id and destination. Keep it above the time that the longest backlog takes, or messages come twice, which costs time and does no harm.',
    default: '3600',
  },
  BLOB_EVENTS_BATCH_SIZE: {
    schema: integer(0, 0, 32),
    accepts: 'a whole number from 0 to 32; 0 leaves it to host.json',
    example: '1',
    meaning:
      'Messages of a storage queue that one instance has in hand at most. The host has one such number for all queues (host.json, extensions.queues) and none for a single function, so it holds for each queue of every pipeline that runs in the same deployment: `npm start` and the image hand it over as batchSize and newBatchThreshold, half each. Elsewhere (Flex Consumption, `func`) set AzureFunctionsJobHost__extensions__queues__batchSize and …__newBatchThreshold yourself. With 1, in a deployment of its own (PIPELINES=blob-events), the queue’s length says how many instances are wanted. RabbitMQ hands out one at a time anyway.',
    default: '0',
  },
  APP_AZURE_ACCOUNT_URL: {
    schema: z
      .url({ protocol: /^https?$/ })
      .transform((v) => v.replace(/\/+$/, ''))
      .optional(),
    accepts: 'the blob endpoint of a storage account',
    example: 'https://mystorageaccount.blob.core.windows.net',
    meaning:
      'Where the files of the share go. With APP_AZURE_CONTAINER it turns the pipeline nfs on. Identity (DefaultAzureCredential) is tried first; over http it is not to be had.',
    default: '',
  },
  APP_AZURE_CONTAINER: {
    schema: z
      .string()
      .regex(/^[a-z0-9](-?[a-z0-9]){2,62}$/)
      .optional(),
    accepts: 'the name of a container: 3 to 63 lower-case letters, digits and single hyphens',
    example: 'ingest',
    meaning: 'Container that the files of the share go to, as <date>/<session>/<file>.',
    default: '',
  },
  APP_AZURE_CONNECTION_STRING: {
    schema: z
      .string()
      .regex(/AccountKey=|SharedAccessSignature=|UseDevelopmentStorage=true/i)
      .optional(),
    accepts: 'a connection string with AccountKey= or SharedAccessSignature=',
    example: 'DefaultEndpointsProtocol=https;AccountName=…;AccountKey=…',
    meaning: 'Explicit fallback for the share’s account where identity fails.',
    default: '',
    secret: true,
  },
  APP_AZURE_ACCOUNT_NAME: {
    schema: z
      .string()
      .regex(/^[a-z0-9]{3,24}$/)
      .optional(),
    accepts: '3 to 24 lower-case letters and digits',
    example: 'mystorageaccount',
    meaning: 'With APP_AZURE_ACCOUNT_KEY: explicit fallback for the share’s account where identity fails.',
    default: '',
  },
  APP_AZURE_ACCOUNT_KEY: {
    schema: z.base64().min(8).optional(),
    accepts: 'an account key (base64)',
    example: 'base64…==',
    meaning: 'With APP_AZURE_ACCOUNT_NAME: explicit fallback for the share’s account where identity fails.',
    default: '',
    secret: true,
  },
  APP_NFS_INCOMING_DIR: {
    schema: folder('/mnt/nfs/incoming'),
    accepts: 'an absolute path',
    example: '/mnt/nfs/incoming',
    meaning: 'Folder that is watched. It must exist: a share that is not mounted is not an empty one.',
    default: '/mnt/nfs/incoming',
  },
  APP_NFS_PROCESSING_ROOT: {
    schema: folder('/mnt/nfs/.processing'),
    accepts: 'an absolute path on the same file system as APP_NFS_INCOMING_DIR',
    example: '/mnt/nfs/.processing',
    meaning: 'Where claimed files wait, as <date>/<session>/<file>. Made when missing.',
    default: '/mnt/nfs/.processing',
  },
  APP_NFS_FAILED_ROOT: {
    schema: folder('').transform((v) => (v === '' ? undefined : v)),
    accepts: 'an absolute path on the same file system as APP_NFS_INCOMING_DIR',
    example: '/mnt/nfs/.failed',
    meaning:
      'Where files that keep failing go when APP_FAILED_QUARANTINE is on. Absent: .failed beside APP_NFS_PROCESSING_ROOT.',
    default: '',
  },
  APP_LOCAL_STAGING_ROOT: {
    schema: folder('/mnt/staging'),
    accepts: 'an absolute path on a local disk',
    example: '/mnt/staging',
    meaning:
      'Where files are copied before they are sent. Needs room for APP_WORKER_CONCURRENCY of the largest files. Made when missing.',
    default: '/mnt/staging',
  },
  APP_POLL_INTERVAL_S: {
    schema: decimal(2, 0.1, 3600),
    accepts: 'seconds, 0.1 to 3600',
    example: '2.0',
    meaning: 'Time between two looks at the incoming folder.',
    default: '2.0',
  },
  APP_MIN_FILE_AGE_S: {
    schema: decimal(5, 0, 86_400),
    accepts: 'seconds, 0 to 86400',
    example: '5.0',
    meaning: 'A file younger than this is left to its writer; then size and mtime must also be equal in two looks.',
    default: '5.0',
  },
  APP_MAX_QUEUE_SIZE: {
    schema: integer(2000, 1, 100_000),
    accepts: 'a whole number from 1 to 100000',
    example: '2000',
    meaning: 'Most files that are claimed at a time.',
    default: '2000',
  },
  APP_WORKER_CONCURRENCY: {
    schema: integer(4, 1, 64),
    accepts: 'a whole number from 1 to 64',
    example: '4',
    meaning: 'Most transfers at a time; one carries a large file or many small ones.',
    default: '4',
  },
  APP_AZURE_MAX_BLOCK_SIZE: {
    schema: integer(8_388_608, 65_536, 1_073_741_824),
    accepts: 'bytes, 65536 to 1073741824, in steps of 64',
    example: '8388608',
    meaning: 'Bytes of a block. Larger where a file would need more than 50,000 blocks.',
    default: '8388608',
  },
  APP_AZURE_MAX_SINGLE_PUT_SIZE: {
    schema: integer(4_194_304, 0, 268_435_456),
    accepts: 'bytes, 0 to 268435456',
    example: '4194304',
    meaning: 'A file of up to this many bytes is sent in one request, and shares its transfer with others.',
    default: '4194304',
  },
  APP_AZURE_MAX_CONCURRENCY: {
    schema: integer(8, 1, 64),
    accepts: 'a whole number from 1 to 64',
    example: '8',
    meaning:
      'Most blocks on their way at a time, of all transfers together, and most files of one transfer. Memory for blocks is this times APP_AZURE_MAX_BLOCK_SIZE: 64 MiB by default.',
    default: '8',
  },
  APP_AZURE_MAX_BYTES_PER_S: {
    schema: integer(0, 0, 1_000_000_000_000),
    accepts: 'bytes a second; 0 for no cap',
    example: '12500000',
    meaning: 'Cap on what all transfers together send.',
    default: '0',
  },
  APP_VERIFY: {
    schema: text('blocks').pipe(z.enum(['blocks', 'read'])),
    accepts: 'blocks or read',
    example: 'blocks',
    meaning:
      'What proves a blob before its source is deleted: blocks means that the service checked each block’s MD5 and shows their list, the length and the MD5; read reads the whole blob back and hashes it, too.',
    default: 'blocks',
  },
  APP_MAX_ATTEMPTS: {
    schema: integer(6, 1, 1000),
    accepts: 'a whole number from 1 to 1000',
    example: '6',
    meaning:
      'Tries that fail by the file’s own fault, 2, 4, 8 … s apart (5 minutes at most), before it becomes a dead letter; waiting for storage or the share is none. Without quarantine it is tried on every 5 minutes.',
    default: '6',
  },
  APP_FAILED_QUARANTINE: {
    schema: flag(false),
    accepts: '0 or 1',
    example: '1',
    meaning:
      'With 1, a file that became a dead letter is moved to APP_NFS_FAILED_ROOT; its reason lies there under reasons/.',
    default: '0',
  },
  APP_SHARE_TIMEOUT_S: {
    schema: decimal(30, 0.1, 3600),
    accepts: 'seconds, 0.1 to 3600',
    example: '30',
    meaning:
      'How long the share may take over one call, or a copy may make no progress, before its process is abandoned and another started.',
    default: '30',
  },
  BACKEND_MODE: {
    schema: text('queue').pipe(z.enum(['kafka', 'eventhub', 'queue'])),
    accepts: 'kafka, eventhub or queue',
    example: 'kafka',
    meaning: 'Where orders come from: a Kafka topic, an event hub, or the storage queue `orders`.',
    default: 'queue',
  },
  BACKEND_DRAIN: {
    schema: z.enum(['kafka', 'eventhub', 'queue']).optional(),
    accepts: 'the backend that was BACKEND_MODE before: kafka, eventhub or queue',
    example: 'queue',
    meaning:
      'Backend whose orders are still taken beside those of BACKEND_MODE, until nothing of it is left; GET /v1/admin/backend says when. Absent: none.',
    default: '',
  },
  ORDERS_TRIGGERS: {
    schema: text('all').pipe(z.enum(['all', 'backend', 'others'])),
    accepts: 'all, backend or others',
    example: 'backend',
    meaning:
      'Which triggers of the pipeline `orders` this deployment has: those of BACKEND_MODE and BACKEND_DRAIN alone (`backend`), so that it may be scaled to none while nothing waits; all the `others` (timers that resume what is parked, replays, HTTP), which need an instance that always runs; or `all` in one.',
    default: 'all',
  },
  KAFKA_BROKERS: {
    schema: csv('').pipe(z.array(z.string().regex(/^(\[[0-9a-fA-F:.]+\]|[^\s:/]+):\d{1,5}$/))),
    accepts: 'a comma-separated list of host:port',
    example: 'kafka-0.kafka:9092,kafka-1.kafka:9092',
    meaning: 'Kafka brokers to begin with. Needed where BACKEND_MODE or BACKEND_DRAIN is kafka.',
    default: '',
  },
  KAFKA_TOPIC: {
    schema: text('orders').pipe(z.string().regex(/^[a-zA-Z0-9._-]{1,249}$/)),
    accepts: 'the name of a topic: 1 to 249 letters, digits, dots, hyphens and underscores',
    example: 'orders',
    meaning: 'Kafka topic with the orders, keyed by orderId. It must exist.',
    default: 'orders',
  },
  KAFKA_GROUP: {
    schema: text('orders-worker').pipe(z.string().max(249)),
    accepts: 'the name of a consumer group',
    example: 'orders-worker',
    meaning: 'Kafka consumer group that keeps how far this deployment has come.',
    default: 'orders-worker',
  },
  KAFKA_USERNAME: {
    schema: optionalText,
    accepts: 'any text',
    example: 'sluice',
    meaning: 'User of SASL/PLAIN. Absent: no sign-in.',
    default: '',
  },
  KAFKA_PASSWORD: {
    schema: optionalText,
    accepts: 'any text',
    example: '…',
    meaning: 'Password of KAFKA_USERNAME, from Key Vault or a Kubernetes secret.',
    default: '',
    secret: true,
  },
  KAFKA_SECURITY_PROTOCOL: {
    schema: z
      .string()
      .transform((v) => v.toLowerCase())
      .pipe(z.enum(['plaintext', 'ssl', 'sasl_plaintext', 'sasl_ssl']))
      .optional(),
    accepts: 'plaintext, ssl, sasl_plaintext or sasl_ssl',
    example: 'sasl_ssl',
    meaning: 'How Kafka is spoken to. Absent: sasl_ssl where KAFKA_USERNAME is set, else plaintext.',
    default: '',
  },
  KAFKA_SSL_CA: {
    schema: optionalText,
    accepts: 'the path of a PEM file, or PEM text (line ends may be \\n)',
    example: '/etc/kafka/ca.pem',
    meaning: 'Authority that signed the brokers’ certificates. Absent: those that the system trusts.',
    default: '',
  },
  EVENTHUB_NAMESPACE: {
    schema: z
      .string()
      .regex(/^[a-zA-Z][a-zA-Z0-9-]*[a-zA-Z0-9](\.[a-zA-Z0-9.-]+)?$/)
      .optional(),
    accepts: 'the name of an Event Hubs namespace, alone or in full',
    example: 'mynamespace.servicebus.windows.net',
    meaning:
      'Event Hubs namespace, reached by identity. This or EVENTHUB_CONNECTION_STRING is needed where BACKEND_MODE or BACKEND_DRAIN is eventhub.',
    default: '',
  },
  EVENTHUB_NAME: {
    schema: z
      .string()
      .regex(/^[a-zA-Z0-9]([a-zA-Z0-9._-]{0,254}[a-zA-Z0-9])?$/)
      .optional(),
    accepts: 'the name of an event hub',
    example: 'orders',
    meaning: 'Event hub with the orders. Absent: `orders`, or the EntityPath of EVENTHUB_CONNECTION_STRING.',
    default: '',
  },
  EVENTHUB_CONSUMER_GROUP: {
    schema: text('$Default').pipe(z.string().max(256)),
    accepts: 'the name of a consumer group',
    example: '$Default',
    meaning: 'Consumer group of the event hub.',
    default: '$Default',
  },
  EVENTHUB_CONNECTION_STRING: {
    schema: z
      .string()
      .regex(/Endpoint=sb:\/\/[^;]+;/i)
      .optional(),
    accepts: 'a connection string with Endpoint=sb://…',
    example: 'Endpoint=sb://mynamespace.servicebus.windows.net/;SharedAccessKeyName=…;SharedAccessKey=…',
    meaning: 'Explicit fallback where no identity is to be had, as with the Event Hubs emulator.',
    default: '',
    secret: true,
  },
  STORAGE_ACCOUNT: {
    schema: z
      .string()
      .regex(/^[a-z0-9]{3,24}$/)
      .optional(),
    accepts: '3 to 24 lower-case letters and digits: the account of AzureWebJobsStorage',
    example: 'mystorageaccount',
    meaning:
      'Account with the Event Hubs checkpoints. The Functions host keeps them in its own account alone (container azure-webjobs-eventhub), so another name ends the start. Absent: that account.',
    default: '',
  },
  ORDERS_BATCH_SIZE: {
    schema: integer(64, 1, 1_000),
    accepts: 'a whole number from 1 to 1000',
    example: '64',
    meaning: 'Most events that come in one batch from Kafka or Event Hubs.',
    default: '64',
  },
  POLL_INTERVAL: {
    schema: integer(1, 1, 60),
    accepts: 'a whole number of seconds from 1 to 60',
    example: '1',
    meaning:
      'How long the Functions host gathers events from Kafka while less than a batch has come. The local host hands over at once what is there.',
    default: '1',
  },
  ORDERS_TENANTS: {
    schema: csv('').pipe(z.array(z.string().max(200))),
    accepts: 'a comma-separated list of tenant ids',
    example: 'acme,globex',
    meaning: 'Only orders of these tenants are processed; others are left out and counted. Absent: all.',
    default: '',
  },
  ORDERS_CALLBACK_URL: {
    schema: z.url({ protocol: /^https?$/ }).optional(),
    accepts: 'an http or https URL',
    example: 'http://localhost:7080/orders',
    meaning: 'Service that each order is posted to, with an Idempotency-Key. Absent: orders are only logged.',
    default: '',
    secret: true,
  },
  ORDERS_CALLBACK_TIMEOUT_MS: {
    schema: integer(5_000, 10, 600_000),
    accepts: 'a whole number of milliseconds from 10 to 600000',
    example: '5000',
    meaning: 'How long one answer of the callback may take.',
    default: '5000',
  },
  ORDERS_MAX_ATTEMPTS: {
    schema: integer(5, 1, 100),
    accepts: 'a whole number from 1 to 100',
    example: '5',
    meaning:
      'Deliveries of one order before it becomes a dead letter; parked in between, 1, 2, 4 … s (5 minutes at most).',
    default: '5',
  },
  ORDERS_CONCURRENCY: {
    schema: integer(16, 1, 1_000),
    accepts: 'a whole number from 1 to 1000',
    example: '16',
    meaning: 'Orders that one batch works on at once.',
    default: '16',
  },
  ORDERS_LEASE_S: {
    schema: integer(60, 5, 3_600),
    accepts: 'a whole number of seconds from 5 to 3600',
    example: '60',
    meaning: 'How long an order that a process works on is left to it before another may take it over.',
    default: '60',
  },
  ORDERS_SEQUENCE_WAIT_S: {
    schema: integer(900, 1, 604_800),
    accepts: 'a whole number of seconds from 1 to 604800',
    example: '900',
    meaning:
      'How long an event with a `sequence` waits for the one before it; then its order goes on without. Keep it above 600: the Functions host hides a queue message that a crash left unfinished for 10 minutes.',
    default: '900',
  },
  ORDERS_BREAKER_FAILURES: {
    schema: integer(10, 1, 10_000),
    accepts: 'a whole number from 1 to 10000',
    example: '10',
    meaning: 'Failures of the callback in a row after which it is given a rest; orders are parked meanwhile.',
    default: '10',
  },
  ORDERS_BREAKER_OPEN_S: {
    schema: integer(10, 1, 3_600),
    accepts: 'a whole number of seconds from 1 to 3600',
    example: '10',
    meaning: 'How long that rest is.',
    default: '10',
  },
  ORDERS_RESUME_SCHEDULE: {
    schema: text('*/5 * * * * *').refine(isNcrontab),
    accepts: 'an NCRONTAB expression of six fields',
    example: '*/5 * * * * *',
    meaning: 'How often parked orders are looked at.',
    default: '*/5 * * * * *',
  },
  ORDERS_LEDGER: {
    schema: text('table').pipe(z.enum(['table', 'memory'])),
    accepts: 'table or memory',
    example: 'table',
    meaning:
      'Where it is kept which orders are done. memory ends with the process and knows one process only: for demos and measurements.',
    default: 'table',
  },
  RETENTION_DAYS_ORDERS: {
    schema: integer(30, 1, 3_650),
    accepts: 'a whole number of days from 1 to 3650',
    example: '30',
    meaning:
      'How long it is kept which orders are done. An event that its backend took earlier, and that is not known to be done, becomes a dead letter (ORDER_TOO_OLD) instead of being applied. Keep it above the retention of the Kafka topic or event hub.',
    default: '30',
  },
  RETENTION_DAYS_INSTANCES: {
    schema: integer(14, 1, 3_650),
    accepts: 'a whole number of days from 1 to 3650',
    example: '14',
    meaning: 'How long orchestrations that ended are kept, with their histories, counted from their start.',
    default: '14',
  },
  RETENTION_DAYS_INBOX: {
    schema: integer(30, 7, 3_650),
    accepts: 'a whole number of days from 7 to 3650',
    example: '30',
    meaning:
      'How long it is kept which uploads are done. An event that comes again later finds the copy of its file instead.',
    default: '30',
  },
  ITEMS_STORE: {
    schema: z.enum(['table', 'sqlite', 'none']).optional(),
    accepts: 'table, sqlite or none',
    example: 'table',
    meaning:
      'Where it is noted what became of each file and order, for GET /v1/items and npm run where: in table storage, in a file (one machine only), or nowhere. Absent: sqlite under npm start, else table.',
    default: '',
  },
  ITEMS_FILE: {
    schema: text('.sluice/items.db'),
    accepts: 'a path, from the folder of the app where it is relative',
    example: '/data/items.db',
    meaning: 'That file, with ITEMS_STORE=sqlite. npm start keeps it with its other state.',
    default: '.sluice/items.db',
  },
  RETENTION_DAYS_ITEMS: {
    schema: integer(30, 1, 3_650),
    accepts: 'a whole number of days from 1 to 3650',
    example: '30',
    meaning:
      'How long GET /v1/items answers what became of a file or order, counted from the last thing that happened to it.',
    default: '30',
  },
  RETENTION_DAYS_MEDIA: {
    schema: integer(90, 7, 3_650),
    accepts: 'a whole number of days from 7 to 3650',
    example: '90',
    meaning:
      'How long GET /v1/media/{id} answers where a file is, and announcements of uploads hold, counted from the last change.',
    default: '90',
  },
  RETENTION_DAYS_DEAD_LETTERS: {
    schema: integer(90, 1, 3_650),
    accepts: 'a whole number of days from 1 to 3650',
    example: '90',
    meaning:
      'How long dead letters that were replayed or discarded are kept. Open ones are kept until somebody does either.',
    default: '90',
  },
  RETENTION_SCHEDULE: {
    schema: text('0 47 3 * * *').refine(isNcrontab),
    accepts: 'an NCRONTAB expression of six fields',
    example: '0 47 3 * * *',
    meaning: 'When what was kept for long enough is removed.',
    default: '0 47 3 * * *',
  },
  ...ingestionSettings,
  LOG_LEVEL: {
    schema: text('info').pipe(z.enum(['debug', 'info', 'warn', 'error'])),
    accepts: 'debug, info, warn or error',
    example: 'info',
    meaning: 'Least level of the structured logs.',
    default: 'info',
  },
  OTEL_SERVICE_NAME: {
    schema: text('sluice'),
    accepts: 'any text',
    example: 'sluice',
    meaning: 'service.name of everything exported.',
    default: 'sluice',
  },
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    schema: z.url({ protocol: /^https?$/ }).optional(),
    accepts: 'an http or https URL; /v1/traces and /v1/metrics are appended',
    example: 'http://localhost:4318',
    meaning: 'Sends traces and metrics by OTLP over HTTP. Absent: no OTLP.',
    default: '',
  },
  OTEL_EXPORTER_OTLP_HEADERS: {
    schema: optionalText,
    accepts: 'key=value pairs, comma-separated',
    example: 'api-key=…',
    meaning: 'Headers for the OTLP endpoint, as the OpenTelemetry specification has them.',
    default: '',
    secret: true,
  },
  OTEL_TRACES_SAMPLER_ARG: {
    schema: text('1')
      .transform((v) => (v.trim() === '' ? NaN : Number(v)))
      .pipe(z.number().min(0).max(1)),
    accepts: 'a number from 0 to 1',
    example: '1',
    meaning: 'Share of new traces that are kept; a trace begun elsewhere keeps its own decision.',
    default: '1',
  },
  APPLICATIONINSIGHTS_CONNECTION_STRING: {
    schema: z
      .string()
      .regex(/InstrumentationKey=/i)
      .optional(),
    accepts: 'a connection string with InstrumentationKey=',
    example: 'InstrumentationKey=…;IngestionEndpoint=…',
    meaning: 'Sends traces and metrics to Application Insights. Absent: none.',
    default: '',
    secret: true,
  },
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: {
    schema: z
      .string()
      .regex(/^(?:[A-Za-z]+=[^;=]+(?:;|$))+$/)
      .regex(/(?:^|;)Authorization=AAD(?:;|$)/i)
      .optional(),
    accepts: 'Authorization=AAD, with ClientId=… of a user-assigned identity where that is meant',
    example: 'Authorization=AAD;ClientId=11111111-2222-3333-4444-555555555555',
    meaning:
      'Sends to Application Insights as an identity (role Monitoring Metrics Publisher), for a resource that takes no key. The Functions host reads it too. Absent: the connection string alone.',
    default: '',
  },
  METRICS_PORT: {
    schema: integer(0, 0, 65_535),
    accepts: 'a port number; 0 for none',
    example: '9464',
    meaning:
      'Serves metrics in the Prometheus format on this port, at /metrics. Where several instances run on one machine the first to start has it, and each other one the next that is free, which its log names: scrape as many ports as there may be instances.',
    default: '0',
  },
} as const satisfies Readonly<Record<string, SettingDefinition>>;

export type SettingName = keyof typeof settings;

export type Settings = { readonly [K in SettingName]: z.output<(typeof settings)[K]['schema']> };

export const settingNames = Object.keys(settings) as readonly SettingName[];

/** The table with its literal types widened, for iteration. */
export function settingDefinition(name: SettingName): SettingDefinition {
  return settings[name];
}
