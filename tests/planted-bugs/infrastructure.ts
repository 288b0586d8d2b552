import type { PlantedBug } from '../../scripts/local/planted-bug';

const template = { tests: 'infra/template' };
const chart = { tests: 'infra/chart' };
const deployments = { file: 'infra/helm/sluice/templates/deployments.yaml', ...chart, title: 'is safe, whole' };
const collectors = { tests: 'telemetry/collectors' };
const hook = { file: 'scripts/local/azure/blob-trigger-subscription.ts', tests: 'deployment/blob-trigger' };

/** What keeps the infrastructure closed, whole and to be operated (docs/deployment.md, docs/kubernetes.md), each broken once. */
export const bugs: readonly PlantedBug[] = [
  {
    name: 'infra-wider-role',
    plants: 'Event Grid’s topic may write into every queue of the account',
    file: 'infra/modules/event-grid.bicep',
    find: '  scope: account::queueService::jobs\n',
    replace: '  scope: account\n',
    ...template,
    title: 'each role',
  },
  {
    name: 'infra-one-role-more',
    plants: 'the app may do to storage what it needs to do to secrets alone',
    file: 'infra/modules/storage.bicep',
    find: "  tableContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3' // Storage Table Data Contributor\n",
    replace:
      "  tableContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'\n  more: '4633458b-17de-408a-b874-0445c86b69e6'\n",
    ...template,
    title: 'each role',
  },
  {
    name: 'infra-account-with-keys',
    plants: 'an optional module makes a storage account that takes keys',
    file: 'infra/modules/event-hubs.bicep',
    find: 'output fullyQualifiedNamespace string',
    replace: `resource capture 'Microsoft.Storage/storageAccounts@2023-05-01' = {
  name: take('capture\${token}', 24)
  location: location
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  properties: {
    allowSharedKeyAccess: true
    allowBlobPublicAccess: false
    minimumTlsVersion: 'TLS1_2'
    publicNetworkAccess: privateNetworking ? 'Disabled' : 'Enabled'
  }
}

output fullyQualifiedNamespace string`,
    ...template,
    title: 'each type',
  },
  {
    name: 'infra-silent-service',
    plants: 'the cosmos account tells the workspace nothing',
    file: 'infra/modules/cosmos.bicep',
    find: "    logs: [{ categoryGroup: 'allLogs', enabled: true }]\n",
    replace: '    logs: []\n',
    ...template,
    title: 'tells the workspace',
  },
  {
    name: 'infra-unknown-service',
    plants: 'a module makes a service that nobody thought about',
    file: 'infra/modules/event-hubs.bicep',
    find: 'output fullyQualifiedNamespace string',
    replace: `resource bus 'Microsoft.ServiceBus/namespaces@2022-10-01-preview' = {
  name: 'sb-\${token}'
  location: location
  tags: tags
  sku: { name: 'Standard', tier: 'Standard' }
}

output fullyQualifiedNamespace string`,
    ...template,
    title: 'each type',
  },
  {
    name: 'infra-key-in-output',
    plants: 'the connection string of Application Insights is an output',
    file: 'infra/modules/monitoring.bicep',
    find: 'output applicationInsightsName string = insights.name\n',
    replace:
      'output applicationInsightsName string = insights.name\noutput insightsAddress string = insights.properties.ConnectionString\n',
    ...template,
    title: 'no output',
  },
  {
    name: 'infra-insights-by-key',
    plants: 'Application Insights takes telemetry of whoever knows its key',
    file: 'infra/modules/monitoring.bicep',
    find: '    DisableLocalAuth: true\n',
    replace: '',
    ...template,
    title: 'each type',
  },
  {
    name: 'infra-open-in-private',
    plants: 'the firewall of storage lets everybody in, with private networking too',
    file: 'infra/modules/storage.bicep',
    find: "      defaultAction: privateNetworking ? 'Deny' : 'Allow'\n",
    replace: "      defaultAction: 'Allow'\n",
    ...template,
    title: 'with private networking',
  },
  {
    name: 'infra-zones-swapped',
    plants: 'the private name of Cosmos DB is looked up among those of Azure OpenAI',
    file: 'infra/main.bicep',
    find: "network.?outputs.dnsZoneIds.cosmos ?? ''",
    replace: "network.?outputs.dnsZoneIds.openai ?? ''",
    ...template,
    title: 'with private networking',
  },
  {
    name: 'infra-alerts-tell-nobody',
    plants: 'alerts fire, and nobody is told',
    file: 'infra/modules/operations.bicep',
    find: '      actions: { actionGroups: empty(contactEmails) ? [] : [told.id] }\n',
    replace: '',
    ...template,
    title: 'alerts are on',
  },
  {
    name: 'infra-uploads-cut-off',
    plants: 'the host refuses uploads that the app would take',
    file: 'infra/modules/function-app.bicep',
    find: 'string((uploadMaxMb + 1) * 1048576)',
    replace: 'string(uploadMaxMb * 1048576)',
    ...template,
    title: 'the app is told',
  },
  {
    name: 'chart-one-without-context',
    plants: 'the deployment with the share may gain privileges',
    ...deployments,
    find: '          securityContext:\n            allowPrivilegeEscalation: false\n',
    replace:
      '          securityContext:\n            {{- if not $part.share }}\n            allowPrivilegeEscalation: false\n            {{- end }}\n',
  },
  {
    name: 'chart-no-startup-probe',
    plants: 'a pod that takes two minutes to start is killed meanwhile',
    ...deployments,
    find: '          startupProbe:\n            httpGet: { path: /healthz, port: http }\n            periodSeconds: 5\n            failureThreshold: 60\n',
    replace: '',
  },
  {
    name: 'chart-liveness-asks-services',
    plants: 'pods are killed while a service that they need is away',
    ...deployments,
    find: '          livenessProbe:\n            httpGet: { path: /healthz, port: http }\n',
    replace: '          livenessProbe:\n            httpGet: { path: /readyz, port: http }\n',
  },
  {
    name: 'chart-undrainable',
    plants: 'a node with a lone pod cannot be drained',
    file: 'infra/helm/sluice/templates/disruption-budgets.yaml',
    find: '  maxUnavailable: 1\n',
    replace: '  minAvailable: 1\n',
    ...chart,
    title: 'is safe, whole',
  },
  {
    name: 'chart-service-to-all',
    plants: 'a service sends requests to pods of every pipeline',
    file: 'infra/helm/sluice/templates/services.yaml',
    find: '    {{- include "sluice.selector" (dict "root" $ "part" $part.name) | nindent 4 }}\n',
    replace: '    app.kubernetes.io/instance: {{ $.Release.Name }}\n',
    ...chart,
    title: 'is safe, whole',
  },
  {
    name: 'chart-checkpoints-elsewhere',
    plants: 'KEDA looks for checkpoints where the Functions host keeps none',
    file: 'infra/helm/sluice/templates/scaled-objects.yaml',
    find: '        checkpointStrategy: blobMetadata\n',
    replace: '        checkpointStrategy: azureFunction\n',
    ...chart,
    title: 'asks each backend',
  },
  {
    name: 'chart-password-in-the-open',
    plants: 'KEDA signs in to Kafka without TLS',
    file: 'infra/helm/sluice/templates/scaled-objects.yaml',
    find: 'ternary "disable" "enable"',
    replace: 'ternary "enable" "disable"',
    ...chart,
    title: 'asks each backend',
  },
  {
    name: 'chart-timers-asleep',
    plants: 'what resumes parked orders may go down to no pod at all',
    file: 'infra/helm/sluice/templates/_parts.tpl',
    find: 'dict "kind" "orders-queue" "min" 1 "max"',
    replace: 'dict "kind" "orders-queue" "min" 0 "max"',
    ...chart,
    title: 'go down to none',
  },
  {
    name: 'hook-tells-the-key',
    plants: 'a failed deployment prints the key of the app’s webhook',
    ...hook,
    find: "failed.replaceAll(encodeURIComponent(key), '…').replaceAll(key, '…')",
    replace: 'failed',
  },
  {
    name: 'hook-leaves-it-behind',
    plants: 'Event Grid goes on telling an app that takes in no texts any more',
    ...hook,
    find: "    await azure.call('DELETE', subscription, EVENT_GRID_VERSION);\n",
    replace: '',
  },
  {
    name: 'query-of-another-table',
    plants: 'an alert looks for orders among calls of other services, where none ever is',
    file: 'infra/alerts/order-p99.kql',
    find: "requests\n| where name == 'process orders'",
    replace: "dependencies\n| where name == 'process orders'",
    ...collectors,
    title: 'finds each metric and span',
  },
  {
    name: 'query-without-codes',
    plants: 'orders that failed are counted without the code that the errors are sorted by',
    file: 'src/intake/orders/bury-order.ts',
    find: "    count('ordersFailed', 1, { [attributes.code]: code });\n",
    replace: "    count('ordersFailed', 1, {});\n",
    ...collectors,
    title: 'finds each property',
  },
  {
    name: 'telemetry-without-identity',
    plants: 'telemetry is sent by the key of the connection string, which Application Insights refuses',
    file: 'src/telemetry/exporters.ts',
    find: ', ...(credential && { credential }) }',
    replace: ' }',
    ...collectors,
    title: 'as the app’s identity',
  },
  {
    name: 'blobs-never-heard-of',
    plants: 'the blob trigger looks through its container on a plan where nothing does',
    file: 'src/functions/ingest-blob.ts',
    find: '    source,\n',
    replace: '',
    ...collectors,
    title: 'text blobs were heard of',
  },
];
