/** Our side of the upload bench: the app on the local host, only its upload function. A process of its own. */
import { mkdtempSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { startHost } from '../../local-host/start-host';

const [storageUrl = ''] = process.argv.slice(2);
const account = `${storageUrl}/devstoreaccount1`;
const connection = `DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=c3R1Yg==;BlobEndpoint=${account};QueueEndpoint=${account};TableEndpoint=${account}/tables;`;

void startHost({
  scriptRoot: path.resolve(__dirname, '..', '..', '..'),
  port: 0,
  functions: ['upload-posted'],
  env: { PATH: process.env.PATH, HOME: process.env.HOME },
  settings: {
    AzureWebJobsStorage: connection,
    UPLOAD_MAX_MB: '4096',
    FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: String(5 * 2 ** 30),
    LOG_LEVEL: 'warn',
  },
  stateDir: mkdtempSync(path.join(os.tmpdir(), 'sluice-bench-')),
}).then((host) => {
  process.once('disconnect', () => void host.stop().then(() => process.exit(0)));
  process.send?.({ port: Number(new URL(host.url).port) });
});
