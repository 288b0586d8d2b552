/** Carries events from the outbox to their queues, until each queue has accepted them. */
import type { QueueServiceClient } from '@azure/storage-queue';
import { sleep, type Clock } from '../clock';
import type { Log } from '../log';
import { messageOf } from '../storage/azure-sdk';
import { sendMakingQueue } from '../storage/message-pump';
import { PollInterval } from '../storage/poll-interval';
import type { Ledger, OutboxEvent } from './ledger';
import type { EventSubscription } from './subscription';

export interface Destination {
  readonly subscription: EventSubscription;
  readonly queues: () => QueueServiceClient;
}

const BATCH = 64;
const SENDS_AT_ONCE = 8;
const RETRY_FROM_MS = 250;
const RETRY_TO_MS = 5000;

export class Publisher {
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;
  #again = false;
  #outageTold = false;

  constructor(
    private readonly ledger: Ledger,
    private readonly destinations: ReadonlyMap<string, Destination>,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /** Sends what waits. Harmless while it is sending. */
  wake(): void {
    this.#again = true;
    if (this.#stop.signal.aborted) return;
    this.#running ??= this.#drain().finally(() => {
      this.#running = undefined;
      // A wake between the last look and this line found it still running.
      if (this.#again) this.wake();
    });
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #drain(): Promise<void> {
    const interval = new PollInterval(RETRY_FROM_MS, RETRY_TO_MS);
    while (this.#again && !this.#stop.signal.aborted) {
      this.#again = false;
      const events = this.ledger.waiting(BATCH);
      if (events.length === 0) continue;
      this.#again = true;
      const failure = await this.#send(events);
      if (failure === undefined) {
        interval.found();
        if (this.#outageTold) this.log.information('Blob events are delivered again.');
        this.#outageTold = false;
        continue;
      }
      if (!this.#outageTold) this.log.warning(`Blob events cannot be delivered; trying until they can. ${failure}`);
      this.#outageTold = true;
      await sleep(this.clock, interval.nothing(), this.#stop.signal);
    }
  }

  /** The reason why some could not be sent; those stay in the outbox. */
  async #send(events: readonly OutboxEvent[]): Promise<string | undefined> {
    const left = [...events];
    const accepted: number[] = [];
    let failure: string | undefined;
    const worker = async (): Promise<void> => {
      for (let event = left.shift(); event !== undefined; event = left.shift()) {
        try {
          await this.#sendOne(event);
          accepted.push(event.sequence);
        } catch (error) {
          failure = messageOf(error);
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(SENDS_AT_ONCE, events.length) }, worker));
    this.ledger.transaction(() => accepted.forEach((sequence) => this.ledger.delivered(sequence)));
    return failure;
  }

  async #sendOne({ subscription: name, text }: OutboxEvent): Promise<void> {
    const destination = this.destinations.get(name);
    // The subscription was taken out of the file while its event waited.
    if (!destination) return;
    const { queue, timeToLiveSeconds } = destination.subscription;
    // Event Grid writes Base64, which is what receivers with the storage extension's default encoding expect.
    await sendMakingQueue(
      destination.queues().getQueueClient(queue),
      Buffer.from(text).toString('base64'),
      timeToLiveSeconds,
    );
  }
}
