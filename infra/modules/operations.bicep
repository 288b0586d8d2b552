// What tells somebody that something is wrong, and shows what: alert rules, a look at /readyz from outside, a workbook.
// Each alert has a page in docs/runbooks with its name.
param location string
param tags object
param token string
param applicationInsightsName string
@description('Address of the app, without a slash at its end.')
param appUri string
@description('Who is told; nobody when empty.')
param contactEmails string[]

var rules = [
  {
    name: 'error-queue'
    severity: 2
    window: 'PT15M'
    says: 'Blob events that could not be moved wait in the error queue.'
    query: loadTextContent('../alerts/error-queue.kql')
  }
  {
    name: 'failure-rate'
    severity: 2
    window: 'PT15M'
    says: 'More than 5 % of what was taken became dead letters.'
    query: loadTextContent('../alerts/failure-rate.kql')
  }
  {
    name: 'order-p99'
    severity: 3
    window: 'PT15M'
    says: 'The slowest hundredth of order events takes longer than 5 s.'
    query: loadTextContent('../alerts/order-p99.kql')
  }
  {
    name: 'backlog-age'
    severity: 1
    window: 'PT10M'
    says: 'Order events wait, and none was processed for ten minutes.'
    query: loadTextContent('../alerts/backlog-age.kql')
  }
  {
    name: 'breaker-open'
    severity: 2
    window: 'PT5M'
    says: 'A service that orders or texts need fails; what needs it is put off.'
    query: loadTextContent('../alerts/breaker-open.kql')
  }
  {
    name: 'readiness'
    severity: 1
    window: 'PT15M'
    says: 'The app does not answer that it is ready.'
    query: loadTextContent('../alerts/readiness.kql')
  }
]

var panels = [
  { title: 'Taken and ended', chart: 'timechart', query: loadTextContent('../queries/ingestion-activity.kql') }
  { title: 'Errors', chart: 'table', query: loadTextContent('../queries/errors.kql') }
  { title: 'Durations', chart: 'table', query: loadTextContent('../queries/durations.kql') }
  { title: 'Texts by outcome', chart: 'table', query: loadTextContent('../queries/texts.kql') }
  { title: 'Backlog', chart: 'timechart', query: loadTextContent('../queries/backlog.kql') }
  { title: 'Orders by tenant', chart: 'table', query: loadTextContent('../queries/orders-by-tenant.kql') }
  { title: 'Dead letters', chart: 'table', query: loadTextContent('../queries/dead-letters.kql') }
  {
    title: 'Slowest orchestrations'
    chart: 'table'
    query: loadTextContent('../queries/slowest-orchestrations.kql')
  }
]

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

resource told 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(contactEmails)) {
  name: 'ag-${token}'
  location: 'Global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'sluice'
    emailReceivers: [
      for (address, i) in contactEmails: {
        name: 'contact-${i}'
        emailAddress: address
        useCommonAlertSchema: true
      }
    ]
  }
}

resource alerts 'Microsoft.Insights/scheduledQueryRules@2022-06-15' = [
  for rule in rules: {
    name: '${rule.name}-${token}'
    location: location
    tags: tags
    properties: {
      displayName: 'Sluice: ${rule.name}'
      description: '${rule.says} What to do: docs/runbooks/${rule.name}.md'
      severity: rule.severity
      enabled: true
      scopes: [insights.id]
      evaluationFrequency: 'PT5M'
      windowSize: rule.window
      autoMitigate: true
      criteria: {
        allOf: [
          {
            query: rule.query
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: { actionGroups: empty(contactEmails) ? [] : [told.id] }
    }
  }
]

resource ready 'Microsoft.Insights/webtests@2022-06-15' = {
  name: 'ready-${token}'
  location: location
  tags: union(tags, { 'hidden-link:${insights.id}': 'Resource' })
  properties: {
    SyntheticMonitorId: 'ready-${token}'
    Name: 'ready-${token}'
    Enabled: true
    Kind: 'standard'
    Frequency: 300
    Timeout: 30
    RetryEnabled: true
    Locations: [{ Id: 'emea-nl-ams-azr' }, { Id: 'us-va-ash-azr' }, { Id: 'apac-sg-sin-azr' }]
    Request: { RequestUrl: '${appUri}/readyz', HttpVerb: 'GET', ParseDependentRequests: false }
    ValidationRules: { ExpectedHttpStatusCode: 200, SSLCheck: true, SSLCertRemainingLifetimeCheck: 14 }
  }
}

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(resourceGroup().id, token, 'workbook')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'Sluice'
    category: 'workbook'
    sourceId: insights.id
    serializedData: string({
      version: 'Notebook/1.0'
      items: map(panels, panel => {
        type: 3
        name: panel.title
        content: {
          version: 'KqlItem/1.0'
          title: panel.title
          query: panel.query
          visualization: panel.chart
          size: 0
          timeContext: { durationMs: 86400000 }
          queryType: 0
          resourceType: 'microsoft.insights/components'
        }
      })
    })
  }
}
