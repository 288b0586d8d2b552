/** The wiring of the backends that orders come from; part of composition.ts. */
import { createStorageClients, identity, type StorageClients } from './adapters/azure-storage/clients';
import { createQueueBacklog } from './adapters/azure-storage/queue-backlog';
import { CHECKPOINT_CONTAINER, createEventHub } from './adapters/event-hubs/hub';
import { createKafkaTopic } from './adapters/kafka/topic';
import type { Config } from './config/config';
import type { Backend } from './domain/orders/order-origin';
import { ORDERS_QUEUE } from './domain/storage-layout';
import type { OrderBackend } from './intake/orders/backend-report';
import type { Probe } from './ports/probe';

export interface ComposedBackends {
  /** The one that takes in first. */
  readonly all: readonly OrderBackend[];
  readonly probes: readonly Probe[];
  stop(): Promise<void>;
}

export function composeOrderBackends(
  { orders, hostStorage }: Pick<Config, 'orders' | 'hostStorage'>,
  clients: StorageClients,
): ComposedBackends {
  const { mode, drain, kafka, eventHub } = orders.backends;
  const topic = kafka && createKafkaTopic(kafka);
  const hub =
    eventHub &&
    createEventHub(eventHub, {
      credential: () => identity(undefined),
      checkpoints:
        hostStorage && (() => createStorageClients(hostStorage).blobs().getContainerClient(CHECKPOINT_CONTAINER)),
    });
  const used = (backend: Backend, role: OrderBackend['role']): OrderBackend => {
    if (backend === 'kafka' && kafka && topic) return { backend, role, source: kafka.topic, backlog: topic.backlog };
    if (backend === 'eventhub' && eventHub && hub) return { backend, role, source: eventHub.hub, backlog: hub.backlog };
    return { backend: 'queue', role, source: ORDERS_QUEUE, backlog: createQueueBacklog(clients, ORDERS_QUEUE) };
  };
  return {
    all: [used(mode, 'takes-in'), ...(drain === undefined ? [] : [used(drain, 'drains')])],
    probes: [topic?.probe, hub?.probe].filter((probe) => probe !== undefined),
    async stop() {
      await Promise.all([topic?.stop(), hub?.stop()]);
    },
  };
}
