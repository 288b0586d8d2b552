/** Carries messages from the outbox to their queues, until each queue has accepted them. */
import { sleep, type Clock } from '../../clock';
import type { Log } from '../../log';
import { messageOf } from '../azure-sdk';
import { sendMakingQueue } from '../message-pump';
import { PollInterval } from '../poll-interval';
import type { Ledger, OutboxMessage } from './ledger';
import type { Watcher } from './watcher';

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
    private readonly watchers: ReadonlyMap<string, Watcher>,
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
      const { sent, failure } = await this.#sendSome();
      if (sent === 0 && failure === undefined) continue;
      this.#again = true;
      if (failure === undefined) {
        interval.found();
        if (this.#outageTold) this.log.information('New blobs are announced again.');
        this.#outageTold = false;
        continue;
      }
      if (!this.#outageTold) this.log.warning(`New blobs cannot be announced; trying until they can. ${failure}`);
      this.#outageTold = true;
      await sleep(this.clock, interval.nothing(), this.#stop.signal);
    }
  }

  /** `failure`: why some could not be sent; those stay in the outbox. */
  async #sendSome(): Promise<{ sent: number; failure?: string | undefined }> {
    try {
      // Some of each watcher's, so that a queue that refuses its messages holds up no other.
      const messages = [...this.watchers.keys()].flatMap((name) => this.ledger.waiting(name, BATCH));
      return { sent: messages.length, failure: await this.#send(messages) };
    } catch (error) {
      // The ledger's disk; what was sent and could not be noted is sent again.
      return { sent: 0, failure: messageOf(error) };
    }
  }

  async #send(messages: readonly OutboxMessage[]): Promise<string | undefined> {
    const left = [...messages];
    let failure: string | undefined;
    const worker = async (): Promise<void> => {
      for (let message = left.shift(); message !== undefined; message = left.shift()) {
        try {
          await this.#sendOne(message);
          // At once, so that a crash repeats no more than what is under way.
          this.ledger.delivered(message.sequence);
        } catch (error) {
          failure = messageOf(error);
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(SENDS_AT_ONCE, messages.length) }, worker));
    return failure;
  }

  async #sendOne({ watcher: name, text }: OutboxMessage): Promise<void> {
    const watcher = this.watchers.get(name);
    if (watcher) await sendMakingQueue(watcher.queue(), text, watcher.timeToLiveSeconds);
  }
}
