/** Rules that every resource of the infrastructure is held to; each returns what breaks it. */
import type { Module, Resource } from './template';

interface Rule {
  /** Why it tells the workspace nothing; undefined when it has to. */
  readonly silent?: string;
  /** What keeps keys, passwords and old TLS out, of what takes any. */
  readonly properties?: Readonly<Record<string, unknown>>;
  /** Whether it is closed to the world with private networking. */
  readonly closable?: true;
}

const SINK = 'it is where the others tell it';
const NO_LOGS = 'it has no logs';
const closed = "[if(parameters('privateNetworking'), 'Disabled', 'Enabled')]";

/** Of each type that may be made, and is no part of another. A type that is not here is one that nobody has thought about. */
const RULES: Readonly<Record<string, Rule>> = {
  'Microsoft.Authorization/roleAssignments': { silent: NO_LOGS },
  'Microsoft.CognitiveServices/accounts': { properties: { disableLocalAuth: true }, closable: true },
  'Microsoft.Consumption/budgets': { silent: NO_LOGS },
  'Microsoft.ContainerRegistry/registries': { properties: { adminUserEnabled: false } },
  'Microsoft.ContainerService/managedClusters': { properties: { disableLocalAccounts: true } },
  'Microsoft.DocumentDB/databaseAccounts': {
    properties: { disableLocalAuth: true, disableKeyBasedMetadataWriteAccess: true, minimalTlsVersion: 'Tls12' },
    closable: true,
  },
  'Microsoft.EventGrid/systemTopics': {},
  'Microsoft.EventHub/namespaces': {
    properties: { disableLocalAuth: true, minimumTlsVersion: '1.2' },
    closable: true,
  },
  'Microsoft.Insights/actionGroups': { silent: NO_LOGS },
  'Microsoft.Insights/components': { silent: SINK, properties: { DisableLocalAuth: true } },
  'Microsoft.Insights/diagnosticSettings': { silent: NO_LOGS },
  'Microsoft.Insights/scheduledQueryRules': { silent: NO_LOGS },
  'Microsoft.Insights/webtests': { silent: NO_LOGS },
  'Microsoft.Insights/workbooks': { silent: NO_LOGS },
  'Microsoft.KeyVault/vaults': {
    properties: { enableRbacAuthorization: true, enableSoftDelete: true, enablePurgeProtection: true },
    closable: true,
  },
  'Microsoft.ManagedIdentity/userAssignedIdentities': { silent: NO_LOGS },
  'Microsoft.Network/privateDnsZones': { silent: NO_LOGS },
  'Microsoft.Network/privateEndpoints': { silent: NO_LOGS },
  'Microsoft.Network/virtualNetworks': {},
  'Microsoft.OperationalInsights/workspaces': { silent: SINK },
  'Microsoft.Resources/resourceGroups': { silent: NO_LOGS },
  'Microsoft.Storage/storageAccounts': {
    silent: 'each of its services does',
    properties: {
      allowBlobPublicAccess: false,
      allowCrossTenantReplication: false,
      allowSharedKeyAccess: false,
      defaultToOAuthAuthentication: true,
      minimumTlsVersion: 'TLS1_2',
      supportsHttpsTrafficOnly: true,
    },
    closable: true,
  },
  'Microsoft.Web/serverfarms': { silent: NO_LOGS },
  'Microsoft.Web/sites': { properties: { httpsOnly: true } },
};
/** Parts of a resource that tell the workspace something by themselves. */
const TELLING_PARTS = /\/storageAccounts\/(?:blob|queue|table|file)Services$/;

const isWhole = ({ type }: Resource): boolean => type.split('/').length === 2;

/** Resources of a type that has no rule. */
export function unruled(modules: readonly Module[]): string[] {
  return resourcesIn(modules)
    .filter(([, resource]) => isWhole(resource) && !(resource.type in RULES))
    .map(([module, { type }]) => `${module}: ${type}`);
}

/** Resources whose properties let a key, a password or an old protocol in, or that stay open with private networking. */
export function open(modules: readonly Module[]): string[] {
  return resourcesIn(modules).flatMap(([module, { type, properties = {} }]) => {
    const { properties: wanted = {}, closable } = RULES[type] ?? {};
    const all = { ...wanted, ...(closable && { publicNetworkAccess: closed }) };
    return Object.entries(all)
      .filter(([name, value]) => properties[name] !== value)
      .map(([name]) => `${module}: ${type} has ${name} ${JSON.stringify(properties[name])}`);
  });
}

/** Resources that have something to tell, and no diagnostic setting that sends all of it to the workspace. */
export function silent(modules: readonly Module[]): string[] {
  return modules.flatMap(({ name, resources }) => {
    const telling = resources.filter(
      (resource) =>
        (isWhole(resource) && RULES[resource.type]?.silent === undefined) || TELLING_PARTS.test(resource.type),
    );
    const told = resources.filter(
      ({ type, properties }) =>
        type === 'Microsoft.Insights/diagnosticSettings' &&
        properties?.['workspaceId'] === "[parameters('workspaceId')]" &&
        JSON.stringify(properties['logs']) === '[{"categoryGroup":"allLogs","enabled":true}]',
    );
    const left = told.map(({ scope = '' }) => typeIn(scope));
    return telling.flatMap(({ type }) => {
      const at = left.indexOf(type);
      if (at < 0) return [`${name}: ${type}`];
      left.splice(at, 1);
      return [];
    });
  });
}

/** Whatever would hand out a secret: in an output, or by asking a service for its keys. */
export function secrets(modules: readonly Module[]): string[] {
  const handsOut =
    /list\w*\(|connection_?string|instrumentation_?key|(?:primary|secondary|access|account)_?key|password|secret/i;
  return modules.flatMap(({ name, outputs, parameters, resources, variables }) => [
    ...Object.entries(outputs)
      .filter(
        ([key, { type, value, copy }]) => /secure/i.test(type) || handsOut.test(JSON.stringify([key, value, copy])),
      )
      .map(([key]) => `${name}: output ${key}`),
    ...Object.entries(parameters)
      .filter(([, { type = '' }]) => /secure/i.test(type))
      .map(([key]) => `${name}: parameter ${key}`),
    ...[...JSON.stringify([resources, variables]).matchAll(/\blist(?!ening)\w*\(/gi)].map(
      ([call]) => `${name}: ${call})`,
    ),
  ]);
}

export interface Grant {
  readonly role: string;
  readonly who: string;
  /** Type of what it is given on. */
  readonly on: string;
}

/** Who may do what: one for each role that is given, loops written out. */
export function grants(modules: readonly Module[]): Grant[] {
  return modules.flatMap(({ resources, variables }) =>
    resources
      .filter(({ type }) => type === 'Microsoft.Authorization/roleAssignments' || type.endsWith('/sqlRoleAssignments'))
      .flatMap((assignment) => {
        const { principalId, roleDefinitionId, scope } = assignment.properties as Readonly<Record<string, string>>;
        const place = assignment.scope ?? scope ?? '';
        const on = place.startsWith("[format('{0}/dbs/{1}'") ? 'a database of Cosmos DB' : typeIn(place);
        return idsIn(roleDefinitionId ?? '', variables).map((role) => ({ role, who: whoIs(principalId ?? ''), on }));
      }),
  );
}

const ID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** Written there, or in the variables that it names. */
function idsIn(expression: string, variables: Readonly<Record<string, unknown>>): string[] {
  const named = [...expression.matchAll(/variables\('([^']+)'\)/g)].map(([, name = '']) => variables[name]);
  return JSON.stringify([expression, named]).match(ID) ?? [`unreadable: ${expression}`];
}

function whoIs(principalId: string): string {
  if (principalId === "[parameters('appPrincipalId')]") return 'the app';
  const [, type, part] = /^\[reference\(resourceId\('(Microsoft\.[^']+)'.*\)\.([\w.]+)\]$/.exec(principalId) ?? [];
  return PRINCIPALS[`${type} ${part}`] ?? principalId;
}

const PRINCIPALS: Readonly<Record<string, string>> = {
  'Microsoft.EventGrid/systemTopics identity.principalId': 'the topic',
  'Microsoft.ContainerService/managedClusters identityProfile.kubeletidentity.objectId': 'the nodes',
  // Besides the app's, which is known by a parameter, the one that kubernetes.bicep makes.
  'Microsoft.ManagedIdentity/userAssignedIdentities principalId': 'the cluster',
};

/** `Microsoft.Storage/storageAccounts/blobServices` of whatever expression gives its id. */
function typeIn(expression: string): string {
  const [, written = expression] = /'(Microsoft\.[^']*)'/.exec(expression) ?? [];
  return written.replaceAll(/\/\{\d+\}/g, '');
}

function resourcesIn(modules: readonly Module[]): [module: string, Resource][] {
  return modules.flatMap(({ name, resources }) => resources.map((resource): [string, Resource] => [name, resource]));
}
