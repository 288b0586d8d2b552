// A cluster for the chart of infra/helm/sluice: KEDA, workload identity, and a registry that only the cluster's own identity pulls
// from. Kubernetes' own accounts are off: who may do what is Microsoft Entra's and Azure's to say.
param location string
param tags object
@minLength(13)
param token string
param workspaceId string
@description('Of the app.')
param identityName string
@description('Kubernetes namespace, and Helm release, that the app runs in.')
param release string
param nodeSize string
@minValue(1)
param maximumNodes int
@description('Network that the nodes are in, so that they reach private endpoints; empty without private networking.')
param networkName string
@description('Of that network; empty without private networking.')
param subnetName string

var inNetwork = !empty(networkName)

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' existing = {
  name: identityName
}

// Who the cluster is, towards Azure. Made before it, so that it may join the network when it begins.
resource clusterIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: 'id-aks-${token}'
  location: location
  tags: tags
}

resource network 'Microsoft.Network/virtualNetworks@2024-01-01' existing = {
  name: inNetwork ? networkName : 'none'

  resource nodes 'subnets' existing = {
    name: inNetwork ? subnetName : 'none'
  }
}

var networkContributor = '4d97b98b-1d4d-4787-a291-c67834d212e7' // Network Contributor

resource mayJoin 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (inNetwork) {
  name: guid(network::nodes.id, clusterIdentity.id, networkContributor)
  scope: network::nodes
  properties: {
    principalId: clusterIdentity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', networkContributor)
  }
}

resource registry 'Microsoft.ContainerRegistry/registries@2023-07-01' = {
  name: 'cr${token}'
  location: location
  tags: tags
  sku: { name: 'Standard' }
  properties: {
    adminUserEnabled: false
  }
}

resource cluster 'Microsoft.ContainerService/managedClusters@2024-09-01' = {
  name: 'aks-${token}'
  location: location
  tags: tags
  sku: { name: 'Base', tier: 'Standard' }
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${clusterIdentity.id}': {} }
  }
  properties: {
    dnsPrefix: 'sluice-${token}'
    disableLocalAccounts: true
    aadProfile: { managed: true, enableAzureRBAC: true }
    autoUpgradeProfile: { upgradeChannel: 'stable', nodeOSUpgradeChannel: 'NodeImage' }
    oidcIssuerProfile: { enabled: true }
    securityProfile: {
      workloadIdentity: { enabled: true }
      imageCleaner: { enabled: true, intervalHours: 168 }
    }
    // Secrets of the key vault become Secrets of Kubernetes, and change with them.
    addonProfiles: {
      azureKeyvaultSecretsProvider: { enabled: true, config: { enableSecretRotation: 'true', rotationPollInterval: '2m' } }
    }
    workloadAutoScalerProfile: { keda: { enabled: true } }
    networkProfile: {
      networkPlugin: 'azure'
      networkPluginMode: 'overlay'
      networkPolicy: 'cilium'
      networkDataplane: 'cilium'
    }
    agentPoolProfiles: [
      {
        name: 'system'
        mode: 'System'
        osType: 'Linux'
        osSKU: 'AzureLinux'
        vmSize: nodeSize
        vnetSubnetID: inNetwork ? network::nodes.id : null
        count: 1
        minCount: 1
        maxCount: maximumNodes
        enableAutoScaling: true
        availabilityZones: ['1', '2', '3']
      }
    ]
  }
  dependsOn: [mayJoin]
}

var acrPull = '7f951dda-4ed3-4680-a7ca-43fe172d538d' // AcrPull

resource mayPull 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(registry.id, cluster.id, acrPull)
  scope: registry
  properties: {
    principalId: cluster.properties.identityProfile.kubeletidentity.objectId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', acrPull)
  }
}

// The pods of the app, and KEDA, which reads queues and checkpoints as the app does.
var accounts = [
  { name: 'sluice', subject: 'system:serviceaccount:${release}:${release}' }
  { name: 'keda', subject: 'system:serviceaccount:kube-system:keda-operator' }
]

// Azure takes no two at a time for one identity.
@batchSize(1)
resource federated 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials@2023-01-31' = [
  for account in accounts: {
    parent: identity
    name: account.name
    properties: {
      issuer: cluster.properties.oidcIssuerProfile.issuerURL
      subject: account.subject
      audiences: ['api://AzureADTokenExchange']
    }
  }
]

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: cluster
  properties: {
    workspaceId: workspaceId
    logs: [{ categoryGroup: 'allLogs', enabled: true }]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

resource registryDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: registry
  properties: {
    workspaceId: workspaceId
    logs: [{ categoryGroup: 'allLogs', enabled: true }]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

output clusterName string = cluster.name
output registryEndpoint string = registry.properties.loginServer
