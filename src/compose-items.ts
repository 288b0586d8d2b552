/** The wiring of "where is my file or order?" (C13); part of composition.ts. */
import { setTimeout as delay } from 'node:timers/promises';
import type { StorageClients } from './adapters/azure-storage/clients';
import { createTableItemStore } from './adapters/azure-storage/item-store';
import { createSqliteItemStore } from './adapters/sqlite/item-store';
import type { Config } from './config/config';
import { tables } from './domain/storage-layout';
import { createItemNotes, noItemNotes } from './intake/item-notes';
import type { ItemStore } from './ports/item-store';
import type { Logger } from './telemetry/logger';

export function composeItems({ items }: Config, clients: StorageClients, logger: Logger) {
  const store = storeOf(items, clients);
  const stopped = new AbortController();
  const sleep = (ms: number): Promise<void> => delay(ms, undefined, { signal: stopped.signal });
  const notes = store ? createItemNotes({ store, sleep, logger }) : noItemNotes;
  return {
    notes,
    /** Undefined: nothing is noted. */
    store,
    async stop(): Promise<void> {
      stopped.abort();
      await notes.stop();
      await store?.close();
    },
  };
}

function storeOf(items: Config['items'], clients: StorageClients): ItemStore | undefined {
  switch (items.kind) {
    case 'none':
      return undefined;
    case 'sqlite':
      return createSqliteItemStore({ file: items.file });
    case 'table':
      return createTableItemStore(clients, tables.items);
  }
}
