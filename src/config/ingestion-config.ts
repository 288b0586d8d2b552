/** The settings of the text ingestion as a whole (T1 to T4): which embedder and which store are meant, and that they are whole. */
import type { EmbeddingModel } from '../domain/ingestion/document';
import type { SettingProblem } from './setting-problem';
import { settingDefinition, type SettingName, type Settings } from './settings';
import type { StorageAccess } from './storage-access';

export interface IngestionConfig {
  readonly container: string;
  /** Beginning of the names that are taken; '' for all. */
  readonly prefix: string;
  readonly source: 'LogsAndContainerScan' | 'EventGrid';
  /** Bytes. */
  readonly maxBytes: number;
  /** Lower-case, with their dot. */
  readonly extensions: readonly string[];
  readonly projectId: string;
  readonly chunking: { readonly tokens: number; readonly overlap: number };
  readonly embedder: EmbedderAccess;
  readonly store: DocumentStoreAccess;
  /** Batches of one document at the same time. */
  readonly concurrency: number;
  readonly maxAttempts: number;
  /** Undefined: none. */
  readonly breaker: { readonly threshold: number; readonly openMs: number } | undefined;
  /** NCRONTAB. */
  readonly reconcileSchedule: string;
}

export type EmbedderAccess =
  | { readonly kind: 'packaged' }
  | {
      readonly kind: 'azure-openai';
      /** Without a slash at its end. */
      readonly endpoint: string;
      readonly deployment: string;
      readonly model: EmbeddingModel;
      /** Undefined: by identity. */
      readonly apiKey: string | undefined;
    };

export type DocumentStoreAccess =
  /** `file`: from the working directory where it is relative. */
  | { readonly kind: 'sqlite'; readonly file: string }
  | {
      readonly kind: 'cosmos';
      readonly endpoint: string;
      readonly database: string;
      readonly vectorIndex: 'quantizedFlat' | 'diskANN';
      /** Undefined: by identity. */
      readonly key: string | undefined;
    };

export type ResolvedIngestion =
  | { readonly ok: true; readonly ingestion: IngestionConfig }
  | { readonly ok: false; readonly problems: readonly SettingProblem[] };

export function resolveIngestion(settings: Settings): ResolvedIngestion {
  const problems: SettingProblem[] = [];
  const embedder = embedderOf(settings, problems);
  const store = storeOf(settings, problems);
  const { CHUNK_TOKENS: tokens, CHUNK_OVERLAP_TOKENS: overlap } = settings;
  if (overlap > tokens / 2)
    problems.push({
      ...problemOf('CHUNK_OVERLAP_TOKENS', `${overlap}, and CHUNK_TOKENS is ${tokens}`),
      example: String(Math.floor(tokens / 10)),
    });
  if (problems.length > 0 || !embedder || !store) return { ok: false, problems };
  return {
    ok: true,
    ingestion: {
      container: settings.INGESTION_CONTAINER,
      prefix: settings.INGESTION_PREFIX,
      source: settings.INGESTION_BLOB_SOURCE,
      maxBytes: settings.MAX_BLOB_MB * 1024 * 1024,
      extensions: settings.INGESTION_EXTENSIONS.map((ending) => ending.toLowerCase()),
      projectId: settings.DEFAULT_PROJECT_ID,
      chunking: { tokens, overlap },
      embedder,
      store,
      concurrency: settings.EMBEDDING_CONCURRENCY,
      maxAttempts: settings.INGESTION_MAX_ATTEMPTS,
      breaker: settings.ENABLE_CIRCUIT_BREAKER
        ? { threshold: settings.FAILURE_THRESHOLD, openMs: settings.CIRCUIT_OPEN_S * 1000 }
        : undefined,
      reconcileSchedule: settings.INGESTION_RECONCILE_SCHEDULE,
    },
  };
}

/**
 * Whether the pipeline runs where PIPELINES says nothing: with a store that every instance can reach, or on development storage,
 * where the file and the packaged model are what is meant.
 */
export function isIngestionMeant({ store, embedder }: IngestionConfig, access: StorageAccess): boolean {
  return (store.kind === 'cosmos' && embedder.kind === 'azure-openai') || isDevelopment(access);
}

function isDevelopment({ endpoints }: StorageAccess): boolean {
  return /^http:\/\/(127\.0\.0\.1|localhost)[:/]/.test(endpoints.blob);
}

function embedderOf(settings: Settings, problems: SettingProblem[]): EmbedderAccess | undefined {
  const { EMBEDDER, AZURE_OPENAI_ENDPOINT: endpoint } = settings;
  const kind = EMBEDDER ?? (endpoint === undefined ? 'packaged' : 'azure-openai');
  if (kind === 'packaged') return { kind };
  if (endpoint === undefined) {
    problems.push(problemOf('AZURE_OPENAI_ENDPOINT', 'nothing, and EMBEDDER is azure-openai'));
    return undefined;
  }
  return {
    kind,
    endpoint: endpoint.replace(/\/+$/, ''),
    deployment: settings.AZURE_OPENAI_DEPLOYMENT,
    model: { name: settings.AZURE_OPENAI_MODEL, dimensions: settings.AZURE_OPENAI_DIMENSIONS },
    apiKey: settings.AZURE_OPENAI_API_KEY,
  };
}

function storeOf(settings: Settings, problems: SettingProblem[]): DocumentStoreAccess | undefined {
  const { VECTOR_STORE, COSMOS_ENDPOINT: endpoint } = settings;
  const kind = VECTOR_STORE ?? (endpoint === undefined ? 'sqlite' : 'cosmos');
  if (kind === 'sqlite') return { kind, file: settings.SQLITE_FILE };
  if (endpoint === undefined) {
    problems.push(problemOf('COSMOS_ENDPOINT', 'nothing, and VECTOR_STORE is cosmos'));
    return undefined;
  }
  const { COSMOS_DATABASE: database, COSMOS_VECTOR_INDEX: vectorIndex, COSMOS_KEY: key } = settings;
  return { kind, endpoint, database, vectorIndex, key };
}

function problemOf(setting: SettingName, found: string): SettingProblem {
  const { accepts, example } = settingDefinition(setting);
  return { setting, code: 'SETTINGS_INVALID', found, accepts, example };
}
