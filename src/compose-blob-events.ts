/** The wiring of the blob events pipeline; part of composition.ts. */
import { setTimeout as delay } from 'node:timers/promises';
import { createBuryBlobEvent } from './activities/bury-blob-event';
import { createMoveBlob, longestCallMs } from './activities/move-blob';
import { createBlobEventLedger } from './adapters/azure-storage/blob-event-ledger';
import { createBlobEventQueues } from './adapters/azure-storage/blob-event-queues';
import { createBlobListing } from './adapters/azure-storage/blob-listing';
import type { StorageClients } from './adapters/azure-storage/clients';
import { createRabbitBroker } from './adapters/rabbitmq/blob-event-broker';
import type { Config } from './config/config';
import { INCOMING_CONTAINER } from './domain/blob-events/blob-event';
import { tables } from './domain/storage-layout';
import { createReceiveBlobEvent, longestStayMs } from './intake/blob-events/receive-blob-event';
import { createReplayBlobEvent } from './intake/blob-events/replay-blob-event';
import { createRestPoisoned } from './intake/blob-events/rest-poisoned';
import { createScanIncoming } from './intake/blob-events/scan-incoming';
import { createInsist } from './intake/insist';
import type { BlobEventBroker } from './ports/blob-event-broker';
import type { BlobStore } from './ports/blob-store';
import type { Clock } from './ports/clock';
import type { DeadLetterStore } from './ports/dead-letter-store';
import type { ItemNotes } from './ports/item-notes';
import type { Logger } from './telemetry/logger';
import { observe } from './telemetry/meters';
import { attributes } from './telemetry/names';

export interface BlobEventPorts {
  readonly clients: StorageClients;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  readonly deadLetters: DeadLetterStore;
  readonly items: ItemNotes;
  readonly logger: Logger;
}

/** The broker that the settings name. */
export function createBlobEventBroker(
  { blobEvents }: Pick<Config, 'blobEvents'>,
  clients: StorageClients,
): BlobEventBroker {
  return blobEvents.broker.kind === 'rabbitmq' ? createRabbitBroker(blobEvents.broker) : createBlobEventQueues(clients);
}

export function composeBlobEvents(
  config: Config,
  { clients, blobs, clock, deadLetters, items, logger }: BlobEventPorts,
) {
  const { account } = config.storage;
  const broker = createBlobEventBroker(config, clients);
  const ledger = createBlobEventLedger(clients, tables.blobEvents, INCOMING_CONTAINER);
  const stop = new AbortController();
  const sleep = (ms: number): Promise<void> => delay(ms, undefined, { signal: stop.signal });
  const insist = createInsist({ sleep, logger, stopping: stop.signal, pipeline: 'blob-events' });
  const bury = createBuryBlobEvent({ deadLetters, ledger, broker, clock, logger });
  if (config.pipelines.has('blob-events'))
    observe('blobQueue', async () => {
      const { events, errors } = await broker.lengths();
      return [
        { value: events, attributes: { [attributes.messagingDestination]: broker.queues.events } },
        { value: errors, attributes: { [attributes.messagingDestination]: broker.queues.errors } },
      ];
    });
  return {
    scan: createScanIncoming(
      { listing: createBlobListing(clients), ledger, broker, items, clock, logger },
      { account, republishMs: config.blobEvents.republishMs },
    ),
    receive: createReceiveBlobEvent({
      ...{ broker, bury, items, clock },
      insist,
      sleep,
      monotonic: () => performance.now(),
      stopping: stop.signal,
      logger,
      longestStay: longestStayMs(config.runMs),
    }),
    replay: createReplayBlobEvent(broker),
    restPoisoned: createRestPoisoned(ledger, clock),
    bury,
    probes: config.blobEvents.broker.kind === 'rabbitmq' ? [broker.probe] : [],
    /** By the names that orchestrations call them. */
    activities: {
      'move-blob': createMoveBlob({
        ...{ blobs, items, clock, account },
        longestCall: () => AbortSignal.timeout(longestCallMs(config.runMs)),
      }),
      'bury-blob-event': bury,
    },
    /** Lets what waits go, undone: its messages come again. */
    async stop(): Promise<void> {
      stop.abort();
      await broker.stop();
    },
  };
}
