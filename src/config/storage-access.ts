/**
 * How the pipelines reach their storage account (C5): identity first, a connection string or an account key only where they
 * are given explicitly. Naming follows the connections of Azure Functions
 * (https://learn.microsoft.com/azure/azure-functions/functions-reference#connections).
 */
import type { Environment, SettingProblem } from './setting-problem';
import type { Settings } from './settings';

export interface Endpoints {
  readonly blob: string;
  readonly queue: string;
  readonly table: string;
}

export type StorageAccess = {
  /** What triggers name as their `connection`. */
  readonly connectionName: string;
  /** Account name, for deciding whether an event is ours. */
  readonly account: string;
  readonly endpoints: Endpoints;
} & (
  | { readonly kind: 'identity'; readonly clientId: string | undefined; readonly describes: string }
  | { readonly kind: 'connection-string'; readonly connectionString: string; readonly describes: string }
  | { readonly kind: 'account-key'; readonly key: string; readonly describes: string }
);

export type ResolvedAccess =
  { readonly ok: true; readonly access: StorageAccess } | { readonly ok: false; readonly problem: SettingProblem };

/** Azurite's published account and key (https://learn.microsoft.com/azure/storage/common/storage-use-azurite); not a secret. */
const DEVELOPMENT_CONNECTION =
  'DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1;QueueEndpoint=http://127.0.0.1:10001/devstoreaccount1;TableEndpoint=http://127.0.0.1:10002/devstoreaccount1;';

/** Azurite's account as the parts of a connection string. */
export const developmentAccount = parseConnectionString(DEVELOPMENT_CONNECTION);

/** Connection name used where the account is given by STORAGE_ACCOUNT_NAME; host settings of that name are derived from it. */
export const NAMED_ACCOUNT_CONNECTION = 'SluiceStorage';

export function resolveStorageAccess(environment: Environment, settings: Settings): ResolvedAccess {
  const { STORAGE_ACCOUNT_NAME: account, STORAGE_ACCOUNT_KEY: key } = settings;
  if (account && !settings.STORAGE_CONNECTION) {
    const base = { connectionName: NAMED_ACCOUNT_CONNECTION, account, endpoints: publicEndpoints(account) };
    return key
      ? { ok: true, access: { ...base, kind: 'account-key', key, describes: 'account key (STORAGE_ACCOUNT_KEY)' } }
      : {
          ok: true,
          access: { ...base, kind: 'identity', clientId: undefined, describes: 'identity (DefaultAzureCredential)' },
        };
  }
  return fromConnection(environment, settings.STORAGE_CONNECTION ?? 'AzureWebJobsStorage');
}

/** The account of the Functions host itself; undefined when its connection is missing or malformed. */
export function resolveHostStorage(environment: Environment): StorageAccess | undefined {
  const resolved = fromConnection(environment, 'AzureWebJobsStorage');
  return resolved.ok ? resolved.access : undefined;
}

function fromConnection(environment: Environment, name: string): ResolvedAccess {
  const get = (suffix: string): string | undefined => {
    const value = environment[name + suffix];
    return value === '' ? undefined : value;
  };
  const accountName = get('__accountName');
  const blobUri = get('__blobServiceUri');
  if (accountName || blobUri) {
    const account = accountName ?? hostLabel(blobUri ?? '');
    const standard = publicEndpoints(account);
    const endpoints = {
      blob: blobUri?.replace(/\/$/, '') ?? standard.blob,
      queue: get('__queueServiceUri')?.replace(/\/$/, '') ?? standard.queue,
      table: get('__tableServiceUri')?.replace(/\/$/, '') ?? standard.table,
    };
    const describes = `identity (DefaultAzureCredential, ${name}__${accountName ? 'accountName' : 'blobServiceUri'})`;
    return {
      ok: true,
      access: { connectionName: name, account, endpoints, kind: 'identity', clientId: get('__clientId'), describes },
    };
  }
  const value = get('');
  if (!value) return missing(name);
  const connectionString = /UseDevelopmentStorage=true/i.test(value) ? DEVELOPMENT_CONNECTION : value;
  const parts = parseConnectionString(connectionString);
  const account = parts['accountname'] ?? hostLabel(parts['blobendpoint'] ?? '');
  if (!account) return malformed(name, value);
  const standard = publicEndpoints(account, parts['endpointsuffix'], parts['defaultendpointsprotocol']);
  const endpoints = {
    blob: parts['blobendpoint']?.replace(/\/$/, '') ?? standard.blob,
    queue: parts['queueendpoint']?.replace(/\/$/, '') ?? standard.queue,
    table: parts['tableendpoint']?.replace(/\/$/, '') ?? standard.table,
  };
  const describes = `connection string (${name})`;
  return {
    ok: true,
    access: { connectionName: name, account, endpoints, kind: 'connection-string', connectionString, describes },
  };
}

export function parseConnectionString(text: string): Readonly<Record<string, string | undefined>> {
  const pairs = text.split(';').flatMap((part) => {
    const at = part.indexOf('=');
    return at > 0 ? [[part.slice(0, at).trim().toLowerCase(), part.slice(at + 1).trim()] as const] : [];
  });
  return Object.fromEntries(pairs);
}

function publicEndpoints(account: string, suffix = 'core.windows.net', protocol = 'https'): Endpoints {
  const at = (service: string): string => `${protocol}://${account}.${service}.${suffix}`;
  return { blob: at('blob'), queue: at('queue'), table: at('table') };
}

function hostLabel(uri: string): string {
  return /^https?:\/\/([^./:]+)/.exec(uri)?.[1] ?? '';
}

function missing(name: string): ResolvedAccess {
  return {
    ok: false,
    problem: {
      setting: name,
      code: 'CREDENTIAL_MISSING',
      found: `neither ${name} nor ${name}__accountName`,
      accepts: `${name}__accountName (identity, preferred), or a connection string in ${name}, or STORAGE_ACCOUNT_NAME`,
      example: 'UseDevelopmentStorage=true',
    },
  };
}

function malformed(name: string, value: string): ResolvedAccess {
  return {
    ok: false,
    problem: {
      setting: name,
      code: 'SETTINGS_INVALID',
      found: `a value of ${value.length} characters without AccountName= or BlobEndpoint=`,
      accepts: 'a storage connection string, or UseDevelopmentStorage=true',
      example: 'UseDevelopmentStorage=true',
    },
  };
}
