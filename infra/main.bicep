// Everything that Sluice needs on Azure, for `azd up`. What each part is for: docs/deployment.md.
targetScope = 'subscription'

@description('Name of the environment; names and tags are derived from it.')
@minLength(1)
@maxLength(40)
param environmentName string

@description('Region of all resources.')
@minLength(1)
param location string

@description('Name of the resource group. Empty: rg-<environmentName>.')
param resourceGroupName string = ''

@description('Pipelines that run: PIPELINES.')
param pipelines string = 'media'

@description('Settings of the app beyond those that follow from these parameters: names (docs/settings.md) and values; a secret as a reference to the key vault (deployKeyVault).')
param settings object = {}

@description('Most that the files of one POST /upload may hold together, in MiB: UPLOAD_MAX_MB. 95 is the host\'s own limit of 100 MB and what the form needs.')
@minValue(1)
@maxValue(1000)
param uploadMaxMb int = 95

@description('Whether storage is reached by private endpoints only.')
param privateNetworking bool = false

@description('Days after which blobs that the rules on content refused are deleted from quarantine.')
@minValue(1)
param retentionDaysQuarantine int = 90

@description('Days after which working copies of texts are deleted that no run removed. Longer than the embedding service may be away: a text that waits for it is one of them.')
@minValue(7)
param retentionDaysWorkingTexts int = 30

@description('Days that deleted blobs, and earlier versions of blobs, can be had back.')
@minValue(1)
@maxValue(365)
param softDeleteDays int = 14

@description('Days that logs are kept.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 30

@description('Memory of one instance, in MB.')
@allowed([512, 2048, 4096])
param instanceMemoryMb int = 2048

@description('Most instances.')
@minValue(1)
@maxValue(1000)
param maximumInstances int = 40

@description('Where orders come from: BACKEND_MODE. With eventhub, an event hub is made. Kafka wants a cluster: Flex Consumption has no such trigger.')
@allowed(['queue', 'eventhub'])
param ordersBackend string = 'queue'

@description('Of the event hub that is made; no more instances than these read at a time.')
@minValue(1)
@maxValue(32)
param eventHubPartitions int = 4

@description('Hours that the event hub keeps orders.')
@minValue(1)
@maxValue(168)
param eventHubRetentionHours int = 168

@description('Whether Cosmos DB and Azure OpenAI are made, for the pipeline ingestion and its search.')
param deploySearch bool = false

@description('Model of Azure OpenAI that turns text into vectors, and what its vectors are like.')
param embeddingModel { name: string, version: string, dimensions: int } = {
  name: 'text-embedding-3-small'
  version: '1'
  dimensions: 1536
}

@description('Thousands of tokens that may be embedded in a minute.')
@minValue(1)
param embeddingCapacity int = 120

@description('Index of the vectors: quantizedFlat up to some 50,000 chunks in a project, diskANN beyond.')
@allowed(['quantizedFlat', 'diskANN'])
param vectorIndex string = 'quantizedFlat'

@description('Whether a key vault is made, for settings that are references to it: @Microsoft.KeyVault(VaultName=…;SecretName=…).')
param deployKeyVault bool = false

@description('Whether a cluster, a registry and a key vault are made, for the chart of infra/helm/sluice.')
param deployKubernetes bool = false

@description('Size of the cluster\'s nodes.')
param kubernetesNodeSize string = 'Standard_D4ds_v5'

@description('Most nodes of the cluster.')
@minValue(1)
@maxValue(100)
param kubernetesMaximumNodes int = 5

@description('Monthly budget of the resource group, in the currency of the subscription. 0: none.')
@minValue(0)
param budgetAmount int = 0

@description('Who is told when the budget is nearly used up.')
param budgetContactEmails string[] = []

@description('Who is told when an alert fires; the alerts are there without, and seen in the portal.')
param alertContactEmails string[] = []

@description('First day of the budget, the first of a month.')
param budgetStart string = utcNow('yyyy-MM-01')

var token = toLower(uniqueString(subscription().id, environmentName, location))
var tags = { 'azd-env-name': environmentName }
var ordersHub = 'orders'
var layout = loadJsonContent('storage-layout.json')
var ingestionContainer = settings.?INGESTION_CONTAINER ?? layout.ingestionContainer

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: empty(resourceGroupName) ? 'rg-${environmentName}' : resourceGroupName
  location: location
  tags: tags
}

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    retentionDays: logRetentionDays
    appPrincipalId: identity.outputs.principalId
  }
}

module identity 'modules/identity.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    token: token
  }
}

module network 'modules/network.bicep' = if (privateNetworking) {
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    workspaceId: monitoring.outputs.workspaceId
  }
}

module storage 'modules/storage.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    workspaceId: monitoring.outputs.workspaceId
    appPrincipalId: identity.outputs.principalId
    privateNetworking: privateNetworking
    endpointSubnetId: network.?outputs.endpointSubnetId ?? ''
    dnsZoneIds: network.?outputs.dnsZoneIds ?? {}
    ingestionContainer: ingestionContainer
    retentionDaysQuarantine: retentionDaysQuarantine
    retentionDaysWorkingTexts: retentionDaysWorkingTexts
    softDeleteDays: softDeleteDays
  }
}

module events 'modules/event-grid.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    workspaceId: monitoring.outputs.workspaceId
    storageAccountName: storage.outputs.accountName
  }
}

module eventHubs 'modules/event-hubs.bicep' = if (ordersBackend == 'eventhub') {
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    workspaceId: monitoring.outputs.workspaceId
    appPrincipalId: identity.outputs.principalId
    hubName: ordersHub
    partitions: eventHubPartitions
    retentionHours: eventHubRetentionHours
    privateNetworking: privateNetworking
    endpointSubnetId: network.?outputs.endpointSubnetId ?? ''
    dnsZoneId: network.?outputs.dnsZoneIds.events ?? ''
  }
}

module vault 'modules/key-vault.bicep' = if (deployKubernetes || deployKeyVault) {
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    workspaceId: monitoring.outputs.workspaceId
    appPrincipalId: identity.outputs.principalId
    privateNetworking: privateNetworking
    endpointSubnetId: network.?outputs.endpointSubnetId ?? ''
    dnsZoneId: network.?outputs.dnsZoneIds.vault ?? ''
  }
}

module cosmos 'modules/cosmos.bicep' = if (deploySearch) {
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    workspaceId: monitoring.outputs.workspaceId
    appPrincipalId: identity.outputs.principalId
    dimensions: embeddingModel.dimensions
    vectorIndex: vectorIndex
    privateNetworking: privateNetworking
    endpointSubnetId: network.?outputs.endpointSubnetId ?? ''
    dnsZoneId: network.?outputs.dnsZoneIds.cosmos ?? ''
  }
}

module openai 'modules/openai.bicep' = if (deploySearch) {
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    workspaceId: monitoring.outputs.workspaceId
    appPrincipalId: identity.outputs.principalId
    model: embeddingModel.name
    modelVersion: embeddingModel.version
    capacity: embeddingCapacity
    privateNetworking: privateNetworking
    endpointSubnetId: network.?outputs.endpointSubnetId ?? ''
    dnsZoneId: network.?outputs.dnsZoneIds.openai ?? ''
  }
}

var searchSettings = deploySearch
  ? {
      COSMOS_ENDPOINT: cosmos.?outputs.endpoint ?? ''
      COSMOS_VECTOR_INDEX: vectorIndex
      AZURE_OPENAI_ENDPOINT: openai.?outputs.endpoint ?? ''
      AZURE_OPENAI_DEPLOYMENT: openai.?outputs.deployment ?? ''
      AZURE_OPENAI_MODEL: embeddingModel.name
      AZURE_OPENAI_DIMENSIONS: string(embeddingModel.dimensions)
    }
  : {}

var ordersSettings = {
  queue: {}
  eventhub: {
    EVENTHUB_NAMESPACE: eventHubs.?outputs.fullyQualifiedNamespace ?? ''
    EVENTHUB_NAME: ordersHub
    EVENTHUB__fullyQualifiedNamespace: eventHubs.?outputs.fullyQualifiedNamespace ?? ''
    EVENTHUB__credential: 'managedidentity'
    EVENTHUB__clientId: identity.outputs.clientId
    STORAGE_ACCOUNT: storage.outputs.accountName
  }
}

module app 'modules/function-app.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    workspaceId: monitoring.outputs.workspaceId
    applicationInsightsName: monitoring.outputs.applicationInsightsName
    identityName: identity.outputs.name
    storageAccountName: storage.outputs.accountName
    deploymentContainer: storage.outputs.deploymentContainer
    appSubnetId: network.?outputs.appSubnetId ?? ''
    pipelines: pipelines
    uploadMaxMb: uploadMaxMb
    instanceMemoryMb: instanceMemoryMb
    maximumInstances: maximumInstances
    pipelineSettings: union(settings, { BACKEND_MODE: ordersBackend }, ordersSettings[ordersBackend], searchSettings)
  }
}

module kubernetes 'modules/kubernetes.bicep' = if (deployKubernetes) {
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    workspaceId: monitoring.outputs.workspaceId
    identityName: identity.outputs.name
    release: 'sluice'
    nodeSize: kubernetesNodeSize
    maximumNodes: kubernetesMaximumNodes
    networkName: network.?outputs.networkName ?? ''
    subnetName: network.?outputs.clusterSubnetName ?? ''
  }
}

module operations 'modules/operations.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    applicationInsightsName: monitoring.outputs.applicationInsightsName
    appUri: app.outputs.uri
    contactEmails: alertContactEmails
  }
}

module budget 'modules/budget.bicep' = if (budgetAmount > 0) {
  scope: group
  params: {
    amount: budgetAmount
    start: budgetStart
    contactEmails: budgetContactEmails
  }
}

output AZURE_LOCATION string = location
output AZURE_RESOURCE_GROUP string = group.name
output SERVICE_APP_NAME string = app.outputs.name
output SERVICE_APP_URI string = app.outputs.uri
output SERVICE_APP_PIPELINES string = pipelines
output EVENT_GRID_TOPIC_NAME string = events.outputs.topicName
output INGESTION_CONTAINER string = ingestionContainer
output INGESTION_PREFIX string = settings.?INGESTION_PREFIX ?? ''
output STORAGE_ACCOUNT_NAME string = storage.outputs.accountName
output APPLICATIONINSIGHTS_NAME string = monitoring.outputs.applicationInsightsName
output IDENTITY_CLIENT_ID string = identity.outputs.clientId
output KEY_VAULT_NAME string = vault.?outputs.name ?? ''
output EVENTHUB_NAMESPACE string = eventHubs.?outputs.fullyQualifiedNamespace ?? ''
output AZURE_AKS_CLUSTER_NAME string = kubernetes.?outputs.clusterName ?? ''
output AZURE_CONTAINER_REGISTRY_ENDPOINT string = kubernetes.?outputs.registryEndpoint ?? ''
output COSMOS_ENDPOINT string = cosmos.?outputs.endpoint ?? ''
output AZURE_OPENAI_ENDPOINT string = openai.?outputs.endpoint ?? ''
