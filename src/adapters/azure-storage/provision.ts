import type { StorageClients } from './clients';
import { statusOf } from './storage-errors';

export interface StorageLayout {
  readonly containers: readonly string[];
  readonly queues: readonly string[];
  readonly tables: readonly string[];
}

/** Makes what is missing; what exists is left as it is. Where infrastructure made everything, it only looks. */
export async function provisionStorage(clients: StorageClients, layout: StorageLayout): Promise<void> {
  await Promise.all([
    ...layout.containers.map((name) => clients.blobs().getContainerClient(name).createIfNotExists()),
    ...layout.queues.map((name) => clients.queues().getQueueClient(name).createIfNotExists()),
    ...layout.tables.map((name) => createTable(clients, name)),
  ]);
}

async function createTable(clients: StorageClients, name: string): Promise<void> {
  try {
    await clients.table(name).createTable();
  } catch (error) {
    if (statusOf(error) !== 409) throw error;
  }
}
