/** The settings of the text ingestion (source 002); part of the one table in settings.ts. */
import { z } from 'zod';
import { isNcrontab } from './ncrontab';
import { csv, flag, integer, optionalText, text, type SettingDefinition } from './setting-schemas';

/** https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata */
const CONTAINER = /^[a-z0-9](?:-?[a-z0-9]){2,62}$/;
/** A resource's or a private address; over http only on this machine. */
const ENDPOINT = /^(https:\/\/|http:\/\/(localhost|127\.0\.0\.1)[:/])/;

export const ingestionSettings = {
  INGESTION_CONTAINER: {
    schema: text('snippet-input').pipe(z.string().regex(CONTAINER)),
    accepts: 'a container name: 3 to 63 lower-case letters, digits and single dashes',
    example: 'snippet-input',
    meaning: 'Container whose text blobs become searchable. It is made where it is missing.',
    default: 'snippet-input',
  },
  INGESTION_PREFIX: {
    schema: text('').pipe(
      z
        .string()
        .max(512)
        .regex(/^(?!\/)[^{}%\\\p{Cc}]*$/u),
    ),
    accepts: 'the beginning of blob names, without {, }, % and \\, and not beginning with /',
    example: 'docs/',
    meaning: 'Only blobs whose names begin with this are taken. Absent: all of the container.',
    default: '',
  },
  INGESTION_BLOB_SOURCE: {
    schema: text('LogsAndContainerScan').pipe(z.enum(['LogsAndContainerScan', 'EventGrid'])),
    accepts: 'LogsAndContainerScan or EventGrid',
    example: 'EventGrid',
    meaning:
      'How the blob trigger hears of blobs: by looking through the container, or by events that Event Grid sends to the Functions host (npm run blob-trigger makes their subscription). Flex Consumption knows EventGrid alone, which misses what was there before.',
    default: 'LogsAndContainerScan',
  },
  MAX_BLOB_MB: {
    schema: integer(10, 1, 100),
    accepts: 'a whole number of MiB from 1 to 100',
    example: '10',
    meaning: 'Blobs above this size are skipped, and said to be, without being read.',
    default: '10',
  },
  INGESTION_EXTENSIONS: {
    schema: csv(
      '.md,.txt,.py,.js,.mjs,.cjs,.ts,.tsx,.jsx,.java,.cs,.go,.rs,.rb,.php,.c,.h,.cpp,.hpp,.kt,.swift,.scala,.sh,.ps1,.sql,.html,.css,.json,.yaml,.yml,.toml,.ini,.xml,.rst,.adoc,.csv',
    ).pipe(z.array(z.string().regex(/^\.[^./\\]{1,20}$/))),
    accepts: 'a comma-separated list of endings with their dot',
    example: '.md,.txt,.py,.js',
    meaning:
      'Blobs whose names end so are taken whatever their content type; others only when their content type is text/*. Upper and lower case are the same.',
    default:
      '.md,.txt,.py,.js,.mjs,.cjs,.ts,.tsx,.jsx,.java,.cs,.go,.rs,.rb,.php,.c,.h,.cpp,.hpp,.kt,.swift,.scala,.sh,.ps1,.sql,.html,.css,.json,.yaml,.yml,.toml,.ini,.xml,.rst,.adoc,.csv',
  },
  DEFAULT_PROJECT_ID: {
    schema: text('default-project').pipe(z.string().regex(/^[^\p{Cc}/\\#?]{1,200}$/u)),
    accepts: '1 to 200 characters without /, \\, # and ?',
    example: 'default-project',
    meaning: 'Project that the documents of the container belong to. Searches may be narrowed to one.',
    default: 'default-project',
  },
  CHUNK_TOKENS: {
    schema: integer(400, 32, 8_000),
    accepts: 'a whole number from 32 to 8000',
    example: '400',
    meaning:
      'Most tokens of one chunk. A change makes each document be cut again when its blob is seen again (npm run reindex).',
    default: '400',
  },
  CHUNK_OVERLAP_TOKENS: {
    schema: integer(40, 0, 2_000),
    accepts: 'a whole number from 0 to half of CHUNK_TOKENS',
    example: '40',
    meaning: 'Tokens at the end of a chunk that the next one repeats, so that no sentence loses what it refers to.',
    default: '40',
  },
  EMBEDDER: {
    schema: z.enum(['packaged', 'azure-openai']).optional(),
    accepts: 'packaged or azure-openai',
    example: 'azure-openai',
    meaning:
      'What turns text into vectors: a model that comes with the installation (English, for development; no part of the deployment package), or Azure OpenAI. Absent: azure-openai where AZURE_OPENAI_ENDPOINT is set, else packaged.',
    default: '',
  },
  AZURE_OPENAI_ENDPOINT: {
    schema: z.string().regex(ENDPOINT).optional(),
    accepts: 'an https URL',
    example: 'https://my-resource.openai.azure.com',
    meaning:
      'Azure OpenAI resource. Reached by identity (role Cognitive Services OpenAI User) unless AZURE_OPENAI_API_KEY is set.',
    default: '',
  },
  AZURE_OPENAI_DEPLOYMENT: {
    schema: text('text-embedding-3-small'),
    accepts: 'the name of a deployment',
    example: 'text-embedding-3-small',
    meaning: 'Deployment of an embedding model.',
    default: 'text-embedding-3-small',
  },
  AZURE_OPENAI_DIMENSIONS: {
    schema: integer(1_536, 64, 4_096),
    accepts: 'a whole number from 64 to 4096',
    example: '1536',
    meaning: 'Length of the vectors that are asked for.',
    default: '1536',
  },
  AZURE_OPENAI_MODEL: {
    schema: text('text-embedding-3-small'),
    accepts: 'the name of an embedding model',
    example: 'text-embedding-3-small',
    meaning: 'Model that is deployed there. It is noted in the store, which refuses vectors of another.',
    default: 'text-embedding-3-small',
  },
  AZURE_OPENAI_API_KEY: {
    schema: optionalText,
    accepts: 'a key of the resource',
    example: '…',
    meaning: 'Explicit fallback where no identity is to be had. Prefer leaving it out.',
    default: '',
    secret: true,
  },
  VECTOR_STORE: {
    schema: z.enum(['sqlite', 'cosmos']).optional(),
    accepts: 'sqlite or cosmos',
    example: 'cosmos',
    meaning:
      'Where documents, chunks and vectors are kept: a file (one machine only), or Azure Cosmos DB for NoSQL. Absent: cosmos where COSMOS_ENDPOINT is set, else sqlite.',
    default: '',
  },
  SQLITE_FILE: {
    schema: text('.sluice/documents.db'),
    accepts: 'a path, from the folder of the app where it is relative',
    example: '/data/documents.db',
    meaning: 'File of the embedded vector store. npm start keeps it with its other state.',
    default: '.sluice/documents.db',
  },
  COSMOS_ENDPOINT: {
    schema: z.string().regex(ENDPOINT).optional(),
    accepts: 'an https URL',
    example: 'https://my-account.documents.azure.com:443/',
    meaning:
      'Azure Cosmos DB account with vector search and full-text search enabled. Reached by identity (role Cosmos DB Built-in Data Contributor) unless COSMOS_KEY is set.',
    default: '',
  },
  COSMOS_DATABASE: {
    schema: text('sluice').pipe(z.string().regex(/^[^/\\#?]{1,255}$/)),
    accepts: 'the name of a database',
    example: 'sluice',
    meaning: 'Database of the documents.',
    default: 'sluice',
  },
  COSMOS_VECTOR_INDEX: {
    schema: text('quantizedFlat').pipe(z.enum(['quantizedFlat', 'diskANN'])),
    accepts: 'quantizedFlat or diskANN',
    example: 'diskANN',
    meaning:
      'Kind of vector index that is made where there is none: diskANN pays from some 50,000 chunks in one project on.',
    default: 'quantizedFlat',
  },
  COSMOS_KEY: {
    schema: optionalText,
    accepts: 'a key of the account',
    example: 'base64…==',
    meaning: 'Explicit fallback where no identity is to be had. Prefer leaving it out.',
    default: '',
    secret: true,
  },
  EMBEDDING_CONCURRENCY: {
    schema: integer(4, 1, 64),
    accepts: 'a whole number from 1 to 64',
    example: '4',
    meaning: 'Batches of one document that are embedded at the same time.',
    default: '4',
  },
  INGESTION_MAX_ATTEMPTS: {
    schema: integer(10, 1, 100),
    accepts: 'a whole number from 1 to 100',
    example: '10',
    meaning:
      'Tries of each step of a document, 2, 4, 8 … and at most 60 s apart, before it becomes a dead letter. Waits that the embedding service asks for, and those of the circuit breaker, are no tries.',
    default: '10',
  },
  ENABLE_CIRCUIT_BREAKER: {
    schema: flag(false),
    accepts: '0 or 1',
    example: '1',
    meaning:
      'While the embedding service fails again and again, all instances leave it alone and work waits, instead of being given up after INGESTION_MAX_ATTEMPTS.',
    default: '0',
  },
  FAILURE_THRESHOLD: {
    schema: integer(5, 1, 1_000),
    accepts: 'a whole number from 1',
    example: '5',
    meaning: 'Failures in a row, over all instances, that open the circuit breaker.',
    default: '5',
  },
  CIRCUIT_OPEN_S: {
    schema: integer(30, 1, 3_600),
    accepts: 'a whole number of seconds from 1',
    example: '30',
    meaning: 'How long the open circuit breaker keeps calls back before one may try.',
    default: '30',
  },
  INGESTION_RECONCILE_SCHEDULE: {
    schema: text('0 */5 * * * *').pipe(z.string().refine(isNcrontab)),
    accepts: 'an NCRONTAB expression of six fields',
    example: '0 */5 * * * *',
    meaning: 'How often it is looked for documents whose blob is gone, which are removed then.',
    default: '0 */5 * * * *',
  },
} as const satisfies Readonly<Record<string, SettingDefinition>>;
