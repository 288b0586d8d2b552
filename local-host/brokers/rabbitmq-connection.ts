import type { ChannelModel, ConfirmChannel, Options } from 'amqplib';
import type { BindingDefinition } from '../function-definition';
import { FunctionIndexingError, type HostContext } from '../plugin';
import { bindingText, connectionSetting, requiredText } from './app-setting';
import { amqpSdk, messageOf } from './broker-sdk';
import { ExtensionSettings } from './extension-settings';

const CONNECT_TIMEOUT_MS = 10_000;
const EXAMPLE = 'amqp://user:password@localhost:5672';

/** Where a queue of RabbitMQ is. */
export interface RabbitQueue {
  readonly url: string;
  readonly queue: string;
  /** `amqps` without looking at the certificate, as the option `disableCertificateValidation` asks. */
  readonly trustAnyCertificate: boolean;
}

/**
 * From the options of a RabbitMQ binding: `queueName` (with `%SETTING%`), `connectionStringSetting` (the name of a setting),
 * `disableCertificateValidation`; the latter two also from host.json `extensions.rabbitMQ`.
 * @throws FunctionIndexingError that names what is missing
 */
export function rabbitQueue(binding: BindingDefinition, context: HostContext): RabbitQueue {
  const { settings } = context;
  const shared = ExtensionSettings.of(settings, 'rabbitMQ');
  const name = bindingText(settings, binding, 'connectionStringSetting');
  const url = (name === undefined ? undefined : connectionSetting(settings, name)) ?? shared.text('connectionString');
  const what = name === undefined ? "'connectionStringSetting'" : `the setting '${name}'`;
  if (url === undefined)
    throw new FunctionIndexingError(
      `RabbitMQ binding '${binding.name}' has no connection: set ${what} to an address such as ${EXAMPLE}.`,
    );
  if (!isAmqpUrl(url))
    throw new FunctionIndexingError(
      `RabbitMQ binding '${binding.name}': ${what} holds no AMQP address; it must look like ${EXAMPLE}.`,
    );
  const trusting = binding['disableCertificateValidation'] === true;
  return {
    url,
    queue: requiredText(settings, binding, 'queueName'),
    trustAnyCertificate: trusting || shared.flag('disableCertificateValidation') === true,
  };
}

export async function connectToRabbit({ url, trustAnyCertificate }: RabbitQueue): Promise<ChannelModel> {
  const options = { timeout: CONNECT_TIMEOUT_MS, ...(trustAnyCertificate ? { rejectUnauthorized: false } : {}) };
  const connection = await amqpSdk().connect(url, options);
  // What ends a connection shows in `close`; an unheard `error` would end the process.
  connection.on('error', () => undefined);
  return connection;
}

/** Resolves when the broker has the message. @throws Error when it refuses it, or the channel closes before it answers */
export function publishConfirmed(
  channel: ConfirmChannel,
  queue: string,
  content: Buffer,
  properties: Options.Publish,
): Promise<void> {
  return new Promise((resolve, reject) => {
    channel.sendToQueue(queue, content, properties, (error: unknown) => {
      if (error === null || error === undefined) resolve();
      else reject(error instanceof Error ? error : new Error(messageOf(error)));
    });
  });
}

/** Whether the broker answered that there is no such queue. */
export function isMissingQueue(error: unknown): boolean {
  return typeof error === 'object' && error !== null && (error as { code?: unknown }).code === 404;
}

function isAmqpUrl(text: string): boolean {
  try {
    return /^amqps?:$/.test(new URL(text).protocol);
  } catch {
    return false;
  }
}
