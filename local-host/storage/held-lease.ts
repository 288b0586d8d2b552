import type { DequeuedMessageItem, QueueClient } from '@azure/storage-queue';
import type { Clock } from '../clock';
import { codeOf, statusOf } from './azure-sdk';
import type { HeldMessages } from './held-messages';

export interface LeaseOptions {
  readonly queue: QueueClient;
  readonly connection: string;
  readonly clock: Clock;
  readonly held: HeldMessages;
}

const RETRY_MS = 1000;

/**
 * The lease on one message, renewed at half its life until `end`. Calls to the service are made one after another, since
 * each update gives a new pop receipt and makes the old one worthless.
 */
export class HeldLease {
  /** Set once the poison queue has its copy, so that a failing delete does not send a second one. */
  poisoned = false;
  /** Came while this one was being given back. */
  nextDelivery: DequeuedMessageItem | undefined;
  #givingBack = false;
  #popReceipt: string;
  #overdue = false;
  #ended = false;
  #cancel: () => void;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly message: DequeuedMessageItem,
    private readonly lease: { readonly firstMs: number; readonly laterMs: number },
    private readonly options: LeaseOptions,
  ) {
    this.#popReceipt = message.popReceipt;
    this.#cancel = options.clock.after(lease.firstMs / 2, () => this.#renew());
  }

  /** A renewal failed and has not succeeded since. */
  get overdue(): boolean {
    return this.#overdue;
  }

  /** From here on another delivery of the message may come at any time. */
  get givingBack(): boolean {
    return this.#givingBack;
  }

  receivedAgain(popReceipt: string): void {
    this.#popReceipt = popReceipt;
    this.#overdue = false;
  }

  delete(): Promise<void> {
    return this.#inTurn(async () => {
      await this.options.queue.deleteMessage(this.message.messageId, this.#popReceipt);
    });
  }

  giveBack(visibilityTimeoutMs: number): Promise<void> {
    this.#givingBack = true;
    return this.#inTurn(() => this.#setVisibility(visibilityTimeoutMs));
  }

  end(): void {
    this.#ended = true;
    this.#cancel();
  }

  #renew(): void {
    void this.#inTurn(() => this.#setVisibility(this.lease.laterMs)).then(
      () => this.#renewAfter(this.lease.laterMs / 2, false),
      () => this.#renewAfter(RETRY_MS, true),
    );
  }

  #renewAfter(ms: number, overdue: boolean): void {
    this.#overdue = overdue;
    if (!this.#ended) this.#cancel = this.options.clock.after(ms, () => this.#renew());
  }

  async #setVisibility(ms: number): Promise<void> {
    const { queue, held, connection } = this.options;
    if (this.#ended) return;
    const { popReceipt } = await queue.updateMessage(
      this.message.messageId,
      this.#popReceipt,
      undefined,
      Math.ceil(ms / 1000),
    );
    if (popReceipt === undefined) return;
    this.#popReceipt = popReceipt;
    held.hold([{ connection, queue: queue.name, id: this.message.messageId, popReceipt }]);
  }

  /** A message that is gone, or was received by another process, is no longer ours to settle: that is no error. */
  #inTurn(action: () => Promise<void>): Promise<void> {
    const mine = this.#turn.then(action).catch((error: unknown) => {
      if (statusOf(error) !== 404 && codeOf(error) !== 'PopReceiptMismatch') throw error;
    });
    this.#turn = mine.catch(() => undefined);
    return mine;
  }
}
