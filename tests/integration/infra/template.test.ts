/** The infrastructure compiles without a word, and what it would make is as closed as it can be (I1, I3). */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { bicepCompiler, compileBicep } from '../../../scripts/local/bicep';
import { settingNames } from '../../../src/config/settings';
import { storageLayout } from '../../../src/domain/storage-layout';
import { projectRoot } from '../../drivers/app-under-test';
import { resourcesOf, type Resource } from './template';

const infra = path.join(projectRoot, 'infra');
let template: unknown;
let resources: readonly Resource[] = [];
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

check('storage takes no keys, no old TLS, nothing public, and gives nothing to other tenants', () => {
  for (const { properties } of of('Microsoft.Storage/storageAccounts'))
    expect(properties).toMatchObject({
      allowSharedKeyAccess: false,
      allowBlobPublicAccess: false,
      allowCrossTenantReplication: false,
      defaultToOAuthAuthentication: true,
      minimumTlsVersion: 'TLS1_2',
      supportsHttpsTrafficOnly: true,
    });
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

check('the app is reached by https alone, without passwords, from TLS 1.2', () => {
  for (const { properties } of of('Microsoft.Web/sites'))
    expect(properties).toMatchObject({
      httpsOnly: true,
      siteConfig: { minTlsVersion: '1.2', scmMinTlsVersion: '1.2', ftpsState: 'Disabled' },
      functionAppConfig: { deployment: { storage: { authentication: { type: 'UserAssignedIdentity' } } } },
    });
  const policies = of('Microsoft.Web/sites/basicPublishingCredentialsPolicies');
  expect(policies.map(({ properties }) => properties)).toEqual([{ allow: false }, { allow: false }]);
});

check('each role is one of these, given to an identity of ours, on no more than one account', () => {
  const roles = of('Microsoft.Authorization/roleAssignments');
  const text = JSON.stringify(template);
  const ids = [...text.matchAll(/"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"/g)].map(
    ([, id]) => id,
  );
  expect([...new Set(ids)].sort()).toEqual([
    '00000000-0000-0000-0000-000000000002', // Cosmos DB Built-in Data Contributor, of Cosmos DB's own roles, on one database
    '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3', // Storage Table Data Contributor
    '4633458b-17de-408a-b874-0445c86b69e6', // Key Vault Secrets User
    '5e0bd9bd-7b93-4f28-af87-19fc36ad61bd', // Cognitive Services OpenAI User
    '7f951dda-4ed3-4680-a7ca-43fe172d538d', // AcrPull, of the cluster on its registry
    '974c5e8b-45b9-4653-ba55-5f855dd0fb88', // Storage Queue Data Contributor
    'a638d3c7-ab3a-418d-83e6-5f17a39d4fde', // Azure Event Hubs Data Receiver, on one hub
    'b7e6dc6d-f1e8-4753-8033-0f276bb0955b', // Storage Blob Data Owner, which the Functions host asks for
    'ba92f5b4-2d11-453d-a403-e96b0029c9fe', // Storage Blob Data Contributor, of Event Grid on one container
    'c6a89b2d-59bc-44d0-9896-0f6e12d7b80a', // Storage Queue Data Message Sender, of Event Grid on one queue
  ]);
  expect(roles).toHaveLength(7);
  const places =
    /Microsoft\.(Storage\/storageAccounts|EventHub\/namespaces\/eventhubs|KeyVault\/vaults|ContainerRegistry\/registries|CognitiveServices\/accounts)/;
  for (const role of roles) {
    expect(role.properties).toMatchObject({ principalType: 'ServicePrincipal' });
    expect(role.scope).toMatch(places);
  }
});

check('everything that can tells the workspace what it does', () => {
  const told = of('Microsoft.Insights/diagnosticSettings');
  const services = [
    ...['blobServices', 'queueServices', 'tableServices', 'systemTopics', 'Web/sites'],
    ...[
      'DocumentDB/databaseAccounts',
      'CognitiveServices/accounts',
      'EventHub/namespaces',
      'KeyVault/vaults',
      'managedClusters',
      'ContainerRegistry/registries',
    ],
  ];
  expect(services.filter((service) => !told.some(({ scope }) => scope?.includes(service)))).toEqual([]);
  for (const { properties } of told)
    expect(properties).toMatchObject({ logs: [{ categoryGroup: 'allLogs', enabled: true }] });
});

check('nothing that is made takes a key or a password in place of an identity', () => {
  expect(of('Microsoft.EventHub/namespaces').map(({ properties }) => properties)).toEqual([
    expect.objectContaining({ disableLocalAuth: true, minimumTlsVersion: '1.2' }),
  ]);
  expect(of('Microsoft.DocumentDB/databaseAccounts').map(({ properties }) => properties)).toEqual([
    expect.objectContaining({
      disableLocalAuth: true,
      disableKeyBasedMetadataWriteAccess: true,
      minimalTlsVersion: 'Tls12',
    }),
  ]);
  expect(of('Microsoft.CognitiveServices/accounts').map(({ properties }) => properties)).toEqual([
    expect.objectContaining({ disableLocalAuth: true }),
  ]);
  expect(of('Microsoft.KeyVault/vaults').map(({ properties }) => properties)).toEqual([
    expect.objectContaining({ enableRbacAuthorization: true, enablePurgeProtection: true, enableSoftDelete: true }),
  ]);
  // Made empty: whoever deploys puts the secrets in.
  expect(resources.filter(({ type }) => type.startsWith('Microsoft.KeyVault/vaults/'))).toEqual([]);
  expect(of('Microsoft.ContainerRegistry/registries').map(({ properties }) => properties)).toEqual([
    { adminUserEnabled: false },
  ]);
  expect(of('Microsoft.ContainerService/managedClusters').map(({ properties }) => properties)).toEqual([
    expect.objectContaining({
      disableLocalAccounts: true,
      aadProfile: { managed: true, enableAzureRBAC: true },
      oidcIssuerProfile: { enabled: true },
      securityProfile: expect.objectContaining({ workloadIdentity: { enabled: true } }),
      workloadAutoScalerProfile: { keda: { enabled: true } },
    }),
  ]);
});

check('with private networking, whatever holds data is closed to the world, and found by a private name', () => {
  const closed = "[if(parameters('privateNetworking'), 'Disabled', 'Enabled')]";
  const services = ['Storage/storageAccounts', 'EventHub/namespaces', 'KeyVault/vaults'];
  for (const type of [...services, 'DocumentDB/databaseAccounts', 'CognitiveServices/accounts'].map(
    (s) => `Microsoft.${s}`,
  ))
    for (const { properties } of of(type)) expect(properties?.['publicNetworkAccess']).toBe(closed);
  expect(of('Microsoft.Network/privateEndpoints')).toHaveLength(5);
  expect(of('Microsoft.Network/privateEndpoints/privateDnsZoneGroups')).toHaveLength(5);
});

check('alerts are on, and end by themselves when their cause is gone', () => {
  const rules = of('Microsoft.Insights/scheduledQueryRules');
  expect(rules.length).toBeGreaterThan(0);
  for (const { properties } of rules) expect(properties).toMatchObject({ enabled: true, autoMitigate: true });
  expect(of('Microsoft.Insights/workbooks')).toHaveLength(1);
  expect(of('Microsoft.Insights/webtests')).toHaveLength(1);
});

check('no output holds a secret', () => {
  const { outputs } = template as { outputs: Record<string, { type: string; value: string }> };
  expect(Object.values(outputs).map(({ type }) => type)).toEqual(Object.keys(outputs).map(() => 'string'));
  expect(JSON.stringify(template)).not.toMatch(/listKeys|listAccountSas|listServiceSas|listConnectionStrings/i);
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
  const layout = JSON.parse(readFileSync(path.join(infra, 'storage-layout.json'), 'utf8')) as typeof storageLayout;
  expect(layout).toMatchObject({
    containers: storageLayout.containers,
    queues: storageLayout.queues,
    tables: storageLayout.tables,
  });
});

test('the parameters that azd fills in are parameters of the template', () => {
  const { parameters } = JSON.parse(readFileSync(path.join(infra, 'main.parameters.json'), 'utf8')) as {
    parameters: Record<string, unknown>;
  };
  const source = readFileSync(path.join(infra, 'main.bicep'), 'utf8');
  const declared = [...source.matchAll(/^param (\w+) /gm)].map(([, name]) => name);
  expect(Object.keys(parameters).filter((name) => !declared.includes(name))).toEqual([]);
});
