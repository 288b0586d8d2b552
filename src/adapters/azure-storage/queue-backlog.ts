import type { Backlog } from '../../ports/backlog';
import type { StorageClients } from './clients';

/** Messages of a storage queue, those under way included: the service counts approximately. */
export function createQueueBacklog(clients: StorageClients, queue: string): Backlog {
  return async () => ({
    waiting: (await clients.queues().getQueueClient(queue).getProperties()).approximateMessagesCount ?? 0,
  });
}
