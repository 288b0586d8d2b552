import type { DirectUpload } from '../../domain/media/direct-upload';
import type { DirectUploads } from '../../ports/direct-uploads';
import type { StorageClients } from './clients';
import { statusOf } from './storage-errors';

interface Row {
  readonly announcedAt: string;
  readonly record: string;
}

/** {@link DirectUploads} in table storage, a partition per file. */
export function createDirectUploads(clients: StorageClients, tableName: string): DirectUploads {
  const table = () => clients.table(tableName);
  return {
    async put(upload) {
      const row = { partitionKey: upload.id, rowKey: 'announced', announcedAt: upload.announcedAt };
      await table().upsertEntity({ ...row, record: JSON.stringify(upload) }, 'Replace');
    },
    async get(id) {
      try {
        const row = await table().getEntity<Row>(id, 'announced');
        return JSON.parse(row.record) as DirectUpload;
      } catch (error) {
        if (statusOf(error) === 404) return undefined;
        throw error;
      }
    },
  };
}
