// The model that turns text into vectors, reached by the app's identity alone.
param location string
param tags object
param token string
param workspaceId string
@description('Principal of the app\'s identity.')
param appPrincipalId string
param model string
param modelVersion string
@description('Thousands of tokens a minute.')
param capacity int
param privateNetworking bool
@description('Empty without private networking.')
param endpointSubnetId string
@description('Of the private DNS zone; empty without private networking.')
param dnsZoneId string

resource account 'Microsoft.CognitiveServices/accounts@2024-10-01' = {
  name: 'oai-${token}'
  location: location
  tags: tags
  kind: 'OpenAI'
  sku: { name: 'S0' }
  properties: {
    // Tokens of an identity are taken under a name of its own only.
    customSubDomainName: 'oai-${token}'
    disableLocalAuth: true
    publicNetworkAccess: privateNetworking ? 'Disabled' : 'Enabled'
  }

  resource deployment 'deployments' = {
    name: model
    sku: { name: 'Standard', capacity: capacity }
    properties: {
      model: { format: 'OpenAI', name: model, version: modelVersion }
      versionUpgradeOption: 'NoAutoUpgrade'
    }
  }
}

var openAiUser = '5e0bd9bd-7b93-4f28-af87-19fc36ad61bd' // Cognitive Services OpenAI User

resource mayUse 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account.id, appPrincipalId, openAiUser)
  scope: account
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', openAiUser)
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: account
  properties: {
    workspaceId: workspaceId
    logs: [{ categoryGroup: 'allLogs', enabled: true }]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

resource endpoint 'Microsoft.Network/privateEndpoints@2024-01-01' = if (privateNetworking) {
  name: 'pe-openai-${token}'
  location: location
  tags: tags
  properties: {
    subnet: { id: endpointSubnetId }
    privateLinkServiceConnections: [
      {
        name: 'openai'
        properties: { privateLinkServiceId: account.id, groupIds: ['account'] }
      }
    ]
  }

  resource zone 'privateDnsZoneGroups' = {
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [{ name: 'openai', properties: { privateDnsZoneId: dnsZoneId } }]
    }
  }
}

output endpoint string = account.properties.endpoint
output deployment string = account::deployment.name
