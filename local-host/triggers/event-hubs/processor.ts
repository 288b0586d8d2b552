/**
 * Reads the partitions of an event hub together with the other hosts of the consumer group, and checkpoints behind each batch.
 * Ownership and checkpoints are blobs of `azure-webjobs-eventhub` in the host's own storage account, laid out as the Functions
 * extension and KEDA's `blobMetadata` strategy have them.
 *
 * Invariants:
 * 1. A checkpoint is written only after the run of its events ended, whether it succeeded or not.
 * 2. None is written for a partition that was lost to another host meanwhile, nor by a run from before it was lost when it is
 *    read here once more; one that was lost without this host knowing does not go back (see checkpoints.ts).
 * 3. When it stops, the runs in hand end first; those that succeeded are checkpointed, those that failed are not. Closing the
 *    client comes after that and frees connections only, so it is not waited for longer than a limit.
 */
import type {
  CloseReason,
  EventHubConsumerClient,
  PartitionContext,
  ReceivedEventData,
  Subscription,
} from '@azure/event-hubs';
import { sleep, systemClock, type Clock } from '../../clock';
import { messageOf } from '../../brokers/broker-sdk';
import { reconnectDelayMs } from '../../brokers/reconnect-delay';
import type { Log } from '../../log';
import type { EventHubsSettings } from './settings';

/** How long the client gathers events before it hands over what has come. */
const GATHER_S = 1;
/** How long the client may take to close. Its links may be gone without a word, and it would wait for them for ever. */
const CLOSE_LIMIT_MS = 5_000;

export interface ProcessorOptions {
  /** A new client, and the storage of its checkpoints made ready. */
  readonly open: () => Promise<OpenedHub>;
  readonly settings: EventHubsSettings;
  readonly clock: Clock;
  readonly log: Log;
  readonly functionName: string;
  readonly eventHubName: string;
  /** Runs the function for events of one partition; resolves with how many of them, from the first, are done. */
  readonly process: (
    events: readonly ReceivedEventData[],
    context: PartitionContext,
    goOn: () => boolean,
  ) => Promise<number>;
  /** Milliseconds of the machine's time. Default 5,000. */
  readonly closeLimitMs?: number;
}

export interface OpenedHub {
  readonly client: EventHubConsumerClient;
  /** To be told of each partition that is read from here on. */
  readonly begin: (partitionId: string) => void;
}

/** One reading of a partition, from its beginning until it is lost. */
interface Reading {
  lost: boolean;
  batches: number;
}

export class EventHubsProcessor {
  readonly #options: ProcessorOptions;
  readonly #stopping = new AbortController();
  /** The client has a context of its own for each reading; the end of one may be told after the next one of its partition began. */
  readonly #readings = new WeakMap<PartitionContext, Reading>();
  readonly #latest = new Map<string, Reading>();
  readonly #inHand = new Set<Promise<void>>();
  #starting: Promise<void> = Promise.resolve();
  #client: EventHubConsumerClient | undefined;
  #subscription: Subscription | undefined;
  #lastProblem = '';

  constructor(options: ProcessorOptions) {
    this.#options = options;
  }

  start(): void {
    this.#starting = this.#start();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#starting;
    await Promise.all(this.#inHand);
    const { closeLimitMs = CLOSE_LIMIT_MS, log, eventHubName } = this.#options;
    const late = new AbortController();
    const closed = this.#closeClient().catch((error: unknown) => {
      log.debug(`The client of event hub '${eventHubName}' did not close: ${messageOf(error)}`);
    });
    // The machine's time: an app's virtual clock may stand still while its host stops.
    const limit = sleep(systemClock, closeLimitMs, late.signal).then(() => {
      if (!late.signal.aborted) log.debug(`The client of event hub '${eventHubName}' is still closing; left to it.`);
    });
    await Promise.race([closed, limit]);
    late.abort();
  }

  async #closeClient(): Promise<void> {
    await this.#subscription?.close();
    await this.#client?.close();
  }

  /** Until the storage and the client are there; from then on the client keeps connecting by itself. */
  async #start(): Promise<void> {
    const { open, settings, clock } = this.#options;
    const { signal } = this.#stopping;
    for (let failures = 1; !signal.aborted; failures++) {
      try {
        const { client, begin } = await open();
        this.#client = client;
        this.#subscription = client.subscribe(
          {
            processInitialize: (context) => {
              begin(context.partitionId);
              return this.#initialize(context);
            },
            processEvents: (events, context) => this.#events(events, context),
            processClose: (reason, context) => this.#close(reason, context),
            processError: (error) => this.#complain(error),
          },
          {
            maxBatchSize: settings.maxEventBatchSize,
            maxWaitTimeInSeconds: GATHER_S,
            prefetchCount: settings.prefetchCount,
            startPosition: settings.startPosition,
            skipParsingBodyAsJson: true,
          },
        );
        return;
      } catch (error) {
        await this.#complain(error);
        await sleep(clock, reconnectDelayMs(failures), signal);
      }
    }
  }

  #initialize(context: PartitionContext): Promise<void> {
    const { log, functionName, eventHubName } = this.#options;
    const { partitionId } = context;
    const before = this.#latest.get(partitionId);
    if (before) before.lost = true;
    const reading = { lost: false, batches: 0 };
    this.#readings.set(context, reading);
    this.#latest.set(partitionId, reading);
    log.debug(`'${functionName}' reads partition ${partitionId} of event hub '${eventHubName}'.`);
    return Promise.resolve();
  }

  async #events(events: readonly ReceivedEventData[], context: PartitionContext): Promise<void> {
    if (events.length === 0 || this.#stopping.signal.aborted) return;
    const work = this.#batch(events, context);
    this.#inHand.add(work);
    try {
      await work;
    } finally {
      this.#inHand.delete(work);
    }
  }

  async #batch(events: readonly ReceivedEventData[], context: PartitionContext): Promise<void> {
    const { settings, process, log, functionName, eventHubName } = this.#options;
    if (this.#lastProblem !== '') log.information(`Reading event hub '${eventHubName}' for '${functionName}' again.`);
    this.#lastProblem = '';
    const reading = this.#readings.get(context) ?? { lost: false, batches: 0 };
    const goOn = (): boolean => !reading.lost && !this.#stopping.signal.aborted;
    const done = await process(events, context, goOn);
    reading.batches += 1;
    const last = events[done - 1];
    if (last === undefined || reading.lost) return;
    if (reading.batches % settings.batchCheckpointFrequency !== 0 && !this.#stopping.signal.aborted) return;
    try {
      await context.updateCheckpoint(last);
    } catch (error) {
      log.warning(
        `Partition ${context.partitionId} of event hub '${eventHubName}' was not checkpointed (${messageOf(error)}). Events up to sequence number ${last.sequenceNumber} may run again.`,
      );
    }
  }

  #close(reason: CloseReason, context: PartitionContext): Promise<void> {
    const reading = this.#readings.get(context);
    if (reading && (reason as string) === 'OwnershipLost') reading.lost = true;
    return Promise.resolve();
  }

  #complain(error: unknown): Promise<void> {
    const { log, functionName, eventHubName } = this.#options;
    const problem = messageOf(error);
    // Partitions that move between hosts are no fault.
    if (this.#stopping.signal.aborted || /higher epoch|link:stolen|ReceiverDisconnected/i.test(problem))
      return Promise.resolve();
    if (problem !== this.#lastProblem)
      log.error(
        `Event hub '${eventHubName}' cannot be read for '${functionName}': ${problem}. Trying again; check the connection, the name of the event hub, and AzureWebJobsStorage, which holds its checkpoints.`,
      );
    this.#lastProblem = problem;
    return Promise.resolve();
  }
}
