/** The settings of the share pipeline (N5) as a whole, and how its storage account is reached (C5). */
import type { SettingProblem } from './setting-problem';
import { settingDefinition, type SettingName, type Settings } from './settings';
import { developmentAccount, parseConnectionString } from './storage-access';

export interface ShareConfig {
  readonly access: ShareAccess;
  readonly roots: {
    readonly incoming: string;
    readonly processing: string;
    readonly failed: string;
    readonly staging: string;
  };
  readonly pollIntervalMs: number;
  readonly minFileAgeMs: number;
  readonly maxQueueSize: number;
  readonly workerConcurrency: number;
  readonly blockSize: number;
  readonly singlePutSize: number;
  readonly concurrency: number;
  /** 0 for no cap. */
  readonly maxBytesPerS: number;
  readonly verify: 'blocks' | 'read';
  readonly maxAttempts: number;
  readonly quarantine: boolean;
  readonly deadlineMs: number;
}

export interface ShareAccess {
  /** Blob endpoint, without a slash at its end. */
  readonly accountUrl: string;
  readonly container: string;
  /** Bearer tokens are only sent over https. */
  readonly identity: boolean;
  /** Used when identity fails. */
  readonly fallback: ShareFallback | undefined;
}

export type ShareFallback =
  | { readonly kind: 'key'; readonly account: string; readonly key: string; readonly describes: string }
  | { readonly kind: 'signature'; readonly signature: string; readonly describes: string };

export type ResolvedShare =
  | { readonly ok: true; readonly share: ShareConfig | undefined }
  | { readonly ok: false; readonly problems: readonly SettingProblem[] };

/** The share is meant when PIPELINES names it, or when one of its two required settings is there; both must be, then. */
export function resolveShare(settings: Settings): ResolvedShare {
  const { APP_AZURE_ACCOUNT_URL: accountUrl, APP_AZURE_CONTAINER: container, PIPELINES: listed } = settings;
  const meant = listed?.length ? listed.includes('nfs') : accountUrl !== undefined || container !== undefined;
  if (!meant) return { ok: true, share: undefined };
  const problems: SettingProblem[] = [];
  if (accountUrl === undefined) problems.push(missing('APP_AZURE_ACCOUNT_URL'));
  if (container === undefined) problems.push(missing('APP_AZURE_CONTAINER'));
  const fallback = fallbackOf(settings, problems);
  const identity = accountUrl?.startsWith('https:') ?? true;
  if (!identity && !fallback && problems.length === 0) {
    problems.push({
      setting: 'APP_AZURE_CONNECTION_STRING',
      code: 'CREDENTIAL_MISSING',
      found: 'nothing, and APP_AZURE_ACCOUNT_URL is http, over which no identity can be used',
      accepts:
        'APP_AZURE_CONNECTION_STRING, or APP_AZURE_ACCOUNT_NAME and APP_AZURE_ACCOUNT_KEY; or an https account URL',
      example: settingDefinition('APP_AZURE_CONNECTION_STRING').example,
    });
  }
  if (problems.length > 0 || accountUrl === undefined || container === undefined) return { ok: false, problems };
  const processing = settings.APP_NFS_PROCESSING_ROOT;
  return {
    ok: true,
    share: {
      access: { accountUrl, container, identity, fallback },
      roots: {
        incoming: settings.APP_NFS_INCOMING_DIR,
        processing,
        failed: settings.APP_NFS_FAILED_ROOT ?? `${processing.replace(/\/+[^/]*\/*$/, '')}/.failed`,
        staging: settings.APP_LOCAL_STAGING_ROOT,
      },
      pollIntervalMs: Math.round(settings.APP_POLL_INTERVAL_S * 1000),
      minFileAgeMs: Math.round(settings.APP_MIN_FILE_AGE_S * 1000),
      maxQueueSize: settings.APP_MAX_QUEUE_SIZE,
      workerConcurrency: settings.APP_WORKER_CONCURRENCY,
      blockSize: settings.APP_AZURE_MAX_BLOCK_SIZE,
      singlePutSize: settings.APP_AZURE_MAX_SINGLE_PUT_SIZE,
      concurrency: settings.APP_AZURE_MAX_CONCURRENCY,
      maxBytesPerS: settings.APP_AZURE_MAX_BYTES_PER_S,
      verify: settings.APP_VERIFY,
      maxAttempts: settings.APP_MAX_ATTEMPTS,
      quarantine: settings.APP_FAILED_QUARANTINE,
      deadlineMs: Math.round(settings.APP_SHARE_TIMEOUT_S * 1000),
    },
  };
}

function fallbackOf(settings: Settings, problems: SettingProblem[]): ShareFallback | undefined {
  const { APP_AZURE_CONNECTION_STRING: text, APP_AZURE_ACCOUNT_NAME: name, APP_AZURE_ACCOUNT_KEY: key } = settings;
  if (text !== undefined) {
    const describes = 'connection string (APP_AZURE_CONNECTION_STRING)';
    const parts = /UseDevelopmentStorage=true/i.test(text) ? developmentAccount : parseConnectionString(text);
    const { accountname, accountkey, sharedaccesssignature: signature } = parts;
    if (accountname && accountkey) return { kind: 'key', account: accountname, key: accountkey, describes };
    if (signature) return { kind: 'signature', signature: signature.replace(/^\?/, ''), describes };
    problems.push({
      ...missing('APP_AZURE_CONNECTION_STRING'),
      found: `a value of ${text.length} characters without AccountName= and AccountKey=, or SharedAccessSignature=`,
    });
    return undefined;
  }
  if (name && key)
    return {
      kind: 'key',
      account: name,
      key,
      describes: 'account key (APP_AZURE_ACCOUNT_NAME, APP_AZURE_ACCOUNT_KEY)',
    };
  if (name ?? key) problems.push(missing(name ? 'APP_AZURE_ACCOUNT_KEY' : 'APP_AZURE_ACCOUNT_NAME'));
  return undefined;
}

function missing(setting: SettingName): SettingProblem {
  const { accepts, example } = settingDefinition(setting);
  return { setting, code: 'SETTINGS_INVALID', found: 'nothing', accepts, example };
}
