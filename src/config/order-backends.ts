/** How the brokers of the orders pipeline are reached (O1, C5), where BACKEND_MODE or BACKEND_DRAIN names them. */
import type { Backend } from '../domain/orders/order-origin';
import type { SettingProblem } from './setting-problem';
import { settingDefinition, type SettingName, type Settings } from './settings';
import { parseConnectionString, type StorageAccess } from './storage-access';

export type KafkaProtocol = 'plaintext' | 'ssl' | 'sasl_plaintext' | 'sasl_ssl';

export interface KafkaAccess {
  /** `host:port` each. */
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly group: string;
  readonly protocol: KafkaProtocol;
  /** SASL/PLAIN; present when the protocol is one of `sasl_…`. */
  readonly credentials: { readonly username: string; readonly password: string } | undefined;
  /** Of the authority that signed the brokers' certificates; undefined for those that the system trusts. */
  readonly authority: { readonly kind: 'file' | 'pem'; readonly value: string } | undefined;
}

export type EventHubAccess = {
  readonly hub: string;
  readonly group: string;
  /** What the trigger names as its `connection`. */
  readonly connectionName: string;
  /** For people; no secret. */
  readonly describes: string;
} & (
  | { readonly kind: 'identity'; readonly namespace: string }
  | { readonly kind: 'connection-string'; readonly connectionString: string }
);

export interface OrderBackends {
  /** Takes orders in. */
  readonly mode: Backend;
  /** The one before, whose backlog is still worked off. */
  readonly drain: Backend | undefined;
  readonly kafka: KafkaAccess | undefined;
  readonly eventHub: EventHubAccess | undefined;
}

export type ResolvedBackends =
  | { readonly ok: true; readonly backends: OrderBackends }
  | { readonly ok: false; readonly problems: readonly SettingProblem[] };

/** Connection of the trigger where the event hub is reached by identity; its host settings are derived from ours. */
export const EVENT_HUB_CONNECTION = 'EVENTHUB';

/** `hostStorage`: the account of the Functions host, where its checkpoints lie; undefined when it is not known. */
export function resolveOrderBackends(settings: Settings, hostStorage: StorageAccess | undefined): ResolvedBackends {
  const { BACKEND_MODE: mode, BACKEND_DRAIN: drain, PIPELINES: listed } = settings;
  if (listed?.length && !listed.includes('orders'))
    return { ok: true, backends: { mode, drain: undefined, kafka: undefined, eventHub: undefined } };
  const problems: SettingProblem[] = [];
  if (drain === mode)
    problems.push({
      setting: 'BACKEND_DRAIN',
      code: 'SETTINGS_INVALID',
      found: `${JSON.stringify(drain)}, which is BACKEND_MODE itself`,
      accepts: 'the backend that was BACKEND_MODE before, or nothing',
      example: mode === 'queue' ? 'kafka' : 'queue',
    });
  const kafka = mode === 'kafka' || drain === 'kafka' ? kafkaAccess(settings, problems) : undefined;
  const eventHub =
    mode === 'eventhub' || drain === 'eventhub' ? eventHubAccess(settings, hostStorage, problems) : undefined;
  return problems.length > 0 ? { ok: false, problems } : { ok: true, backends: { mode, drain, kafka, eventHub } };
}

function kafkaAccess(settings: Settings, problems: SettingProblem[]): KafkaAccess | undefined {
  const { KAFKA_USERNAME: username, KAFKA_PASSWORD: password, KAFKA_SSL_CA: authority } = settings;
  // A password is sent in the clear only where that is asked for.
  const protocol = settings.KAFKA_SECURITY_PROTOCOL ?? (username === undefined ? 'plaintext' : 'sasl_ssl');
  const signsIn = protocol.startsWith('sasl');
  const why = usedBy('kafka', settings);
  if (settings.KAFKA_BROKERS.length === 0) problems.push(missing('KAFKA_BROKERS', `nothing, ${why}`));
  if (signsIn && username === undefined)
    problems.push(missing('KAFKA_USERNAME', `nothing, and KAFKA_SECURITY_PROTOCOL is ${protocol}`));
  if (signsIn && username !== undefined && password === undefined)
    problems.push(missing('KAFKA_PASSWORD', 'nothing, and KAFKA_USERNAME is set', 'CREDENTIAL_MISSING'));
  if (!signsIn && username !== undefined)
    problems.push({
      setting: 'KAFKA_SECURITY_PROTOCOL',
      code: 'SETTINGS_INVALID',
      found: `${JSON.stringify(protocol)}, which does not sign in, and KAFKA_USERNAME is set`,
      accepts: 'sasl_ssl or sasl_plaintext; or no KAFKA_USERNAME',
      example: 'sasl_ssl',
    });
  if (authority !== undefined && !protocol.endsWith('ssl'))
    problems.push({
      setting: 'KAFKA_SSL_CA',
      code: 'SETTINGS_INVALID',
      found: `a value, and the protocol is ${protocol}, which has no certificates`,
      accepts: 'KAFKA_SECURITY_PROTOCOL=ssl or sasl_ssl with it; or no KAFKA_SSL_CA',
      example: settingDefinition('KAFKA_SSL_CA').example,
    });
  return {
    brokers: settings.KAFKA_BROKERS,
    topic: settings.KAFKA_TOPIC,
    group: settings.KAFKA_GROUP,
    protocol,
    credentials: signsIn && username !== undefined && password !== undefined ? { username, password } : undefined,
    authority:
      authority === undefined
        ? undefined
        : { kind: authority.includes('-----BEGIN') ? 'pem' : 'file', value: authority.replaceAll('\\n', '\n') },
  };
}

function eventHubAccess(
  settings: Settings,
  hostStorage: StorageAccess | undefined,
  problems: SettingProblem[],
): EventHubAccess | undefined {
  const {
    EVENTHUB_NAMESPACE: named,
    EVENTHUB_CONNECTION_STRING: connectionString,
    STORAGE_ACCOUNT: account,
  } = settings;
  // The Functions host keeps the checkpoints, and only in its own account.
  if (account !== undefined && hostStorage && hostStorage.account !== account)
    problems.push({
      setting: 'STORAGE_ACCOUNT',
      code: 'SETTINGS_INVALID',
      found: `${JSON.stringify(account)}, and AzureWebJobsStorage is account ${JSON.stringify(hostStorage.account)}`,
      accepts: 'the account of AzureWebJobsStorage, where the Functions host keeps the checkpoints; or nothing',
      example: hostStorage.account,
    });
  const common = { hub: settings.EVENTHUB_NAME ?? DEFAULT_HUB, group: settings.EVENTHUB_CONSUMER_GROUP };
  if (connectionString !== undefined) {
    const { entitypath: entity, endpoint = '' } = parseConnectionString(connectionString);
    if (entity !== undefined && settings.EVENTHUB_NAME !== undefined && entity !== settings.EVENTHUB_NAME)
      problems.push({
        setting: 'EVENTHUB_NAME',
        code: 'SETTINGS_INVALID',
        found: `${JSON.stringify(settings.EVENTHUB_NAME)}, and EVENTHUB_CONNECTION_STRING has EntityPath=${entity}`,
        accepts: 'the same name in both, or in one of them',
        example: entity,
      });
    return {
      ...common,
      hub: entity ?? common.hub,
      kind: 'connection-string',
      connectionName: 'EVENTHUB_CONNECTION_STRING',
      connectionString,
      describes: `${hostOf(endpoint)} by connection string (EVENTHUB_CONNECTION_STRING)`,
    };
  }
  if (named === undefined) {
    problems.push(missing('EVENTHUB_NAMESPACE', `nothing, ${usedBy('eventhub', settings)}`));
    return undefined;
  }
  const namespace = eventHubNamespace(named);
  return {
    ...common,
    kind: 'identity',
    connectionName: EVENT_HUB_CONNECTION,
    namespace,
    describes: `${namespace} by identity (DefaultAzureCredential)`,
  };
}

const DEFAULT_HUB = 'orders';
const PUBLIC_EVENT_HUBS = 'servicebus.windows.net';

/** A namespace by its name alone is one of the public cloud. */
function eventHubNamespace(named: string): string {
  return named.includes('.') ? named : `${named}.${PUBLIC_EVENT_HUBS}`;
}

function usedBy(backend: Backend, { BACKEND_MODE: mode }: Settings): string {
  return `and ${mode === backend ? 'BACKEND_MODE' : 'BACKEND_DRAIN'} is ${backend}`;
}

function hostOf(endpoint: string): string {
  return /^sb:\/\/([^/]+)/.exec(endpoint)?.[1] ?? 'the event hub';
}

function missing(
  setting: SettingName,
  found: string,
  code: SettingProblem['code'] = 'SETTINGS_INVALID',
): SettingProblem {
  const { accepts, example } = settingDefinition(setting);
  return { setting, code, found, accepts, example };
}
