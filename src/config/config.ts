import { pipelines as allPipelines, type Pipeline } from '../domain/dead-letter';
import type { Environment, SettingProblem } from './setting-problem';
import { settingDefinition, settingNames, type SettingName, type Settings } from './settings';
import { resolveShare, type ShareConfig } from './share-config';
import { resolveStorageAccess, type StorageAccess } from './storage-access';

/** Everything the app knows about its surroundings; read once, frozen, and handed down. */
export interface Config {
  readonly pipelines: ReadonlySet<Pipeline>;
  readonly storage: StorageAccess;
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
  /** Present when the pipeline nfs runs here. */
  readonly share: ShareConfig | undefined;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  readonly telemetry: {
    readonly serviceName: string;
    readonly otlpEndpoint: string | undefined;
    readonly otlpHeaders: string | undefined;
    readonly applicationInsights: string | undefined;
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
  if (!share.ok) problems.push(...share.problems);
  if (problems.length > 0 || !access.ok || !share.ok) return { ok: false, problems };

  const present = (p: Pipeline): boolean => p === 'media' || (p === 'nfs' && share.share !== undefined);
  const chosen = read.PIPELINES?.length ? read.PIPELINES : allPipelines.filter(present);
  const config: Config = {
    pipelines: new Set(chosen),
    storage: access.access,
    upload: {
      maxBytes: read.UPLOAD_MAX_MB * 1024 * 1024,
      maxMb: read.UPLOAD_MAX_MB,
      maxFiles: read.UPLOAD_MAX_FILES,
      allowedTypes: read.UPLOAD_ALLOWED_TYPES,
      anonymous: read.UPLOAD_ANONYMOUS,
    },
    directUpload: { validMinutes: read.UPLOAD_SAS_MINUTES },
    media: { verify: read.VERIFY, maxAttempts: read.MEDIA_MAX_ATTEMPTS },
    share: share.share,
    logLevel: read.LOG_LEVEL,
    telemetry: {
      serviceName: read.OTEL_SERVICE_NAME,
      otlpEndpoint: read.OTEL_EXPORTER_OTLP_ENDPOINT,
      otlpHeaders: read.OTEL_EXPORTER_OTLP_HEADERS,
      applicationInsights: read.APPLICATIONINSIGHTS_CONNECTION_STRING,
      metricsPort: read.METRICS_PORT,
      sampleRatio: read.OTEL_TRACES_SAMPLER_ARG,
    },
  };
  return { ok: true, config: Object.freeze(config) };
}
