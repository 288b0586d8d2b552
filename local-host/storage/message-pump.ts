/**
 * Takes messages from one Storage queue and has each processed under a lease, as the WebJobs SDK's queue listener does.
 *
 * A message is: received → held (noted on disk) → processed → deleted, given back for another try, or moved to the poison
 * queue → forgotten.
 *
 * Invariants:
 * 1. A message is deleted only after its processing succeeded, or after the poison queue has accepted it.
 * 2. While a lease could not be renewed (storage is down), no message is received: after an outage the held ones are renewed
 *    first, so that this process does not run one of them twice at a time.
 * 3. A receive is never aborted: what the service has handed out under a lease must be seen.
 * 4. A message that is received while it is in work here has only lost its lease, and is held on. One that is received while it
 *    is being given back overtook the service's answer: that is its next delivery, and is processed as such.
 *
 * Unlike the real host, which leases for ten minutes at once, a message is received for ten seconds and then renewed for a
 * minute at a time: that keeps a long invocation safe just as well, and what was handed out to a process that was killed before
 * it could note it comes back soon.
 */
import type { DequeuedMessageItem, QueueClient } from '@azure/storage-queue';
import { sleep, type Clock } from '../clock';
import type { Log } from '../log';
import { messageOf, statusOf } from './azure-sdk';
import { outage } from './outage';
import type { HeldMessages } from './held-messages';
import { HeldLease } from './held-lease';
import { PollInterval } from './poll-interval';

export interface PumpSettings {
  /** 1–32. */
  readonly batchSize: number;
  /** More are fetched while no more than this many are in work. */
  readonly newBatchThreshold: number;
  readonly maxDequeueCount: number;
  /** How long a failed message stays invisible. */
  readonly visibilityTimeoutMs: number;
  readonly maxPollingIntervalMs: number;
}

/** `hopeless`: straight to the poison queue. */
export type Processed = 'done' | 'failed' | 'hopeless';

export interface PumpOptions extends PumpSettings {
  readonly queue: QueueClient;
  /** Made when first needed. Absent for queues that are poison queues themselves: their messages stay until they succeed. */
  readonly poison?: QueueClient;
  /** Name of the connection setting, for the note of held messages. */
  readonly connection: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly held: HeldMessages;
  /** A rejection counts as `failed`. */
  readonly process: (message: DequeuedMessageItem) => Promise<Processed>;
}

export const FIRST_LEASE_MS = 10_000;
export const LEASE_MS = 60_000;
const MIN_POLLING_INTERVAL_MS = 100;
/** Tries after a stop was asked for; before that there is no limit. */
const TRIES_WHEN_STOPPING = 3;

export class MessagePump {
  readonly #leases = new Map<string, HeldLease>();
  readonly #work = new Set<Promise<void>>();
  readonly #interval: PollInterval;
  #stopping = false;
  #wake = new AbortController();
  #run: Promise<void> | undefined;
  #outageTold = false;

  constructor(private readonly options: PumpOptions) {
    this.#interval = new PollInterval(
      MIN_POLLING_INTERVAL_MS,
      Math.max(MIN_POLLING_INTERVAL_MS, options.maxPollingIntervalMs),
    );
  }

  start(): void {
    this.#run ??= this.#loop();
  }

  /** Looks at the queue now instead of after the back-off. */
  wake(): void {
    this.#interval.found();
    this.#wake.abort();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#wake.abort();
    await this.#run;
    while (this.#work.size > 0) await Promise.all(this.#work);
  }

  async #loop(): Promise<void> {
    while (!this.#stopping) {
      if (this.#leases.size > this.options.newBatchThreshold) {
        await Promise.race(this.#work);
        continue;
      }
      if ([...this.#leases.values()].some((lease) => lease.overdue)) {
        await this.#pause(MIN_POLLING_INTERVAL_MS);
        continue;
      }
      const messages = await this.#receive();
      if (messages.length === 0) await this.#pause(this.#interval.nothing());
      else this.#interval.found();
      this.#take(messages);
    }
  }

  async #pause(ms: number): Promise<void> {
    // A wake that came while a receive was under way counts: what it told of may have come after that receive.
    if (!this.#stopping) await sleep(this.options.clock, ms, this.#wake.signal);
    if (this.#wake.signal.aborted) this.#wake = new AbortController();
  }

  async #receive(): Promise<DequeuedMessageItem[]> {
    const { queue, batchSize, log } = this.options;
    try {
      const { receivedMessageItems } = await queue.receiveMessages({
        numberOfMessages: batchSize,
        visibilityTimeout: FIRST_LEASE_MS / 1000,
      });
      if (this.#outageTold) log.information(`Queue '${queue.name}' answers again.`);
      this.#outageTold = false;
      return receivedMessageItems;
    } catch (error) {
      // A queue that does not exist is an empty queue: it may be made any time.
      if (statusOf(error) !== 404 && !this.#outageTold) {
        log.warning(
          `Queue '${queue.name}' cannot be read; trying until it can. ${outage(error, this.options.connection)}`,
        );
        this.#outageTold = true;
      }
      return [];
    }
  }

  #take(messages: readonly DequeuedMessageItem[]): void {
    const { held, connection, queue } = this.options;
    held.hold(
      messages.map(({ messageId, popReceipt }) => ({ connection, queue: queue.name, id: messageId, popReceipt })),
    );
    for (const message of messages) {
      const mine = this.#leases.get(message.messageId);
      if (mine?.givingBack === true) {
        mine.nextDelivery = message;
        continue;
      }
      if (mine) {
        // Its lease ran out while it is in work here; with the new receipt it is held again.
        mine.receivedAgain(message.popReceipt);
        continue;
      }
      const lease = new HeldLease(message, { firstMs: FIRST_LEASE_MS, laterMs: LEASE_MS }, this.options);
      this.#leases.set(message.messageId, lease);
      const work = this.#handle(message, lease).finally(() => {
        this.#leases.delete(message.messageId);
        this.#work.delete(work);
        if (lease.nextDelivery) this.#take([lease.nextDelivery]);
      });
      this.#work.add(work);
    }
  }

  async #handle(message: DequeuedMessageItem, lease: HeldLease): Promise<void> {
    const { process, maxDequeueCount, visibilityTimeoutMs, poison, log, queue, held, connection } = this.options;
    let result: Processed;
    try {
      result = await process(message);
    } catch (error) {
      log.error(`Processing a message of queue '${queue.name}' failed: ${messageOf(error)}`);
      result = 'failed';
    }
    const giveUp =
      poison !== undefined &&
      (result === 'hopeless' || (result === 'failed' && message.dequeueCount >= maxDequeueCount));
    let settled: boolean;
    if (result === 'done') settled = await this.#insist(() => lease.delete());
    else if (giveUp) settled = await this.#insist(() => this.#poison(message, lease, poison, result));
    else settled = await this.#insist(() => lease.giveBack(visibilityTimeoutMs));
    lease.end();
    if (settled) held.forget({ connection, queue: queue.name, id: message.messageId });
    if (settled && result !== 'done' && !giveUp && visibilityTimeoutMs === 0) this.wake();
  }

  async #poison(message: DequeuedMessageItem, lease: HeldLease, poison: QueueClient, why: Processed): Promise<void> {
    const { log, maxDequeueCount } = this.options;
    if (!lease.poisoned) {
      log.warning(
        why === 'hopeless'
          ? `Message ${message.messageId} is not in the encoding that host.json asks for. Moving message to queue '${poison.name}'.`
          : `Message has reached MaxDequeueCount of ${maxDequeueCount}. Moving message to queue '${poison.name}'.`,
      );
      await sendMakingQueue(poison, message.messageText);
      lease.poisoned = true;
    }
    await lease.delete();
  }

  /** Until it works: losing the outcome of a finished invocation would run it again. */
  async #insist(action: () => Promise<void>): Promise<boolean> {
    const interval = new PollInterval(MIN_POLLING_INTERVAL_MS, 2000);
    for (let tries = 0; ;) {
      try {
        await action();
        return true;
      } catch {
        if (this.#stopping && ++tries >= TRIES_WHEN_STOPPING) return false;
        await sleep(this.options.clock, interval.nothing());
      }
    }
  }
}

/** Sends a text as it is; the queue is made when it does not exist. */
export async function sendMakingQueue(queue: QueueClient, text: string, timeToLiveSeconds?: number): Promise<void> {
  const options = timeToLiveSeconds === undefined ? {} : { messageTimeToLive: timeToLiveSeconds };
  try {
    await queue.sendMessage(text, options);
  } catch (error) {
    if (statusOf(error) !== 404) throw error;
    await queue.createIfNotExists();
    await queue.sendMessage(text, options);
  }
}
