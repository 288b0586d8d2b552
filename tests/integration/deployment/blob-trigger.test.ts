/** The step after a deployment (azure.yaml): Event Grid's subscription for text blobs, made, brought up to date, taken away. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';
import {
  connectBlobTrigger,
  subscriptionBody,
  type Deployed,
} from '../../../scripts/local/azure/blob-trigger-subscription';
import { createResourceManager } from '../../../scripts/local/azure/resource-manager';
import { projectRoot } from '../../drivers/app-under-test';
import { freePorts } from '../../drivers/free-ports';
import { KEY, startResourceManager, type ResourceManagerServer } from '../../drivers/resource-manager-server';

const deployed: Deployed = {
  subscriptionId: '11111111-2222-3333-4444-555555555555',
  resourceGroup: 'rg-test',
  app: 'func-test',
  appUri: 'https://func-test.azurewebsites.net',
  storageAccount: 'sttest',
  topic: 'evgt-test',
  pipelines: ['media', 'ingestion'],
  container: 'snippet-input',
  prefix: 'docs/',
};
const group = '/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-test/providers';
const subscription = `${group}/Microsoft.EventGrid/systemTopics/evgt-test/eventSubscriptions/ingestion`;
const keys = `${group}/Microsoft.Web/sites/func-test/host/default/listkeys`;
const handshake = {
  status: 400,
  code: 'Url validation',
  message: `Url validation: The attempt to validate the provided endpoint https://func-test.azurewebsites.net/runtime/webhooks/blobs?code=${encodeURIComponent(KEY)} failed.`,
};

let server: ResourceManagerServer;
let waits: number[];
let visits: string[];
let said: string[];
beforeAll(async () => {
  server = await startResourceManager();
});
afterAll(() => server.stop());
beforeEach(() => {
  [waits, visits, said] = [[], [], []];
  server.behave({});
  server.standing.body = undefined;
});

function connect(changes: Partial<Deployed> = {}): Promise<void> {
  const wait = async (ms: number): Promise<void> => void waits.push(ms);
  return connectBlobTrigger(
    {
      azure: createResourceManager({ endpoint: server.url, token: async () => 'a-token', wait }),
      visit: async (url) => {
        visits.push(url.slice(deployed.appUri.length));
        return url.endsWith('/readyz') ? { status: 503, text: '{"settings":["COSMOS_ENDPOINT"]}' } : undefined;
      },
      wait,
      say: (line) => void said.push(line),
    },
    { ...deployed, ...changes },
  );
}
const asked = (): string[] => server.requests.map(({ method, path: place }) => `${method} ${place}`);

test('tells Event Grid of the function, the container and where undelivered events go', async () => {
  await connect();
  expect(asked()).toEqual([`POST ${keys}`, `PUT ${subscription}`, 'GET /operations/1', `GET ${subscription}`]);
  expect(server.requests.every(({ authorization }) => authorization === 'Bearer a-token')).toBe(true);
  expect(server.standing.body).toEqual({
    properties: {
      eventDeliverySchema: 'EventGridSchema',
      filter: {
        includedEventTypes: ['Microsoft.Storage.BlobCreated'],
        subjectBeginsWith: '/blobServices/default/containers/snippet-input/blobs/docs/',
      },
      destination: {
        endpointType: 'WebHook',
        properties: {
          endpointUrl:
            'https://func-test.azurewebsites.net/runtime/webhooks/blobs?functionName=Host.Functions.ingest_blob&code=k%2Fe%2By%3D%3D',
          maxEventsPerBatch: 1,
          minimumTlsVersionAllowed: '1.2',
        },
      },
      retryPolicy: { maxDeliveryAttempts: 30, eventTimeToLiveInMinutes: 1440 },
      deadLetterWithResourceIdentity: {
        identity: { type: 'SystemAssigned' },
        deadLetterDestination: {
          endpointType: 'StorageBlob',
          properties: {
            resourceId: `${group}/Microsoft.Storage/storageAccounts/sttest`,
            blobContainerName: 'dead-letters',
          },
        },
      },
    },
  });
  expect(said.join('\n')).not.toContain(KEY);
  expect(waits).toEqual([]);
});

test('may be run again, and then says the same', async () => {
  await connect();
  const { body } = server.standing;
  await connect();
  expect(server.standing.body).toEqual(body);
});

test('wakes the app until its host has made the key', async () => {
  server.behave({ keyless: 2 });
  await connect();
  expect(visits).toEqual(['/healthz', '/healthz', '/healthz']);
  expect(waits).toEqual([15_000, 15_000]);
  expect(said[0]).toMatch(/no key for blob events yet/);
});

test('gives up on a key that never comes, with what the app says of itself', async () => {
  server.behave({ keyless: Infinity });
  await expect(connect()).rejects.toThrow(
    /made no key.*\/readyz answers 503: {"settings":\["COSMOS_ENDPOINT"\]}.*azd hooks run postdeploy/,
  );
  expect(waits.reduce((sum, ms) => sum + ms, 0)).toBe(285_000);
  expect(asked().filter((line) => line.startsWith('PUT'))).toEqual([]);
});

test('tries again while the function does not answer the handshake, and never tells the key', async () => {
  server.behave({ refusals: [handshake, { ...handshake, later: true }] });
  await connect();
  expect(asked().filter((line) => line.startsWith('PUT'))).toHaveLength(3);
  server.behave({ refusals: Array.from({ length: 30 }, () => handshake) });
  const failed = connect();
  await expect(failed).rejects.toThrow(/does not take the subscription ingestion: Url validation.*code=… failed/);
  await expect(failed).rejects.not.toThrow(/k%2Fe|k\/e/);
});

test('waits for what takes longer as long as it is told to, and says why it failed', async () => {
  server.behave({ slow: 2 });
  await connect();
  expect(waits).toEqual([7_000, 7_000]);
  server.behave({ refusals: [{ status: 0, code: 'QuotaExceeded', message: 'Too many subscriptions.', later: true }] });
  await expect(connect()).rejects.toThrow(
    'Event Grid does not take the subscription ingestion: Too many subscriptions.',
  );
});

test('ends at once where a right is missing', async () => {
  server.behave({ troubles: [{ status: 403, code: 'AuthorizationFailed', message: 'No listkeys/action.' }] });
  await expect(connect()).rejects.toThrow('No listkeys/action.');
  expect([waits, asked()]).toEqual([[], [`POST ${keys}`]]);
});

test('goes on after a busy or broken answer, and ends where nothing else comes', async () => {
  const busy = { status: 429, code: 'TooMany', message: 'Later.' };
  server.behave({ troubles: [busy, { ...busy, status: 503 }] });
  await connect();
  expect(waits).toEqual([2_000, 4_000]);
  server.behave({ troubles: Array.from({ length: 5 }, () => busy) });
  await expect(connect()).rejects.toThrow('Later.');
  const [port = 0] = await freePorts(1);
  const nobody = createResourceManager({
    endpoint: `http://127.0.0.1:${port}`,
    token: async () => 'a-token',
    wait: async () => undefined,
  });
  await expect(nobody.call('GET', '/x', '1')).rejects.toThrow(
    /^http:\/\/127\.0\.0\.1:\d+ does not answer: .*ECONNREFUSED/,
  );
});

test('shows its token to nobody else', async () => {
  server.behave({ elsewhere: 'https://elsewhere.example' });
  await expect(connect()).rejects.toThrow(/not its own: https:\/\/elsewhere\.example/);
});

test('takes the subscription away where the app takes in no texts, and does nothing where there is none', async () => {
  await connect();
  server.behave({});
  await connect({ pipelines: ['media'] });
  await connect({ pipelines: ['media'] });
  expect(server.standing.body).toBeUndefined();
  expect(asked()).toEqual([`DELETE ${subscription}`, `DELETE ${subscription}`]);
  expect(said.at(-1)).toMatch(/takes? in texts|not take in texts/);
});

describe('as azd runs it', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-azd-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const environment = {
    AZURE_SUBSCRIPTION_ID: deployed.subscriptionId,
    AZURE_RESOURCE_GROUP: deployed.resourceGroup,
    SERVICE_APP_NAME: deployed.app,
    // Nobody is there; the app answers nobody while it starts.
    SERVICE_APP_URI: 'http://127.0.0.1:1/',
    STORAGE_ACCOUNT_NAME: deployed.storageAccount,
    EVENT_GRID_TOPIC_NAME: deployed.topic,
    SERVICE_APP_PIPELINES: 'media, ingestion',
    INGESTION_CONTAINER: deployed.container,
    INGESTION_PREFIX: deployed.prefix,
  };
  const { hooks } = parse(readFileSync(path.join(projectRoot, 'azure.yaml'), 'utf8')) as {
    hooks: { postdeploy: Record<'posix' | 'windows', { shell: string; run: string }> };
  };
  const command = hooks.postdeploy.posix.run;

  test('it is one command on every system, and a script of package.json', () => {
    expect(hooks.postdeploy.windows).toEqual({ shell: 'pwsh', run: command });
    expect(hooks.postdeploy.posix.shell).toBe('sh');
    const { scripts } = JSON.parse(readFileSync(path.join(projectRoot, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    expect(scripts[command.replace('npm run --silent ', '')]).toBe('node scripts/run.mjs blob-trigger');
  });

  test('it is told by the outputs of the template, and by azd itself', () => {
    const main = readFileSync(path.join(projectRoot, 'infra', 'main.bicep'), 'utf8');
    const outputs = [...main.matchAll(/^output (\w+) /gm)].map(([, name]) => name);
    const missing = Object.keys(environment).filter((name) => !outputs.includes(name));
    expect(missing).toEqual(['AZURE_SUBSCRIPTION_ID']);
  });

  const run = async (env: Readonly<Record<string, string>>): Promise<{ status: unknown; output: string }> => {
    const child = spawn(process.execPath, [path.join(projectRoot, 'dist', 'scripts', 'blob-trigger.js')], {
      cwd: projectRoot,
      env: { PATH: `${folder}${path.delimiter}${process.env['PATH']}`, ...env },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const [status] = (await once(child, 'close')) as [unknown];
    return { status, output };
  };

  test('it signs in as azd does, and ends with 1 and the reason where something is missing', async () => {
    const azd = path.join(folder, 'azd');
    const token = JSON.stringify({ token: 'of-azd', expiresOn: '2999-01-01T00:00:00Z' });
    writeFileSync(azd, `#!/bin/sh\n[ "$1 $2" = 'auth token' ] && echo '${token}'\n`);
    chmodSync(azd, 0o755);
    expect(await run({ ...environment, AZURE_RESOURCE_MANAGER: server.url })).toEqual({
      status: 0,
      output: expect.stringMatching(/^Event Grid tells func-test of blobs in snippet-input\/docs\/\.\n/),
    });
    expect(new Set(server.requests.map(({ authorization }) => authorization))).toEqual(new Set(['Bearer of-azd']));
    const { EVENT_GRID_TOPIC_NAME: _topic, ...incomplete } = environment;
    expect(await run({ ...incomplete, AZURE_RESOURCE_MANAGER: 'http://127.0.0.1:1' })).toEqual({
      status: 1,
      output: expect.stringMatching(/^EVENT_GRID_TOPIC_NAME is not set\. .*azd hooks run postdeploy/),
    });
    expect(await run({ ...environment, AZURE_RESOURCE_MANAGER: 'http://elsewhere.example' })).toEqual({
      status: 1,
      output: expect.stringMatching(/has to begin with https/),
    });
  });
});

test('the body is made of nothing but what the app’s deployment says', () => {
  expect(JSON.stringify(subscriptionBody({ ...deployed, prefix: '' }, 'x'))).toContain(
    '/containers/snippet-input/blobs/"',
  );
});
