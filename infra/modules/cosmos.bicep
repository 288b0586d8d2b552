// Documents, chunks and vectors of text ingestion, reached by the app's identity alone. What the container has to be like is made
// from the code by `npm run docs`, since an identity may fill containers and not make them.
param location string
param tags object
param token string
param workspaceId string
@description('Principal of the app\'s identity.')
param appPrincipalId string
@description('Length of the vectors.')
param dimensions int
@allowed(['quantizedFlat', 'diskANN'])
param vectorIndex string
param privateNetworking bool
@description('Empty without private networking.')
param endpointSubnetId string
@description('Of the private DNS zone; empty without private networking.')
param dnsZoneId string

var definition = loadJsonContent('../cosmos-container.json')

resource account 'Microsoft.DocumentDB/databaseAccounts@2025-10-15' = {
  name: 'cosmos-${token}'
  location: location
  tags: tags
  kind: 'GlobalDocumentDB'
  properties: {
    databaseAccountOfferType: 'Standard'
    capabilities: [
      { name: 'EnableServerless' }
      { name: 'EnableNoSQLVectorSearch' }
      { name: 'EnableNoSQLFullTextSearch' }
    ]
    consistencyPolicy: { defaultConsistencyLevel: 'Session' }
    disableLocalAuth: true
    disableKeyBasedMetadataWriteAccess: true
    minimalTlsVersion: 'Tls12'
    publicNetworkAccess: privateNetworking ? 'Disabled' : 'Enabled'
    backupPolicy: { type: 'Continuous', continuousModeProperties: { tier: 'Continuous7Days' } }
    locations: [{ locationName: location, failoverPriority: 0, isZoneRedundant: false }]
  }

  resource database 'sqlDatabases' = {
    name: definition.database
    properties: { resource: { id: definition.database } }

    resource container 'containers' = {
      name: definition.id
      properties: {
        resource: {
          id: definition.id
          partitionKey: definition.partitionKey
          vectorEmbeddingPolicy: {
            vectorEmbeddings: [
              {
                path: definition.vectorPath
                dataType: 'float32'
                dimensions: dimensions
                distanceFunction: 'cosine'
              }
            ]
          }
          fullTextPolicy: definition.fullTextPolicy
          indexingPolicy: {
            indexingMode: 'consistent'
            automatic: true
            includedPaths: definition.includedPaths
            excludedPaths: definition.excludedPaths
            vectorIndexes: [{ path: definition.vectorPath, type: vectorIndex }]
            fullTextIndexes: definition.fullTextIndexes
          }
        }
      }
    }
  }
}

// Cosmos DB Built-in Data Contributor, of Cosmos DB's own roles.
var dataContributor = '00000000-0000-0000-0000-000000000002'

resource mayUse 'Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments@2025-10-15' = {
  parent: account
  name: guid(account.id, appPrincipalId, dataContributor)
  properties: {
    principalId: appPrincipalId
    roleDefinitionId: '${account.id}/sqlRoleDefinitions/${dataContributor}'
    scope: '${account.id}/dbs/${definition.database}'
  }
  dependsOn: [account::database]
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: account
  properties: {
    workspaceId: workspaceId
    logs: [{ categoryGroup: 'allLogs', enabled: true }]
    metrics: [{ category: 'Requests', enabled: true }]
  }
}

resource endpoint 'Microsoft.Network/privateEndpoints@2024-01-01' = if (privateNetworking) {
  name: 'pe-cosmos-${token}'
  location: location
  tags: tags
  properties: {
    subnet: { id: endpointSubnetId }
    privateLinkServiceConnections: [
      {
        name: 'cosmos'
        properties: { privateLinkServiceId: account.id, groupIds: ['Sql'] }
      }
    ]
  }

  resource zone 'privateDnsZoneGroups' = {
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [{ name: 'cosmos', properties: { privateDnsZoneId: dnsZoneId } }]
    }
  }
}

output endpoint string = account.properties.documentEndpoint
