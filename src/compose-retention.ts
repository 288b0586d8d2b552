/** What is kept for a while, and for how long (C12). Orchestrations are added by the function, since only an invocation reaches them. */
import type { StorageClients } from './adapters/azure-storage/clients';
import { retainedRows } from './adapters/azure-storage/retained-rows';
import type { Config } from './config/config';
import type { MediaState } from './domain/media/media-record';
import { tables } from './domain/storage-layout';
import { createRemoveEndedState, type RetainedFor } from './intake/remove-ended-state';
import type { Clock } from './ports/clock';
import type { DeadLetterStore } from './ports/dead-letter-store';
import type { ItemStore } from './ports/item-store';
import type { Retained } from './ports/retention';
import type { Logger } from './telemetry/logger';

const MEDIA_ENDED: readonly MediaState[] = ['processed', 'superseded', 'vanished', 'failed'];

export function composeRetention(
  { retention }: Config,
  ports: {
    readonly clients: StorageClients;
    readonly deadLetters: DeadLetterStore;
    /** Undefined: none. */
    readonly items: ItemStore | undefined;
    readonly clock: Clock;
    readonly logger: Logger;
  },
) {
  const { clients, deadLetters, items } = ports;
  const { inboxDays, mediaDays, deadLetterDays, instanceDays, itemDays } = retention;
  const kinds: readonly RetainedFor[] = [
    { retained: retainedRows(clients, tables.inbox, 'inbox', { ended: isOfUploads }), days: inboxDays },
    {
      retained: retainedRows(clients, tables.media, 'media', { columns: ['record'], ended: isMediaEnded }),
      days: mediaDays,
    },
    { retained: retainedRows(clients, tables.uploads, 'uploads'), days: mediaDays },
    {
      retained: {
        name: 'dead-letters',
        removeEnded: async (before) => ({ removed: await deadLetters.removeClosed(before) }),
      },
      days: deadLetterDays,
    },
    ...(items ? [{ retained: { name: 'items', removeEnded: items.removeBefore.bind(items) }, days: itemDays }] : []),
  ];
  const remove = createRemoveEndedState(ports);
  return (instances: Retained | undefined) =>
    remove([...(instances ? [{ retained: instances, days: instanceDays }] : []), ...kinds]);
}

/** The rows of the share's files, whose partitions begin so, are the share's own to tidy. */
function isOfUploads({ partitionKey }: Readonly<Record<string, unknown>>): boolean {
  return typeof partitionKey === 'string' && !partitionKey.startsWith('g-');
}

function isMediaEnded({ record }: Readonly<Record<string, unknown>>): boolean {
  return typeof record === 'string' && MEDIA_ENDED.includes((JSON.parse(record) as { state: MediaState }).state);
}
