import { pipelines as allPipelines, type Pipeline } from '../domain/dead-letter';
import { isIngestionMeant, resolveIngestion, type IngestionConfig } from './ingestion-config';
import { ingestionSettings } from './ingestion-settings';
import { resolveOrderBackends, type OrderBackends } from './order-backends';
import { runMsOf } from './run-time';
import type { Environment, SettingProblem } from './setting-problem';
import { settingDefinition, settingNames, type SettingName, type Settings } from './settings';
import { resolveShare, type ShareConfig } from './share-config';
import { resolveHostStorage, resolveStorageAccess, type StorageAccess } from './storage-access';

/** Calls of an order's callback that its claim outlasts, at the least. */
const LEASE_PER_CALL = 2;

/** Everything the app knows about its surroundings; read once, frozen, and handed down. */
export interface Config {
  readonly pipelines: ReadonlySet<Pipeline>;
  /** Milliseconds that the host lets a function run; `Infinity` for ever. */
  readonly runMs: number;
  readonly storage: StorageAccess;
  /** The Functions host's own account, with the checkpoints of event hubs; undefined when its connection cannot be read. */
  readonly hostStorage: StorageAccess | undefined;
  readonly upload: {
    /** Bytes. */
    readonly maxBytes: number;
    readonly maxMb: number;
    readonly maxFiles: number;
    readonly allowedTypes: readonly string[];
    readonly anonymous: boolean;
  };
  readonly directUpload: { readonly validMinutes: number };
  readonly media: { readonly verify: 'read' | 'service'; readonly maxAttempts: number };
  readonly blobEvents: {
    readonly broker: BlobBroker;
    /** NCRONTAB. */
    readonly schedule: string;
    readonly republishMs: number;
    /** 0 leaves it to host.json. */
    readonly batchSize: number;
  };
  /** Present when the pipeline nfs runs here. */
  readonly share: ShareConfig | undefined;
  readonly ingestion: IngestionConfig;
  readonly orders: {
    readonly backends: OrderBackends;
    readonly triggers: 'all' | 'backend' | 'others';
    readonly batchSize: number;
    readonly pollIntervalS: number;
    /** Undefined for all. */
    readonly tenants: ReadonlySet<string> | undefined;
    readonly callback: { readonly url: string; readonly timeoutMs: number } | undefined;
    readonly maxAttempts: number;
    readonly concurrency: number;
    readonly leaseMs: number;
    readonly gapWaitMs: number;
    readonly breaker: { readonly threshold: number; readonly openMs: number };
    /** NCRONTAB. */
    readonly resumeSchedule: string;
    readonly ledger: 'table' | 'memory';
    readonly retentionMs: number;
  };
  /** Where it is noted what became of files and orders. */
  readonly items: { readonly kind: 'table' | 'none' } | { readonly kind: 'sqlite'; readonly file: string };
  /** What ended goes after so many days. */
  readonly retention: {
    readonly itemDays: number;
    readonly instanceDays: number;
    readonly inboxDays: number;
    readonly mediaDays: number;
    readonly deadLetterDays: number;
    /** NCRONTAB. */
    readonly schedule: string;
  };
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  readonly telemetry: {
    readonly serviceName: string;
    readonly otlpEndpoint: string | undefined;
    readonly otlpHeaders: string | undefined;
    readonly applicationInsights: string | undefined;
    /** Undefined: by the connection string alone. `clientId`: of a user-assigned identity. */
    readonly applicationInsightsIdentity: { readonly clientId: string | undefined } | undefined;
    /** 0 for none. */
    readonly metricsPort: number;
    /** 0 to 1. */
    readonly sampleRatio: number;
  };
}

export type LoadedConfig =
  { readonly ok: true; readonly config: Config } | { readonly ok: false; readonly problems: readonly SettingProblem[] };

/** Validates the environment as a whole: all problems are reported at once, and none is thrown. An empty value counts as absent. */
export function loadConfig(environment: Environment): LoadedConfig {
  const problems: SettingProblem[] = [];
  const values: Partial<Record<SettingName, unknown>> = {};
  for (const name of settingNames) {
    const definition = settingDefinition(name);
    const raw = environment[name] === '' ? undefined : environment[name];
    const parsed = definition.schema.safeParse(raw);
    if (parsed.success) {
      values[name] = parsed.data;
    } else {
      const found =
        raw === undefined
          ? 'nothing'
          : definition.secret
            ? `a value of ${raw.length} characters`
            : JSON.stringify(raw.slice(0, 200));
      problems.push({
        setting: name,
        code: 'SETTINGS_INVALID',
        found,
        accepts: definition.accepts,
        example: definition.example,
      });
    }
  }
  const read = values as Settings;
  const access = resolveStorageAccess(environment, read);
  if (!access.ok) problems.push(access.problem);
  const share = resolveShare(read);
  const hostStorage = resolveHostStorage(environment);
  const brokersRead = problems.every(({ setting }) => !/^(BACKEND|KAFKA|EVENTHUB)_/.test(setting));
  // What rests on a wrong value is judged when that is mended.
  const backends = brokersRead ? resolveOrderBackends(read, hostStorage) : ({ ok: false, problems: [] } as const);
  const ingestionRead = problems.every(({ setting }) => !(setting in ingestionSettings));
  const ingestion = ingestionRead ? resolveIngestion(read) : ({ ok: false, problems: [] } as const);
  // A value that is wrong is not also missing.
  const more = [share, backends, ingestion].flatMap((part) => (part.ok ? [] : part.problems));
  more.push(...leaseProblems(read));
  problems.push(...more.filter((p) => !problems.some(({ setting }) => setting === p.setting)));
  if (problems.length > 0 || !access.ok || !share.ok || !backends.ok || !ingestion.ok) return { ok: false, problems };

  const present: Readonly<Record<Pipeline, boolean>> = {
    ...{ media: true, 'blob-events': true, orders: true },
    nfs: share.share !== undefined,
    ingestion: isIngestionMeant(ingestion.ingestion, access.access),
  };
  const chosen = read.PIPELINES?.length ? read.PIPELINES : allPipelines.filter((pipeline) => present[pipeline]);
  const config: Config = {
    pipelines: new Set(chosen),
    runMs: runMsOf(environment),
    storage: access.access,
    hostStorage,
    upload: {
      maxBytes: read.UPLOAD_MAX_MB * 1024 * 1024,
      maxMb: read.UPLOAD_MAX_MB,
      maxFiles: read.UPLOAD_MAX_FILES,
      allowedTypes: read.UPLOAD_ALLOWED_TYPES,
      anonymous: read.UPLOAD_ANONYMOUS,
    },
    directUpload: { validMinutes: read.UPLOAD_SAS_MINUTES },
    media: { verify: read.VERIFY, maxAttempts: read.MEDIA_MAX_ATTEMPTS },
    blobEvents: {
      broker: blobBroker(read.RABBITMQ_URL),
      schedule: read.BLOB_EVENTS_SCHEDULE,
      republishMs: read.BLOB_EVENTS_REPUBLISH_S * 1000,
      batchSize: read.BLOB_EVENTS_BATCH_SIZE,
    },
    share: share.share,
    ingestion: ingestion.ingestion,
    orders: {
      backends: backends.backends,
      triggers: read.ORDERS_TRIGGERS,
      batchSize: read.ORDERS_BATCH_SIZE,
      pollIntervalS: read.POLL_INTERVAL,
      tenants: read.ORDERS_TENANTS.length > 0 ? new Set(read.ORDERS_TENANTS) : undefined,
      callback: read.ORDERS_CALLBACK_URL
        ? { url: read.ORDERS_CALLBACK_URL, timeoutMs: read.ORDERS_CALLBACK_TIMEOUT_MS }
        : undefined,
      maxAttempts: read.ORDERS_MAX_ATTEMPTS,
      concurrency: read.ORDERS_CONCURRENCY,
      leaseMs: read.ORDERS_LEASE_S * 1000,
      gapWaitMs: read.ORDERS_SEQUENCE_WAIT_S * 1000,
      breaker: { threshold: read.ORDERS_BREAKER_FAILURES, openMs: read.ORDERS_BREAKER_OPEN_S * 1000 },
      resumeSchedule: read.ORDERS_RESUME_SCHEDULE,
      ledger: read.ORDERS_LEDGER,
      retentionMs: read.RETENTION_DAYS_ORDERS * 86_400_000,
    },
    items:
      read.ITEMS_STORE === 'sqlite' ? { kind: 'sqlite', file: read.ITEMS_FILE } : { kind: read.ITEMS_STORE ?? 'table' },
    retention: {
      itemDays: read.RETENTION_DAYS_ITEMS,
      instanceDays: read.RETENTION_DAYS_INSTANCES,
      inboxDays: read.RETENTION_DAYS_INBOX,
      mediaDays: read.RETENTION_DAYS_MEDIA,
      deadLetterDays: read.RETENTION_DAYS_DEAD_LETTERS,
      schedule: read.RETENTION_SCHEDULE,
    },
    logLevel: read.LOG_LEVEL,
    telemetry: {
      serviceName: read.OTEL_SERVICE_NAME,
      otlpEndpoint: read.OTEL_EXPORTER_OTLP_ENDPOINT,
      otlpHeaders: read.OTEL_EXPORTER_OTLP_HEADERS,
      applicationInsights: read.APPLICATIONINSIGHTS_CONNECTION_STRING,
      applicationInsightsIdentity: identityIn(read.APPLICATIONINSIGHTS_AUTHENTICATION_STRING),
      metricsPort: read.METRICS_PORT,
      sampleRatio: read.OTEL_TRACES_SAMPLER_ARG,
    },
  };
  return { ok: true, config: Object.freeze(config) };
}

/** Where blob events wait. */
export type BlobBroker =
  | { readonly kind: 'queue' }
  /** `describes`: for people; no secret. */
  | { readonly kind: 'rabbitmq'; readonly url: string; readonly describes: string };

function blobBroker(url: string | undefined): BlobBroker {
  if (url === undefined) return { kind: 'queue' };
  const { host, pathname } = new URL(url);
  return { kind: 'rabbitmq', url, describes: `${host}${pathname === '/' ? '' : pathname}` };
}

function identityIn(text: string | undefined): { readonly clientId: string | undefined } | undefined {
  return text === undefined ? undefined : { clientId: /(?:^|;)ClientId=([^;]+)/i.exec(text)?.[1] };
}

/** A claim that ran out while its one call was still under way would let a second process make the same call. */
function leaseProblems({ ORDERS_LEASE_S: leaseS, ORDERS_CALLBACK_TIMEOUT_MS: timeoutMs }: Settings): SettingProblem[] {
  const least = Math.ceil((LEASE_PER_CALL * timeoutMs) / 1000);
  if (!(leaseS < least)) return [];
  return [
    {
      setting: 'ORDERS_LEASE_S',
      code: 'SETTINGS_INVALID',
      found: `${leaseS}, and a call may take ORDERS_CALLBACK_TIMEOUT_MS=${timeoutMs}`,
      accepts: `a lease of at least ${LEASE_PER_CALL} calls: ${least} or more, or a shorter ORDERS_CALLBACK_TIMEOUT_MS`,
      example: String(Math.max(60, least)),
    },
  ];
}
