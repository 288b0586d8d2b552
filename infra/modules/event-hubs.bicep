// The event hub that orders come from (BACKEND_MODE=eventhub), read by the app's identity. No keys; nothing older than TLS 1.2.
param location string
param tags object
param token string
param workspaceId string
@description('Principal of the app\'s identity.')
param appPrincipalId string
param hubName string
param partitions int
param retentionHours int
param privateNetworking bool
@description('Empty without private networking.')
param endpointSubnetId string
@description('Of the private DNS zone; empty without private networking.')
param dnsZoneId string

resource namespace 'Microsoft.EventHub/namespaces@2024-01-01' = {
  name: 'evhns-${token}'
  location: location
  tags: tags
  sku: { name: 'Standard', tier: 'Standard', capacity: 1 }
  properties: {
    disableLocalAuth: true
    isAutoInflateEnabled: true
    maximumThroughputUnits: 10
    minimumTlsVersion: '1.2'
    publicNetworkAccess: privateNetworking ? 'Disabled' : 'Enabled'
  }

  resource hub 'eventhubs' = {
    name: hubName
    properties: {
      partitionCount: partitions
      retentionDescription: { cleanupPolicy: 'Delete', retentionTimeInHours: retentionHours }
    }
  }
}

var dataReceiver = 'a638d3c7-ab3a-418d-83e6-5f17a39d4fde' // Azure Event Hubs Data Receiver

resource mayReceive 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(namespace::hub.id, appPrincipalId, dataReceiver)
  scope: namespace::hub
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', dataReceiver)
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: namespace
  properties: {
    workspaceId: workspaceId
    logs: [{ categoryGroup: 'allLogs', enabled: true }]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

resource endpoint 'Microsoft.Network/privateEndpoints@2024-01-01' = if (privateNetworking) {
  name: 'pe-events-${token}'
  location: location
  tags: tags
  properties: {
    subnet: { id: endpointSubnetId }
    privateLinkServiceConnections: [
      {
        name: 'events'
        properties: { privateLinkServiceId: namespace.id, groupIds: ['namespace'] }
      }
    ]
  }

  resource zone 'privateDnsZoneGroups' = {
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [{ name: 'events', properties: { privateDnsZoneId: dnsZoneId } }]
    }
  }
}

output fullyQualifiedNamespace string = '${namespace.name}.servicebus.windows.net'
