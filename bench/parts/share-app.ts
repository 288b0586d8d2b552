/** Our side of the share bench: the app on the local host, only its share. Arguments: storage, root of the share. A process of its own. */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { startHost } from '../../local-host/start-host';

const [storageUrl = '', root = ''] = process.argv.slice(2);
const account = `${storageUrl}/devstoreaccount1`;
const connection = `DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=c3R1YnN0dWI=;BlobEndpoint=${account};QueueEndpoint=${account};TableEndpoint=${account}/tables;`;

const stateDir = mkdtempSync(path.join(os.tmpdir(), 'sluice-bench-'));

void startHost({
  scriptRoot: path.resolve(__dirname, '..', '..', '..'),
  port: 0,
  functions: [
    'share-swept',
    'watch-started',
    'watch-asked',
    'transfer_share_files',
    'transfer-share-files',
    'bury-share-file',
  ],
  env: { PATH: process.env.PATH, HOME: process.env.HOME },
  settings: {
    AzureWebJobsStorage: connection,
    PIPELINES: 'nfs',
    APP_AZURE_ACCOUNT_URL: account,
    APP_AZURE_CONTAINER: 'ingest',
    APP_AZURE_CONNECTION_STRING: connection,
    APP_NFS_INCOMING_DIR: path.join(root, 'incoming'),
    APP_NFS_PROCESSING_ROOT: path.join(root, '.processing'),
    APP_LOCAL_STAGING_ROOT: path.join(root, 'staging'),
    APP_MIN_FILE_AGE_S: '0',
    // The other sides begin at once; ours has to look twice first.
    APP_POLL_INTERVAL_S: '0.2',
    LOG_LEVEL: 'warn',
  },
  stateDir,
  log: (record) => {
    if (/"level":"(warn|error)"/.test(record.message)) console.error(record.message);
  },
}).then((host) => {
  process.once('disconnect', () => {
    void host.stop().then(() => {
      rmSync(stateDir, { recursive: true, force: true });
      process.exit(0);
    });
  });
  process.send?.({ port: Number(new URL(host.url).port) });
});
