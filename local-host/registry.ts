/**
 * The one table of what this host can run. A new kind of trigger or binding is a folder of its own and a line here.
 */
import { blobBinding } from './bindings/blob';
import { eventHubsBinding } from './bindings/event-hubs';
import { kafkaBinding } from './bindings/kafka';
import { queueBinding } from './bindings/queue';
import { rabbitMqBinding } from './bindings/rabbitmq';
import { tableBinding } from './bindings/table';
import { createDurableExtension, type DurableExtension } from './durable';
import { createEventGridExtension } from './event-grid';
import type { BindingPlugin, HostExtension, TriggerPlugin } from './plugin';
import { blobTrigger } from './triggers/blob';
import { eventHubsTrigger } from './triggers/event-hubs';
import { httpTrigger } from './triggers/http';
import { kafkaTrigger } from './triggers/kafka';
import { queueTrigger } from './triggers/queue';
import { rabbitMqTrigger } from './triggers/rabbitmq';
import { timerTrigger } from './triggers/timer';

export interface Registry {
  readonly triggers: readonly TriggerPlugin[];
  readonly bindings: readonly BindingPlugin[];
  readonly extensions: readonly HostExtension[];
  /** One of the extensions. */
  readonly durable: DurableExtension;
}

export interface RegistryOptions {
  /** Event Grid configuration file; see event-grid/. */
  readonly eventGridFile?: string | undefined;
  /** Added to the host's own; for tests and for embedding. */
  readonly extensions?: readonly HostExtension[] | undefined;
}

/** The return value of an HTTP function is written by the worker itself. */
const httpOutput: BindingPlugin = { type: 'http' };

export function createRegistry(options: RegistryOptions = {}): Registry {
  const durable = createDurableExtension();
  const extensions: readonly HostExtension[] = [
    durable,
    ...(options.eventGridFile === undefined ? [] : [createEventGridExtension(options.eventGridFile)]),
    ...(options.extensions ?? []),
  ];
  return {
    triggers: [
      httpTrigger,
      queueTrigger,
      blobTrigger,
      timerTrigger,
      rabbitMqTrigger,
      kafkaTrigger,
      eventHubsTrigger,
      ...extensions.flatMap((extension) => extension.triggers),
    ],
    bindings: [
      httpOutput,
      queueBinding,
      blobBinding,
      tableBinding,
      rabbitMqBinding,
      kafkaBinding,
      eventHubsBinding,
      ...extensions.flatMap((extension) => extension.bindings),
    ],
    extensions,
    durable,
  };
}
