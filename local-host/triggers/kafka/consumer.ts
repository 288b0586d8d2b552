/**
 * A member of a consumer group that runs a function for the events of one topic.
 *
 * A session lasts from joining the group until the client gives up; then the next one is begun.
 *
 * Invariants:
 * 1. The offset of an event is committed only after its run ended, and those of a partition in order.
 * 2. A partition is given up only after the run in hand has ended and its offset was committed: while a rebalance waits, no
 *    event is begun, heartbeats go on, and the member joins again when the last run is over. The group waits for
 *    `maxPollIntervalMs`.
 * 3. Heartbeats do not depend on how long a function runs.
 * 4. A new session begins after the runs of the last one are over.
 */
import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import { sleep, type Clock } from '../../clock';
import { messageOf } from '../../brokers/broker-sdk';
import { reconnectDelayMs } from '../../brokers/reconnect-delay';
import type { Log } from '../../log';
import type { Dispatcher } from './dispatcher';
import type { KafkaEvent } from './event-data';
import { OffsetKeeper, type Offset } from './offset-keeper';
import type { KafkaTriggerSettings } from './settings';

const PARTITIONS_AT_ONCE = 64;
/** As librdkafka's. */
const FETCH_WAIT_MS = 500;
const LONGEST_PULSE_MS = 3000;
const STOPPED = 'stopped';
/** Answers to a heartbeat that mean: these partitions are held no longer. */
const GIVING_UP = new Set([
  'REBALANCE_IN_PROGRESS',
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
  'NOT_COORDINATOR_FOR_GROUP',
]);

export interface KafkaConsumerOptions {
  readonly kafka: Kafka;
  /** An error of the client as a cause and a remedy. */
  readonly explain: (error: unknown) => string;
  readonly topic: string;
  readonly groupId: string;
  readonly settings: KafkaTriggerSettings;
  readonly clock: Clock;
  readonly log: Log;
  readonly functionName: string;
  readonly dispatcher: Dispatcher;
}

export class KafkaGroupMember {
  readonly #options: KafkaConsumerOptions;
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #lastProblem = '';

  constructor(options: KafkaConsumerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, log, topic, functionName } = this.#options;
    const { signal } = this.#stopping;
    let failures = 0;
    while (!signal.aborted) {
      const session = new Session(this.#options, signal, () => {
        if (this.#lastProblem !== '') log.information(`Consuming topic '${topic}' for '${functionName}' again.`);
        this.#lastProblem = '';
        failures = 0;
      });
      const reason = await session.run();
      if (reason !== STOPPED && reason !== this.#lastProblem)
        log.error(`Kafka cannot be consumed for '${functionName}' (topic '${topic}'): ${reason} Trying again.`);
      this.#lastProblem = reason;
      failures += 1;
      // Over at once when the member stops.
      await sleep(clock, reconnectDelayMs(failures), signal);
    }
  }
}

class Session {
  readonly #options: KafkaConsumerOptions;
  readonly #signal: AbortSignal;
  readonly #onJoined: () => void;
  readonly #consumer: Consumer;
  readonly #offsets: OffsetKeeper;
  readonly #inHand = new Set<Promise<void>>();
  /** Why the partitions are about to be given up; undefined while they are held. */
  #leaving: Error | undefined;

  constructor(options: KafkaConsumerOptions, signal: AbortSignal, onJoined: () => void) {
    const { kafka, groupId, settings, clock, topic, log, functionName } = options;
    this.#options = options;
    this.#signal = signal;
    this.#onJoined = onJoined;
    this.#consumer = kafka.consumer({
      groupId,
      allowAutoTopicCreation: false,
      sessionTimeout: settings.sessionTimeoutMs,
      rebalanceTimeout: settings.maxPollIntervalMs,
      heartbeatInterval: this.#pulseMs(),
      maxWaitTimeInMs: FETCH_WAIT_MS,
      ...(settings.maxPartitionFetchBytes === undefined
        ? {}
        : { maxBytesPerPartition: settings.maxPartitionFetchBytes }),
      ...(settings.fetchMaxBytes === undefined ? {} : { maxBytes: settings.fetchMaxBytes }),
    });
    this.#offsets = new OffsetKeeper({
      clock,
      intervalMs: settings.autoCommitIntervalMs,
      commit: (offsets) =>
        this.#consumer.commitOffsets(
          offsets.map(({ partition, next }) => ({ topic, partition, offset: next.toString() })),
        ),
      onRefused: (error, offsets) =>
        log.warning(
          `Offsets of topic '${topic}' for '${functionName}' were not committed (${messageOf(error)}): ${listOf(offsets)}. The events before them may run again.`,
        ),
    });
  }

  /** Resolves with the reason when it is over, and nothing of it runs any more. Never rejects. */
  async run(): Promise<string> {
    const signal = this.#signal;
    const crashed = new Promise<string>((resolve) => {
      this.#consumer.on(this.#consumer.events.CRASH, ({ payload }) => resolve(this.#options.explain(payload.error)));
    });
    const stopped = new Promise<string>((resolve) => {
      if (signal.aborted) resolve(STOPPED);
      else signal.addEventListener('abort', () => resolve(STOPPED), { once: true });
    });
    this.#consumer.on(this.#consumer.events.GROUP_JOIN, ({ payload }) => this.#joined(payload.memberAssignment));
    // Joining a group may take as long as its other members like.
    const failed = this.#join().then(
      () => crashed,
      (error: unknown) => this.#options.explain(error),
    );
    const reason = await Promise.race([failed, crashed, stopped]);
    await Promise.all(this.#inHand);
    await this.#offsets.flush();
    await this.#consumer.disconnect().catch(() => undefined);
    return reason;
  }

  async #join(): Promise<void> {
    const { topic, settings } = this.#options;
    await this.#consumer.connect();
    await this.#consumer.subscribe({ topics: [topic], fromBeginning: settings.fromBeginning });
    await this.#consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: PARTITIONS_AT_ONCE,
      eachBatch: (payload) => this.#eachBatch(payload),
    });
  }

  /** Whether an event may be begun, or a failed run repeated. */
  #goesOn(): boolean {
    return !this.#signal.aborted && this.#leaving === undefined;
  }

  #joined(assignment: Readonly<Record<string, readonly number[]>>): void {
    const { log, topic, functionName } = this.#options;
    this.#leaving = undefined;
    this.#onJoined();
    log.debug(`'${functionName}' reads partitions [${(assignment[topic] ?? []).join(', ')}] of topic '${topic}'.`);
  }

  async #eachBatch(payload: EachBatchPayload): Promise<void> {
    const { batch } = payload;
    const { topic, partition } = batch;
    const events = batch.messages.map((message): KafkaEvent => ({ topic, partition, message }));
    const done = ({ message }: KafkaEvent): void => {
      payload.resolveOffset(message.offset);
      this.#offsets.store(partition, BigInt(message.offset) + 1n);
    };
    const stopPulse = this.#pulse(() => payload.heartbeat());
    const work = this.#options.dispatcher.process(events, done, () => this.#goesOn());
    this.#inHand.add(work);
    try {
      await work;
    } finally {
      stopPulse();
      this.#inHand.delete(work);
    }
    if (this.#leaving === undefined || this.#inHand.size > 0) return;
    await this.#offsets.flush();
    // Makes the client join again.
    throw this.#leaving;
  }

  /** Tells the group that this member lives, by the machine's own time. Hears that the group wants to rebalance. */
  #pulse(heartbeat: () => Promise<void>): () => void {
    const timer = setInterval(() => {
      heartbeat().catch((error: unknown) => {
        // A lost connection shows elsewhere, and the next heartbeat may pass.
        if (error instanceof Error && GIVING_UP.has(String((error as { type?: unknown }).type)))
          this.#leaving ??= error;
      });
    }, this.#pulseMs());
    return () => clearInterval(timer);
  }

  #pulseMs(): number {
    return Math.min(LONGEST_PULSE_MS, Math.floor(this.#options.settings.sessionTimeoutMs / 5));
  }
}

function listOf(offsets: readonly Offset[]): string {
  return offsets.map(({ partition, next }) => `${partition} / ${next}`).join(', ');
}
