import type { DequeuedMessageItem, QueueClient } from '@azure/storage-queue';
import type { Clock } from '../../../../local-host/clock';

interface Stored {
  readonly id: string;
  readonly text: string;
  readonly inserted: number;
  visibleAt: number;
  dequeueCount: number;
  receipt: string;
}

/** What the service answers when a call fails. */
export class StorageFailure extends Error {
  constructor(
    readonly statusCode: number | undefined,
    readonly code: string,
  ) {
    super(code);
  }
}

/** A Storage queue in memory, with leases and pop receipts as the service keeps them, and faults to order. */
export class MemoryQueue {
  readonly #messages: Stored[] = [];
  #next = 1;
  /** While set, every call fails with it. */
  failure: StorageFailure | undefined;
  /** Runs after the service has done what it was asked, and before its answer arrives. */
  beforeAnswer: (call: string) => Promise<void> | void = () => undefined;
  /** Calls made, by name. */
  readonly calls: string[] = [];

  constructor(
    readonly name: string,
    private readonly clock: Clock,
    public exists = true,
  ) {}

  client(): QueueClient {
    const client = {
      name: this.name,
      receiveMessages: (options: { numberOfMessages: number; visibilityTimeout: number }) =>
        this.#call('receive', () => ({
          receivedMessageItems: this.#receive(options.numberOfMessages, options.visibilityTimeout),
        })),
      deleteMessage: (id: string, receipt: string) =>
        this.#call('delete', () => void this.#messages.splice(this.#messages.indexOf(this.#held(id, receipt)), 1)),
      updateMessage: (id: string, receipt: string, _text: undefined, seconds: number) =>
        this.#call('update', () => {
          const message = this.#held(id, receipt);
          message.visibleAt = this.clock.now() + seconds * 1000;
          message.receipt = this.#receipt();
          return { popReceipt: message.receipt };
        }),
      sendMessage: (text: string) => this.#call('send', () => this.put(text)),
      createIfNotExists: () => {
        this.exists = true;
        return Promise.resolve();
      },
    };
    return client as unknown as QueueClient;
  }

  put(text: string): string {
    const id = `m${this.#next++}`;
    this.#messages.push({ id, text, inserted: this.clock.now(), visibleAt: 0, dequeueCount: 0, receipt: '' });
    return id;
  }

  texts(): string[] {
    return this.#messages.map(({ text }) => text);
  }

  /** Milliseconds until a message can be received. */
  hiddenFor(id: string): number | undefined {
    const message = this.#messages.find((one) => one.id === id);
    return message && Math.max(0, message.visibleAt - this.clock.now());
  }

  #receive(most: number, seconds: number): DequeuedMessageItem[] {
    const visible = this.#messages.filter(({ visibleAt }) => visibleAt <= this.clock.now()).slice(0, most);
    return visible.map((message) => {
      message.visibleAt = this.clock.now() + seconds * 1000;
      message.dequeueCount += 1;
      message.receipt = this.#receipt();
      const inserted = new Date(message.inserted);
      return {
        ...{ messageId: message.id, popReceipt: message.receipt, messageText: message.text },
        ...{ dequeueCount: message.dequeueCount, insertedOn: inserted, expiresOn: inserted },
        nextVisibleOn: new Date(message.visibleAt),
      };
    });
  }

  #held(id: string, receipt: string): Stored {
    const message = this.#messages.find((one) => one.id === id);
    if (!message) throw new StorageFailure(404, 'MessageNotFound');
    if (message.receipt !== receipt) throw new StorageFailure(400, 'PopReceiptMismatch');
    return message;
  }

  #receipt(): string {
    return `r${this.#next++}`;
  }

  async #call<T>(name: string, action: () => T): Promise<T> {
    this.calls.push(name);
    await Promise.resolve();
    if (this.failure) throw this.failure;
    if (!this.exists) throw new StorageFailure(404, 'QueueNotFound');
    const answer = action();
    await this.beforeAnswer(name);
    return answer;
  }
}
