/**
 * Blob-created events of the embedded storage as queue messages: the part of Event Grid that a system topic with
 * subscriptions to Storage queues plays in Azure. See `subscription.ts` for the file that configures it.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HostStartError, type HostContext, type HostExtension } from '../plugin';
import { messageOf } from '../storage/azure-sdk';
import { storageConnection } from '../storage/connection';
import { accessLogOf } from '../storage/storage-activity';
import { AccountWatch } from './account-watch';
import { Detector } from './detector';
import { Ledger } from './ledger';
import { Publisher, type Destination } from './publisher';
import { parseSubscriptions, type EventSubscription } from './subscription';

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
      if (subscriptions.length > 0) stop = watch(subscriptions, context);
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

function watch(subscriptions: readonly EventSubscription[], context: HostContext): () => Promise<void> {
  const { clock, log, settings, stateDir } = context;
  const ledger = new Ledger(join(stateDir, 'event-grid.db'), () => clock.now());
  const destinations = new Map<string, Destination>();
  const watches: AccountWatch[] = [];
  const publisher = new Publisher(ledger, destinations, clock, log);
  for (const [connectionName, group] of grouped(subscriptions, ({ connection }) => connection)) {
    const connection = storageConnection(settings, connectionName);
    const blobs = connection.blobs();
    const watched = group.map((subscription) => {
      destinations.set(subscription.name, { subscription, queues: () => connection.queues() });
      const source = `${blobs.accountName}/${subscription.container}`;
      return { subscription, since: ledger.subscribedAt(subscription.name, source) };
    });
    const byContainer = grouped(group, ({ container }) => container);
    watches.push(
      new AccountWatch({
        blobs,
        detector: new Detector(blobs, ledger, watched, () => publisher.wake()),
        ledger,
        containers: new Map([...byContainer].map(([container, those]) => [container, those.map(({ name }) => name)])),
        clock,
        log,
        findAccessLog: () => accessLogOf(stateDir, blobs.url),
      }),
    );
  }
  // What a crash left in the outbox.
  publisher.wake();
  for (const one of watches) one.start();
  return async () => {
    await Promise.all(watches.map((one) => one.stop()));
    await publisher.stop();
    ledger.close();
  };
}

function grouped<K, V>(values: readonly V[], keyOf: (value: V) => K): Map<K, V[]> {
  const groups = new Map<K, V[]>();
  for (const value of values) groups.set(keyOf(value), [...(groups.get(keyOf(value)) ?? []), value]);
  return groups;
}
