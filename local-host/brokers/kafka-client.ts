/**
 * From the options of a Kafka binding to a client. Names of options are the Functions extension's. Text options may hold
 * `%SETTING%`, or be the name of a setting themselves, as that extension resolves them.
 */
import fs from 'node:fs';
import path from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import type { Kafka, KafkaConfig, LogEntry, SASLOptions } from 'kafkajs';
import type { BindingDefinition } from '../function-definition';
import { FunctionIndexingError, type HostContext } from '../plugin';
import { bindingText, connectionSetting } from './app-setting';
import { kafkaSdk } from './broker-sdk';

const CONNECT_TIMEOUT_MS = 10_000;
const EVENT_HUBS = '.servicebus.windows.net';
const PROTOCOLS = ['notset', 'plaintext', 'ssl', 'saslplaintext', 'saslssl'] as const;
const MODES = ['notset', 'plain', 'scramsha256', 'scramsha512', 'gssapi', 'oauthbearer'] as const;

export interface KafkaAddress {
  readonly topic: string;
  readonly client: KafkaConfig;
}

/** @throws FunctionIndexingError that names the option that is missing or cannot be used */
export function kafkaAddress(binding: BindingDefinition, context: HostContext): KafkaAddress {
  const topic = required(binding, 'topic', context);
  const brokerList = required(binding, 'brokerList', context);
  const eventHubs = secureText(binding, 'eventHubConnectionString', context);
  if (eventHubs !== undefined) return { topic, client: eventHubsConfig(brokerList, eventHubs) };
  const protocol = word(binding, 'protocol', PROTOCOLS, context);
  const ssl = protocol === 'ssl' || protocol === 'saslssl' ? certificates(binding, context) : undefined;
  const sasl = protocol === 'saslplaintext' || protocol === 'saslssl' ? credentials(binding, context) : undefined;
  return {
    topic,
    client: {
      brokers: brokerList.split(',').map((broker) => broker.trim()),
      ...(ssl === undefined ? {} : { ssl }),
      ...(sasl === undefined ? {} : { sasl }),
    },
  };
}

/** A client whose own lines go to the host's debug log. */
export function kafkaClient(address: KafkaAddress, context: HostContext, retries: number): Kafka {
  const { Kafka: Client, logLevel } = kafkaSdk();
  return new Client({
    ...address.client,
    clientId: `local-host-${context.instanceId}`,
    connectionTimeout: CONNECT_TIMEOUT_MS,
    retry: { retries, initialRetryTime: 200, maxRetryTime: 2000, restartOnFailure: () => Promise.resolve(false) },
    logLevel: logLevel.WARN,
    logCreator: () => (entry: LogEntry) => context.log.debug(`Kafka client: ${entry.log.message}`),
  });
}

/** The text of an option, or the value of the setting that it names. */
export function secureText(binding: BindingDefinition, option: string, context: HostContext): string | undefined {
  const text = bindingText(context.settings, binding, option);
  return text === undefined ? undefined : (connectionSetting(context.settings, text) ?? text);
}

function required(binding: BindingDefinition, option: string, context: HostContext): string {
  const text = secureText(binding, option, context);
  if (text === undefined) throw new FunctionIndexingError(`Kafka binding '${binding.name}' has no '${option}'.`);
  return text;
}

/** Kafka's own protocol as Event Hubs speaks it. */
function eventHubsConfig(brokerList: string, connectionString: string): KafkaConfig {
  const broker = brokerList.includes(EVENT_HUBS) ? brokerList : `${brokerList}${EVENT_HUBS}:9093`;
  return {
    brokers: [broker],
    ssl: true,
    sasl: { mechanism: 'plain', username: '$ConnectionString', password: connectionString },
  };
}

/** One of these words; case, dashes and underscores do not count. */
function word<W extends string>(
  binding: BindingDefinition,
  option: string,
  words: readonly W[],
  context: HostContext,
): W | undefined {
  const text = bindingText(context.settings, binding, option);
  if (text === undefined) return undefined;
  const wanted = text.toLowerCase().replace(/[-_]/g, '');
  const found = words.find((candidate) => candidate === wanted);
  if (found !== undefined) return found;
  throw new FunctionIndexingError(
    `'${option}' of binding '${binding.name}' is '${text}'; it must be one of ${words.slice(1).join(', ')}.`,
  );
}

function credentials(binding: BindingDefinition, context: HostContext): SASLOptions {
  const mode = word(binding, 'authenticationMode', MODES, context) ?? 'plain';
  const username = secureText(binding, 'username', context);
  const password = secureText(binding, 'password', context);
  if (mode === 'gssapi' || mode === 'oauthbearer')
    throw new FunctionIndexingError(
      `'authenticationMode' of binding '${binding.name}' is '${mode}', which the local host does not speak; use plain, scramSha256 or scramSha512 here.`,
    );
  if (username === undefined || password === undefined)
    throw new FunctionIndexingError(
      `Kafka binding '${binding.name}' signs in with SASL but has no '${username === undefined ? 'username' : 'password'}'.`,
    );
  if (mode === 'scramsha256') return { mechanism: 'scram-sha-256', username, password };
  if (mode === 'scramsha512') return { mechanism: 'scram-sha-512', username, password };
  return { mechanism: 'plain', username, password };
}

function certificates(binding: BindingDefinition, context: HostContext): ConnectionOptions {
  const both = pem(binding, 'sslCertificateandKeyPEM', context);
  const ca = file(binding, 'sslCaLocation', context) ?? pem(binding, 'sslCaPEM', context);
  const cert = file(binding, 'sslCertificateLocation', context) ?? pem(binding, 'sslCertificatePEM', context) ?? both;
  const key = file(binding, 'sslKeyLocation', context) ?? pem(binding, 'sslKeyPEM', context) ?? both;
  const passphrase = secureText(binding, 'sslKeyPassword', context);
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(passphrase === undefined ? {} : { passphrase }),
  };
}

/** Line ends may be written as `\n`, which is how a setting holds them. */
function pem(binding: BindingDefinition, option: string, context: HostContext): string | undefined {
  return secureText(binding, option, context)?.replaceAll('\\n', '\n');
}

function file(binding: BindingDefinition, option: string, context: HostContext): string | undefined {
  const location = secureText(binding, option, context);
  if (location === undefined) return undefined;
  try {
    return fs.readFileSync(path.resolve(context.settings.appRoot, location), 'utf8');
  } catch {
    throw new FunctionIndexingError(
      `'${option}' of binding '${binding.name}': '${location}' is not a valid file location.`,
    );
  }
}
