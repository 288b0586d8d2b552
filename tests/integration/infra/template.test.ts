/** The infrastructure compiles without a word, and what it would make is as closed as it can be (I1, I3). */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { bicepCompiler, compileBicep } from '../../../scripts/local/bicep';
import { settingNames } from '../../../src/config/settings';
import { heldName } from '../../../src/domain/ingestion/quarantine';
import {
  HELD_PREFIX,
  QUARANTINE_CONTAINER,
  storageLayout,
  WORKING_CONTAINER,
} from '../../../src/domain/storage-layout';
import { projectRoot } from '../../drivers/app-under-test';
import { subscriptionBody, EVENT_GRID_VERSION } from '../../../scripts/local/azure/blob-trigger-subscription';
import { grants, open, secrets, silent, unruled } from './rules';
import { modulesOf, resourcesOf, type Module, type Resource } from './template';

const infra = path.join(projectRoot, 'infra');
let template: unknown;
let resources: readonly Resource[] = [];
let modules: readonly Module[] = [];
let compiler = '';

/** The .NET SDK alone can fetch the compiler, and is no package of Debian's. */
const hasSdk = spawnSync('dotnet', ['--version'], { stdio: 'ignore' }).status === 0;
if (!hasSdk)
  console.warn('Skipped: Bicep is not compiled here; its compiler is fetched by the .NET SDK, and there is no dotnet.');
const check = hasSdk ? test : test.skip;

beforeAll(async () => {
  if (!hasSdk) return;
  compiler = (await bicepCompiler(projectRoot)) ?? '';
  const result = await compileBicep(compiler, path.join(infra, 'main.bicep'));
  expect(result.findings).toEqual([]);
  template = result.template;
  resources = resourcesOf(template);
  modules = modulesOf(template);
}, 300_000);

const of = (type: string): readonly Resource[] => resources.filter((resource) => resource.type === type);
check('finds what it looks for', () => {
  expect(of('Microsoft.Storage/storageAccounts')).toHaveLength(1);
  expect(of('Microsoft.Web/sites')).toHaveLength(1);
});

check(
  'a wrong property is told',
  async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'bicep-'));
    const file = path.join(folder, 'wrong.bicep');
    writeFileSync(
      file,
      `resource a 'Microsoft.Storage/storageAccounts@2023-05-01' = {
  name: 'staccount'
  location: 'westeurope'
  kind: 'StorageV2'
  sku: { name: 'Standard_ZRS' }
  properties: { unheardOf: false }
}
`,
    );
    const { findings } = await compileBicep(compiler, file);
    rmSync(folder, { recursive: true });
    expect(findings.map(({ rule, place }) => [rule, place])).toEqual([['BCP037', 'wrong.bicep:6']]);
  },
  60_000,
);

check('each type that is made has its rules, and keeps to them: no keys, no old TLS, closed where it is to be', () => {
  expect(unruled(modules)).toEqual([]);
  expect(open(modules)).toEqual([]);
  for (const { properties } of of('Microsoft.Storage/storageAccounts/blobServices/containers'))
    expect(properties).toEqual({ publicAccess: 'None' });
});

check('what is deleted or overwritten can be had back', () => {
  for (const { properties } of of('Microsoft.Storage/storageAccounts/blobServices'))
    expect(properties).toMatchObject({
      isVersioningEnabled: true,
      deleteRetentionPolicy: { enabled: true },
      containerDeleteRetentionPolicy: { enabled: true },
    });
});

check('what is kept for a while only goes by itself, each after days of its own', () => {
  const [policies] = of('Microsoft.Storage/storageAccounts/managementPolicies');
  const { policy } = policies!.properties as {
    policy: { rules: { name: string; definition: { filters: { prefixMatch?: string[] }; actions: unknown } }[] };
  };
  const rules = policy.rules.map(({ name, definition: { filters, actions } }) => [
    name,
    ...(filters.prefixMatch ?? []),
    /parameters\('(\w+)'\)/.exec(JSON.stringify(actions))?.[1],
  ]);
  expect(rules).toEqual([
    ['old-quarantine', "[variables('layout').heldTexts]", 'retentionDaysQuarantine'],
    ['old-working-texts', "[format('{0}/', variables('layout').workingTexts)]", 'retentionDaysWorkingTexts'],
    ['earlier-versions', 'softDeleteDays'],
  ]);
});

check('the app is reached by https alone, without passwords, from TLS 1.2', () => {
  for (const { properties } of of('Microsoft.Web/sites'))
    expect(properties).toMatchObject({
      httpsOnly: true,
      siteConfig: { minTlsVersion: '1.2', scmMinTlsVersion: '1.2', ftpsState: 'Disabled', http20Enabled: true },
      functionAppConfig: { deployment: { storage: { authentication: { type: 'UserAssignedIdentity' } } } },
    });
  const policies = of('Microsoft.Web/sites/basicPublishingCredentialsPolicies');
  expect(policies.map(({ properties }) => properties)).toEqual([{ allow: false }, { allow: false }]);
});

check('each role is given to whom, and for what, it is needed, and on nothing wider', () => {
  const storage = 'Microsoft.Storage/storageAccounts';
  const wanted = [
    // Blob Data Owner is what the Functions host asks for.
    { role: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b', who: 'the app', on: storage }, // Storage Blob Data Owner
    { role: '974c5e8b-45b9-4653-ba55-5f855dd0fb88', who: 'the app', on: storage }, // Storage Queue Data Contributor
    { role: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3', who: 'the app', on: storage }, // Storage Table Data Contributor
    // Azure Event Hubs Data Receiver
    { role: 'a638d3c7-ab3a-418d-83e6-5f17a39d4fde', who: 'the app', on: 'Microsoft.EventHub/namespaces/eventhubs' },
    // Key Vault Secrets User
    { role: '4633458b-17de-408a-b874-0445c86b69e6', who: 'the app', on: 'Microsoft.KeyVault/vaults' },
    // Cognitive Services OpenAI User
    { role: '5e0bd9bd-7b93-4f28-af87-19fc36ad61bd', who: 'the app', on: 'Microsoft.CognitiveServices/accounts' },
    // Monitoring Metrics Publisher
    { role: '3913510d-42f4-4e42-8a64-420c390055eb', who: 'the app', on: 'Microsoft.Insights/components' },
    // Cosmos DB Built-in Data Contributor, of Cosmos DB's own roles
    { role: '00000000-0000-0000-0000-000000000002', who: 'the app', on: 'a database of Cosmos DB' },
    // Storage Queue Data Message Sender
    { role: 'c6a89b2d-59bc-44d0-9896-0f6e12d7b80a', who: 'the topic', on: `${storage}/queueServices/queues` },
    // Storage Blob Data Contributor
    { role: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe', who: 'the topic', on: `${storage}/blobServices/containers` },
    // AcrPull
    { role: '7f951dda-4ed3-4680-a7ca-43fe172d538d', who: 'the nodes', on: 'Microsoft.ContainerRegistry/registries' },
    // Network Contributor
    {
      role: '4d97b98b-1d4d-4787-a291-c67834d212e7',
      who: 'the cluster',
      on: 'Microsoft.Network/virtualNetworks/subnets',
    },
  ];
  const inOrder = (all: readonly object[]): string[] => all.map((one) => JSON.stringify(one)).sort();
  expect(inOrder(grants(modules))).toEqual(inOrder(wanted));
  for (const { properties } of of('Microsoft.Authorization/roleAssignments'))
    expect(properties).toMatchObject({ principalType: 'ServicePrincipal' });
});

check('everything that can tells the workspace what it does', () => {
  expect(silent(modules)).toEqual([]);
});

check('the key vault is made empty, and the cluster knows no accounts but those of Azure', () => {
  // Whoever deploys puts the secrets in.
  expect(resources.filter(({ type }) => type.startsWith('Microsoft.KeyVault/vaults/'))).toEqual([]);
  expect(of('Microsoft.ContainerService/managedClusters').map(({ properties }) => properties)).toEqual([
    expect.objectContaining({
      aadProfile: { managed: true, enableAzureRBAC: true },
      oidcIssuerProfile: { enabled: true },
      securityProfile: expect.objectContaining({ workloadIdentity: { enabled: true } }),
      workloadAutoScalerProfile: { keda: { enabled: true } },
    }),
  ]);
});

check(
  'with private networking, whatever holds data is found by a private name, and the firewall lets nobody else in',
  () => {
    const firewalls = [...of('Microsoft.Storage/storageAccounts'), ...of('Microsoft.KeyVault/vaults')];
    for (const { properties } of firewalls)
      expect(properties?.['networkAcls']).toEqual({
        bypass: 'AzureServices',
        defaultAction: "[if(parameters('privateNetworking'), 'Deny', 'Allow')]",
      });
    const endpoints = of('Microsoft.Network/privateEndpoints').map(({ properties }) => {
      const [connection] = properties?.['privateLinkServiceConnections'] as [{ properties: { groupIds: unknown } }];
      return JSON.stringify(connection.properties.groupIds);
    });
    const each = "variables('services')";
    expect(endpoints.filter((groups) => !groups.includes('services'))).toEqual(
      expect.arrayContaining(['["account"]', '["namespace"]', '["Sql"]', '["vault"]']),
    );
    expect([endpoints.length, endpoints.filter((groups) => groups.includes(each)).length]).toEqual([5, 1]);
    const zones = of('Microsoft.Network/privateEndpoints/privateDnsZoneGroups').map(({ properties }) =>
      JSON.stringify(properties).replaceAll(/.*"privateDnsZoneId":"([^"]*)".*/g, '$1'),
    );
    expect(zones).toHaveLength(5);
    for (const zone of zones) expect(zone).toMatch(/^\[parameters\('dnsZoneIds?'\)/);
    const passed = [
      ...readFileSync(path.join(infra, 'main.bicep'), 'utf8').matchAll(/^module (\w+)|dnsZoneIds\.(\w+)/gm),
    ];
    const zoneOf = passed.flatMap(([, , zone], i) => (zone === undefined ? [] : [[passed[i - 1]?.[1], zone]]));
    expect(Object.fromEntries(zoneOf)).toEqual({
      ...{ eventHubs: 'events', vault: 'vault', cosmos: 'cosmos', openai: 'openai' },
    });
  },
);

check('Event Grid tells of each upload, as its own identity, and keeps what it could not deliver', () => {
  expect(of('Microsoft.EventGrid/systemTopics/eventSubscriptions').map(({ properties }) => properties)).toEqual([
    expect.objectContaining({
      filter: {
        includedEventTypes: ['Microsoft.Storage.BlobCreated'],
        subjectBeginsWith: expect.stringMatching(/containers\/\{0\}\/', variables\('layout'\)\.rawContainer/),
      },
      deliveryWithResourceIdentity: {
        identity: { type: 'SystemAssigned' },
        destination: {
          endpointType: 'StorageQueue',
          properties: expect.objectContaining({ queueName: "[variables('layout').jobQueue]" }),
        },
      },
      deadLetterWithResourceIdentity: expect.objectContaining({ identity: { type: 'SystemAssigned' } }),
      retryPolicy: { maxDeliveryAttempts: 30, eventTimeToLiveInMinutes: 1440 },
    }),
  ]);
});

check(
  'the subscription that is made after a deployment is one that Azure takes, beside that of the template',
  async () => {
    const made = {
      ...{ subscriptionId: 's', resourceGroup: 'g', app: 'a', appUri: 'https://a', storageAccount: 'st' },
    };
    const { properties } = subscriptionBody(
      { ...made, topic: 't', pipelines: ['ingestion'], container: 'snippet-input', prefix: '' },
      'key',
    );
    const folder = mkdtempSync(path.join(os.tmpdir(), 'bicep-'));
    const file = path.join(folder, 'subscription.bicep');
    writeFileSync(
      file,
      `resource topic 'Microsoft.EventGrid/systemTopics@${EVENT_GRID_VERSION}' existing = {
  name: 't'
}
resource subscription 'Microsoft.EventGrid/systemTopics/eventSubscriptions@${EVENT_GRID_VERSION}' = {
  parent: topic
  name: 'ingestion'
  properties: ${bicepOf(properties)}
}
`,
    );
    const { findings } = await compileBicep(compiler, file);
    rmSync(folder, { recursive: true });
    // The key's stand-in is written into this file, and nowhere else.
    expect(findings.map(({ rule }) => rule)).toEqual(['use-secure-value-for-secure-inputs']);
    expect(readFileSync(path.join(infra, 'modules', 'event-grid.bicep'), 'utf8')).toContain(`@${EVENT_GRID_VERSION}'`);
  },
  60_000,
);

/** A value as Bicep writes it. */
function bicepOf(value: unknown): string {
  if (Array.isArray(value)) return `[\n${value.map(bicepOf).join('\n')}\n]`;
  if (typeof value === 'object' && value !== null)
    return `{\n${Object.entries(value)
      .map(([name, inner]) => `${name}: ${bicepOf(inner)}`)
      .join('\n')}\n}`;
  return typeof value === 'string' ? `'${value}'` : String(value);
}

check('alerts are on, and end by themselves when their cause is gone', () => {
  const rules = of('Microsoft.Insights/scheduledQueryRules');
  expect(rules.length).toBeGreaterThan(0);
  for (const { properties } of rules) {
    expect(properties).toMatchObject({
      enabled: true,
      autoMitigate: true,
      criteria: { allOf: [{ timeAggregation: 'Count', operator: 'GreaterThan', threshold: 0 }] },
    });
    // Whoever is to be told is.
    expect(JSON.stringify(properties?.['actions'])).toMatch(
      /"actionGroups":"\[if\(empty\(.*contactEmails.*actionGroups/,
    );
  }
  expect(of('Microsoft.Insights/workbooks')).toHaveLength(1);
  expect(of('Microsoft.Insights/webtests')).toHaveLength(1);
});

check('no output holds a secret, and none is asked for', () => {
  const { outputs } = template as { outputs: Record<string, { type: string; value: string }> };
  expect(Object.values(outputs).map(({ type }) => type)).toEqual(Object.keys(outputs).map(() => 'string'));
  expect(secrets(modules)).toEqual([]);
});

check('the app is told its identity wherever it connects, the bound of an upload, and where blobs are heard of', () => {
  const [settings] = of('Microsoft.Web/sites/config').map(({ properties }) => JSON.stringify(properties));
  for (const part of [
    "'AzureWebJobsStorage__accountName', parameters('storageAccountName')",
    "'AzureWebJobsStorage__credential', 'managedidentity'",
    "'APPLICATIONINSIGHTS_AUTHENTICATION_STRING', format('Authorization=AAD;ClientId={0}'",
    "'INGESTION_BLOB_SOURCE', 'EventGrid'",
    "'FUNCTIONS_REQUEST_BODY_SIZE_LIMIT', string(mul(add(parameters('uploadMaxMb'), 1), 1048576))",
  ])
    expect(settings).toContain(part);
  expect(settings).not.toContain("'AzureWebJobsStorage',");
});

check('the app’s settings are settings that the code or the platform knows', () => {
  const platform = ['AZURE_CLIENT_ID', 'FUNCTIONS_REQUEST_BODY_SIZE_LIMIT'];
  const ofConnections = ['AzureWebJobsStorage', 'EVENTHUB'].flatMap((connection) =>
    ['credential', 'clientId', 'fullyQualifiedNamespace'].map((part) => `${connection}__${part}`),
  );
  const source = ['main.bicep', path.join('modules', 'function-app.bicep')]
    .map((file) => readFileSync(path.join(infra, file), 'utf8'))
    .join('\n');
  // Settings alone are written like this; what else begins in capitals is an output.
  const names = [...source.matchAll(/[\s{]((?:[A-Z][A-Z_]+|AzureWebJobs\w+|EVENTHUB__\w+)): /g)].map(
    ([, name = '']) => name,
  );
  const known: readonly string[] = [...settingNames, ...platform, ...ofConnections];
  expect(names.filter((name) => !known.includes(name))).toEqual([]);
  expect(names).toContain('PIPELINES');
});

test('what stands in storage is what the code says', () => {
  const layout = JSON.parse(readFileSync(path.join(infra, 'storage-layout.json'), 'utf8')) as typeof storageLayout & {
    readonly heldTexts: string;
    readonly workingTexts: string;
  };
  expect(layout).toMatchObject({
    containers: storageLayout.containers,
    queues: storageLayout.queues,
    tables: storageLayout.tables,
  });
  // What lifecycle rules go by.
  expect(layout.heldTexts).toBe(`${QUARANTINE_CONTAINER}/${HELD_PREFIX}`);
  expect(heldName('acme', { container: 'snippet-input', blob: 'a/b.md', etag: '"1"' })).toMatch(/^held\//);
  expect(layout.workingTexts).toBe(WORKING_CONTAINER);
});

test('the parameters that azd fills in are parameters of the template', () => {
  const { parameters } = JSON.parse(readFileSync(path.join(infra, 'main.parameters.json'), 'utf8')) as {
    parameters: Record<string, unknown>;
  };
  const source = readFileSync(path.join(infra, 'main.bicep'), 'utf8');
  const declared = [...source.matchAll(/^param (\w+) /gm)].map(([, name]) => name);
  expect(Object.keys(parameters).filter((name) => !declared.includes(name))).toEqual([]);
});
