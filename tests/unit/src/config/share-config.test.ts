import { loadConfig } from '../../../../src/config/config';
import { hostSettingsFrom } from '../../../../src/config/host-settings';

const storage = { AzureWebJobsStorage: 'UseDevelopmentStorage=true' };
const required = { APP_AZURE_ACCOUNT_URL: 'https://acc.blob.core.windows.net/', APP_AZURE_CONTAINER: 'ingest' };

function share(environment: Record<string, string>) {
  const loaded = loadConfig({ ...storage, ...environment });
  return loaded.ok
    ? { nfs: loaded.config.pipelines.has('nfs'), share: loaded.config.share }
    : { problems: loaded.problems };
}

it('is off without its settings, and on with the two required ones and the documented defaults', () => {
  expect(share({})).toEqual({ nfs: false, share: undefined });
  expect(share(required)).toEqual({
    nfs: true,
    share: {
      access: {
        accountUrl: 'https://acc.blob.core.windows.net',
        container: 'ingest',
        identity: true,
        fallback: undefined,
      },
      roots: {
        incoming: '/mnt/nfs/incoming',
        processing: '/mnt/nfs/.processing',
        failed: '/mnt/nfs/.failed',
        staging: '/mnt/staging',
      },
      pollIntervalMs: 2_000,
      minFileAgeMs: 5_000,
      maxQueueSize: 2_000,
      workerConcurrency: 4,
      blockSize: 8_388_608,
      singlePutSize: 4_194_304,
      concurrency: 8,
      maxBytesPerS: 0,
      verify: 'blocks',
      maxAttempts: 6,
      quarantine: false,
      deadlineMs: 30_000,
    },
  });
  expect(share({ ...required, PIPELINES: 'media' })).toEqual({ nfs: false, share: undefined });
});

it('lets the host give transfers the time and the places that they need', () => {
  const loaded = loadConfig({ ...storage, ...required, APP_WORKER_CONCURRENCY: '16' });
  expect(loaded.ok && hostSettingsFrom(loaded.config)).toMatchObject({
    AzureFunctionsJobHost__functionTimeout: '-1',
    AzureFunctionsJobHost__extensions__durableTask__maxConcurrentActivityFunctions: '32',
  });
});

it('names what is missing when it is meant to run', () => {
  const missing = (environment: Record<string, string>) => share(environment).problems?.map((p) => p.setting);
  expect(missing({ PIPELINES: 'nfs' })).toEqual(['APP_AZURE_ACCOUNT_URL', 'APP_AZURE_CONTAINER']);
  expect(missing({ APP_AZURE_CONTAINER: 'ingest' })).toEqual(['APP_AZURE_ACCOUNT_URL']);
  expect(missing({ ...required, APP_AZURE_ACCOUNT_NAME: 'acc' })).toEqual(['APP_AZURE_ACCOUNT_KEY']);
  expect(missing({ ...required, APP_AZURE_ACCOUNT_URL: 'http://127.0.0.1/x' })).toEqual([
    'APP_AZURE_CONNECTION_STRING',
  ]);
});

it.each([
  ['APP_POLL_INTERVAL_S', '0'],
  ['APP_POLL_INTERVAL_S', '-1'],
  ['APP_MIN_FILE_AGE_S', 'old'],
  ['APP_WORKER_CONCURRENCY', '0'],
  ['APP_AZURE_MAX_BLOCK_SIZE', '1'],
  ['APP_NFS_INCOMING_DIR', 'relative'],
  ['APP_AZURE_CONTAINER', 'Has_Capitals'],
  ['APP_AZURE_ACCOUNT_URL', 'ftp://x'],
  ['APP_VERIFY', 'trust'],
])('refuses %s=%s', (name, value) => {
  expect(share({ ...required, [name]: value }).problems).toMatchObject([{ setting: name, code: 'SETTINGS_INVALID' }]);
});

it('takes the fallbacks, and never shows their secrets', () => {
  const fallback = (environment: Record<string, string>) =>
    share({ ...required, ...environment }).share?.access.fallback;
  expect(fallback({ APP_AZURE_CONNECTION_STRING: 'AccountName=acc;AccountKey=a2V5a2V5' })).toMatchObject({
    kind: 'key',
    account: 'acc',
  });
  expect(
    fallback({ APP_AZURE_CONNECTION_STRING: 'BlobEndpoint=https://x;SharedAccessSignature=sv=1&sig=x' }),
  ).toMatchObject({ kind: 'signature', signature: 'sv=1&sig=x' });
  expect(fallback({ APP_AZURE_ACCOUNT_NAME: 'acc', APP_AZURE_ACCOUNT_KEY: 'a2V5a2V5' })).toMatchObject({
    kind: 'key',
    account: 'acc',
  });
  const bad = share({ ...required, APP_AZURE_CONNECTION_STRING: 'AccountKey=hunter2hunter2' });
  expect(JSON.stringify(bad)).not.toContain('hunter2');
  expect(bad.problems).toMatchObject([{ setting: 'APP_AZURE_CONNECTION_STRING' }]);
});
