import { storageConnection } from '../../../../local-host/storage/connection';

const at = (port: number): string =>
  `DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=a2V5;BlobEndpoint=http://127.0.0.1:${port}/devstoreaccount1;QueueEndpoint=http://127.0.0.1:${port + 1}/devstoreaccount1;TableEndpoint=http://127.0.0.1:${port + 2}/devstoreaccount1;`;
const blobUrl = (values: Record<string, string>, name?: string): string =>
  storageConnection({ values }, name).blobs().url;

describe('a storage connection', () => {
  test('is AzureWebJobsStorage unless a name is given', () => {
    const values = { AzureWebJobsStorage: at(1000), Other: at(2000) };
    expect(blobUrl(values)).toContain(':1000/');
    expect(blobUrl(values, 'Other')).toContain(':2000/');
    expect(blobUrl(values, 'other')).toContain(':2000/');
  });

  test('is looked for with the prefix AzureWebJobs first', () => {
    expect(blobUrl({ AzureWebJobsX: at(1000), X: at(2000) }, 'X')).toContain(':1000/');
    expect(blobUrl({ AzureWebJobsX: '', X: at(2000) }, 'X')).toContain(':2000/');
    expect(blobUrl({ 'ConnectionStrings:X': at(3000) }, 'X')).toContain(':3000/');
  });

  test('of development storage is the emulator on its usual ports', () => {
    const connection = storageConnection({ values: { AzureWebJobsStorage: 'UseDevelopmentStorage=true' } });
    expect(connection.blobs().url).toContain('http://127.0.0.1:10000/devstoreaccount1');
    expect(connection.queues().url).toContain('http://127.0.0.1:10001/devstoreaccount1');
    expect(connection.table('things').url).toContain('http://127.0.0.1:10002/devstoreaccount1');
  });

  test('by identity has its addresses from the account or one by one', () => {
    const byAccount = storageConnection({ values: { AzureWebJobsStorage__accountName: 'acme' } });
    expect(byAccount.blobs().url).toBe('https://acme.blob.core.windows.net/');
    expect(byAccount.queues().url).toBe('https://acme.queue.core.windows.net');
    const byUri = storageConnection({ values: { X__queueServiceUri: 'https://q.example', X__clientId: 'c' } }, 'X');
    expect(byUri.queues().url).toBe('https://q.example');
    expect(() => byUri.blobs()).toThrow("set 'X__blobServiceUri' or 'X__accountName'");
  });

  test('makes each client once', () => {
    const values = { AzureWebJobsStorage: at(1000) };
    const settings = { values };
    expect(storageConnection(settings).blobs()).toBe(storageConnection(settings, 'AzureWebJobsStorage').blobs());
  });

  test('that no setting defines is an indexing error in the words of the real host', () => {
    expect(() => storageConnection({ values: {} }, 'MISSING_CONN')).toThrow(
      "Storage account connection string 'AzureWebJobsMISSING_CONN' does not exist. Make sure that it is a defined App Setting.",
    );
  });
});
