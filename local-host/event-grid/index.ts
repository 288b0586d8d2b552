/**
 * Blob-created events of the embedded storage as queue messages: the part of Event Grid that a system topic with
 * subscriptions to Storage queues plays in Azure. See `subscription.ts` for the file that configures it.
 */
import { readFile } from 'node:fs/promises';
import { HostStartError, type HostContext, type HostExtension } from '../plugin';
import { messageOf } from '../storage/azure-sdk';
import { watchBlobs } from '../storage/blob-watch';
import type { Watcher } from '../storage/blob-watch/watcher';
import { storageConnection, type StorageConnection } from '../storage/connection';
import { blobCreatedEvent } from './blob-created';
import { matches, parseSubscriptions, type EventSubscription } from './subscription';

/** Event Grid delivers within a second or so; without an access log only listing that often comes near it. */
const POLL_MS = 1000;

/**
 * The extension for the subscriptions in `configFile`. It works on the first instance only, and in the background: neither
 * the host's start nor its running depends on the storage being there.
 */
export function createEventGridExtension(configFile: string): HostExtension {
  let stop: (() => Promise<void>) | undefined;
  return {
    triggers: [],
    bindings: [],
    async start(_functions, context) {
      if (context.instanceNumber !== 1) return;
      const subscriptions = await readSubscriptions(configFile, context);
      const watchers = subscriptions.map((subscription) => {
        const connection = storageConnection(context.settings, subscription.connection);
        return { connection, watcher: watcherOf(subscription, connection) };
      });
      if (watchers.length > 0) stop = watchBlobs({ watchers, ledgerName: 'event-grid.db', pollMs: POLL_MS }, context);
    },
    async stop() {
      await stop?.();
      stop = undefined;
    },
  };
}

async function readSubscriptions(file: string, context: HostContext): Promise<EventSubscription[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new HostStartError(`Event subscriptions in ${file}: ${messageOf(error)}`);
  }
  return parseSubscriptions(text, file, context.settings);
}

function watcherOf(subscription: EventSubscription, connection: StorageConnection): Watcher {
  return {
    name: subscription.name,
    container: subscription.container,
    // As in Azure, where a subscription tells of what happens after it was made.
    wantsOld: false,
    matches: (blob) => matches(subscription, blob),
    // Event Grid writes Base64, which is what receivers with the storage extension's default encoding expect.
    message: (news) => Buffer.from(blobCreatedEvent(news, subscription)).toString('base64'),
    queue: () => connection.queues().getQueueClient(subscription.queue),
    timeToLiveSeconds: subscription.timeToLiveSeconds,
  };
}
