/**
 * Tells watchers of new blob versions, by messages to queues: nothing is lost over crashes and outages, and normally each
 * version is told once. Event subscriptions and blob triggers both stand on it.
 */
import { join } from 'node:path';
import { systemClock, type Clock } from '../../clock';
import { HostStartError, type HostContext } from '../../plugin';
import { messageOf } from '../azure-sdk';
import type { StorageConnection } from '../connection';
import { accessLogOf } from '../storage-activity';
import { AccountWatch } from './account-watch';
import { Detector } from './detector';
import { Ledger } from './ledger';
import { Publisher } from './publisher';
import type { Watcher } from './watcher';

export interface BlobWatchOptions {
  readonly watchers: readonly { readonly connection: StorageConnection; readonly watcher: Watcher }[];
  /** Name of the ledger's file in the host's state folder. One watch at a time may use it. */
  readonly ledgerName: string;
  /** Least milliseconds between two listings while there is no access log to follow. */
  readonly pollMs: number;
}

/**
 * Works in the background, whether or not the storage is there. Returns what ends it.
 * @throws HostStartError when the ledger cannot be read.
 */
export function watchBlobs(options: BlobWatchOptions, context: HostContext): () => Promise<void> {
  const { log, stateDir } = context;
  const clock = systemClock;
  const ledger = openLedger(join(stateDir, options.ledgerName), clock);
  const publisher = new Publisher(
    ledger,
    new Map(options.watchers.map(({ watcher }) => [watcher.name, watcher])),
    clock,
    log,
  );
  const watches = [...grouped(options.watchers, ({ connection }) => connection)].map(([connection, group]) => {
    const blobs = connection.blobs();
    const watched = group.map(({ watcher }) => {
      const startedAt = ledger.startedAt(watcher.name, `${blobs.accountName}/${watcher.container}`);
      return { watcher, since: watcher.wantsOld ? 0 : startedAt };
    });
    const byContainer = grouped(group, ({ watcher }) => watcher.container);
    return new AccountWatch({
      ...{ blobs, ledger, clock, log, pollMs: options.pollMs },
      detector: new Detector(blobs, ledger, watched, () => publisher.wake()),
      containers: new Map([...byContainer].map(([name, those]) => [name, those.map(({ watcher }) => watcher.name)])),
      findAccessLog: () => accessLogOf(stateDir, blobs.url),
    });
  });
  // What a crash left in the outbox.
  publisher.wake();
  for (const one of watches) one.start();
  return async () => {
    await Promise.all(watches.map((one) => one.stop()));
    await publisher.stop();
    ledger.close();
  };
}

function openLedger(file: string, clock: Clock): Ledger {
  try {
    return new Ledger(file, () => clock.now());
  } catch (error) {
    throw new HostStartError(
      `The record of blobs in ${file} cannot be read: ${messageOf(error)}. Delete the file to start over, which may announce blobs again.`,
    );
  }
}

function grouped<K, V>(values: readonly V[], keyOf: (value: V) => K): Map<K, V[]> {
  const groups = new Map<K, V[]>();
  for (const value of values) groups.set(keyOf(value), [...(groups.get(keyOf(value)) ?? []), value]);
  return groups;
}
