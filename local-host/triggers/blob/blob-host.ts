/**
 * What the blob triggers of one host share: the watch for new versions (on the first instance), and the host's own queue
 * `azure-webjobs-blobtrigger-<hostId>` that carries them to whichever instance has time (on all).
 */
import type { DequeuedMessageItem, QueueClient } from '@azure/storage-queue';
import { sleep, systemClock } from '../../clock';
import type { HostContext } from '../../plugin';
import { messageOf } from '../../storage/azure-sdk';
import { storageConnection, type StorageConnection } from '../../storage/connection';
import { watchBlobs } from '../../storage/blob-watch';
import type { Watcher } from '../../storage/blob-watch/watcher';
import { heldMessages } from '../../storage/held-by-host';
import { MessagePump, type Processed } from '../../storage/message-pump';
import { perHost } from '../../storage/per-host';
import { decodeMessage, encodeMessage, strictUtf8 } from '../../storage/queue-encoding';
import { storageActivity } from '../../storage/storage-activity';
import { blobMessageText, parseBlobMessage, type BlobMessage } from './blob-message';
import type { PathPattern } from './path-pattern';
import { blobSettings } from './settings';

export interface BlobFunction {
  readonly name: string;
  readonly pattern: PathPattern;
  readonly connection: StorageConnection;
  /** False for functions with `source: 'EventGrid'`, which hear of no blob from before their first start. */
  readonly wantsOld: boolean;
  readonly process: (message: BlobMessage, item: DequeuedMessageItem) => Promise<Processed>;
}

const POISON_QUEUE = 'webjobs-blobtrigger-poison';
/** The real host's time between two scans. */
const POLL_MS = 10_000;
/** How long a message waits for its function to start, before it is taken for one that is gone. */
const UNKNOWN_FUNCTION_MS = 30_000;

class BlobHost {
  readonly #functions = new Map<string, BlobFunction>();
  readonly #held;
  readonly #activity;
  readonly #pump: MessagePump;
  readonly #queue: QueueClient;
  readonly #unlisten: () => void;
  #unwatch: (() => Promise<void>) | undefined;
  #changing: Promise<void> = Promise.resolve();
  readonly #closing = new AbortController();

  constructor(private readonly context: HostContext) {
    const connection = storageConnection(context.settings);
    const queues = connection.queues();
    this.#queue = queues.getQueueClient(`azure-webjobs-blobtrigger-${context.settings.hostId}`);
    this.#held = heldMessages(context);
    this.#activity = storageActivity(context);
    this.#pump = new MessagePump({
      ...blobSettings(context.settings),
      queue: this.#queue,
      poison: queues.getQueueClient(POISON_QUEUE),
      connection: connection.name,
      clock: systemClock,
      log: context.log,
      held: this.#held.value.held,
      process: (item) => this.#process(item),
    });
    this.#unlisten = this.#activity.value.listen(queues.url, (event) => {
      if (event.kind === 'messageSent' && event.queue === this.#queue.name) this.#pump.wake();
    });
    void this.#held.value.givingBack.then(() => this.#pump.wake());
    this.#pump.start();
  }

  add(fn: BlobFunction): void {
    this.#functions.set(functionId(fn.name), fn);
    this.#watchAnew();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#unlisten();
    await this.#changing;
    await Promise.all([this.#unwatch?.(), this.#pump.stop()]);
    await Promise.all([this.#held.release(), this.#activity.release()]);
  }

  /** Functions start one after another, in one go: they are waited for, so that there is one watch for all. */
  #watchAnew(): void {
    if (this.context.instanceNumber !== 1) return;
    const count = this.#functions.size;
    this.#changing = this.#changing.then(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#closing.signal.aborted || this.#functions.size !== count) return;
      await this.#unwatch?.();
      this.#unwatch = undefined;
      const watchers = [...this.#functions.values()].map((fn) => ({
        connection: fn.connection,
        watcher: this.#watcherOf(fn),
      }));
      const ledgerName = `blob-trigger.${this.context.settings.hostId}.db`;
      try {
        this.#unwatch = watchBlobs({ watchers, ledgerName, pollMs: POLL_MS }, this.context);
      } catch (error) {
        this.context.log.error(`Blob triggers do not run. ${messageOf(error)}`);
      }
    });
  }

  #watcherOf({ name, pattern, wantsOld }: BlobFunction): Watcher {
    return {
      name,
      container: pattern.container,
      wantsOld,
      matches: (blob) => pattern.match(blob) !== undefined,
      message: ({ version }) =>
        encodeMessage(blobMessageText({ functionId: functionId(name), ...version }, version.blobType), 'base64'),
      queue: () => this.#queue,
    };
  }

  async #process(item: DequeuedMessageItem): Promise<Processed> {
    const bytes = decodeMessage(item.messageText, 'base64');
    const message = parseBlobMessage((bytes && strictUtf8(bytes)) ?? '');
    const { log } = this.context;
    if (!message) {
      log.warning(`Invalid message in blob trigger queue ${this.#queue.name}, messageId=${item.messageId}`);
      return 'done';
    }
    if (!this.#functions.has(message.functionId)) await sleep(systemClock, UNKNOWN_FUNCTION_MS, this.#closing.signal);
    const fn = this.#functions.get(message.functionId);
    if (fn) return fn.process(message, item);
    if (this.#closing.signal.aborted) return 'failed';
    log.warning(
      `Blob '${message.container}/${message.blob}' was for '${message.functionId}', which this app no longer has. Dropped.`,
    );
    return 'done';
  }
}

export const blobHost = perHost(
  (context) => new BlobHost(context),
  (host) => host.close(),
);

function functionId(name: string): string {
  return `Host.Functions.${name}`;
}
