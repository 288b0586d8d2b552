/** One upload, one order, one share file and one text, each one connected trace at both collectors (C9). */
import type { MediaRecord } from '../../../src/domain/media/media-record';
import { startApp, type AppUnderTest } from '../../drivers/app-under-test';
import { startAzureOpenAi, type AzureOpenAiServer } from '../../drivers/azure-openai-under-test';
import { ingestionSettings, outcomeOf, putText } from '../../drivers/ingestion-under-test';
import { startInsightsSink, type InsightsSink } from '../../drivers/insights-sink';
import {
  orderText,
  sendToQueue,
  startAwaitedDownstream,
  type AwaitedDownstream,
} from '../../drivers/orders-under-test';
import { dimensionsAsked, namesAsked, queries, tablesAsked } from '../../drivers/kql-names';
import { startOtlpSink, type OtlpSink, type SunkSpan } from '../../drivers/otlp-sink';
import { png } from '../../drivers/raw-http';
import { shareOf, shareSettings } from '../../drivers/share-under-test';

interface AnySpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
}

let otlp: OtlpSink;
let insights: InsightsSink;
let downstream: AwaitedDownstream;
let embedder: AzureOpenAiServer;
let app: AppUnderTest;
const traces: Record<'upload' | 'order' | 'share' | 'text', string> = { upload: '', order: '', share: '', text: '' };

beforeAll(async () => {
  otlp = await startOtlpSink();
  insights = await startInsightsSink();
  downstream = await startAwaitedDownstream();
  embedder = await startAzureOpenAi();
  app = await startApp((place) =>
    shareSettings(place, {
      ...insights.settings,
      ...insights.identity,
      INGESTION_BLOB_SOURCE: 'EventGrid',
      ...ingestionSettings(embedder),
      ENABLE_CIRCUIT_BREAKER: '1',
      FAILURE_THRESHOLD: '1',
      CIRCUIT_OPEN_S: '5',
      PIPELINES: 'media,orders,nfs,blob-events,ingestion',
      ORDERS_BREAKER_FAILURES: '1',
      ORDERS_BREAKER_OPEN_S: '1',
      ORDERS_RESUME_SCHEDULE: '* * * * * *',
      OTEL_EXPORTER_OTLP_ENDPOINT: otlp.url,
      ORDERS_CALLBACK_URL: downstream.url,
    }),
  );
  const form = new FormData();
  form.append('file', new Blob([new Uint8Array(png)]), 'traced.png');
  const answer = await fetch(`${app.url}/upload`, { method: 'POST', body: form });
  const { files } = (await answer.json()) as { files: { id: string }[] };
  const record = await app.until(async () => {
    const found = (await (await fetch(`${app.url}/v1/media/${files[0]!.id}`)).json()) as MediaRecord;
    return found.state === 'processed' && found;
  });
  traces.upload = record.traceId ?? '';
  await sendToQueue(app.storage, orderText({ orderId: 'traced' }));
  await downstream.until((texts) => texts.length === 1);
  traces.order = [...downstream.taken.values()][0]?.traceparent?.split('-')[1] ?? '';
  const share = shareOf(app);
  await share.post('/v1/watch/start', { session_name: 'traced' });
  share.drop('traced.csv', 'a,b\n1,2\n');
  await share.untilStatus(({ processed_ok }) => processed_ok === 1);
  await outcomeOf(app, 'traced.md', await putText(app.storage.clients, 'traced.md', '# A text\n\nThat is traced.\n'));
  await troubles();
  // Ending the app sends what its exporters still hold.
  await app.stop();
  const traceOf = (span: string): string => otlp.spans.find(({ name }) => name === span)?.traceId ?? '';
  traces.share = traceOf('send share file');
  traces.text = traceOf('activity plan-document');
}, 120_000);
afterAll(async () => {
  await downstream.stop();
  await embedder.stop();
  await otlp.stop();
  await insights.stop();
});

/** What is counted only when something goes wrong. */
async function troubles(): Promise<void> {
  const form = new FormData();
  form.append('file', new Blob(['no picture']), 'refused.png');
  expect((await fetch(`${app.url}/upload`, { method: 'POST', body: form })).status).toBe(415);
  await sendToQueue(app.storage, 'no order');
  const letter = await app.until(async () => {
    const answer = await fetch(`${app.url}/v1/dead-letters?pipeline=orders`);
    return ((await answer.json()) as { items: { id: string }[] }).items[0];
  });
  expect((await fetch(`${app.url}/v1/dead-letters/${letter.id}/replay`, { method: 'POST' })).status).toBe(200);
  downstream.behave({ failing: 1 });
  await sendToQueue(app.storage, orderText({ orderId: 'rested' }));
  await app.line(/Order waits.*given a rest/);
  downstream.behave({ failing: 0 });
  await downstream.until((texts) => texts.some((text) => text.includes('"rested"')));
  // The first text's call opens the breaker, which keeps that of the second back.
  embedder.faults.push({ status: 500 });
  const failed = await putText(app.storage.clients, 'failed.md', 'A text that opens the breaker.');
  await app.until(async () => {
    const status = await fetch(`${app.url}/v1/status/ingestion`);
    return ((await status.json()) as { breaker: { state: string } }).breaker.state === 'open';
  });
  const rested = await putText(app.storage.clients, 'rested.md', 'A text that has to wait.');
  await outcomeOf(app, 'failed.md', failed);
  await outcomeOf(app, 'rested.md', rested);
}

const collectors = [
  ['OTLP', () => otlp.spans],
  ['Application Insights', () => insights.spans],
] as const;

/** The first is the root of its trace. */
const steps = {
  upload: [
    ...['POST /upload', 'process jobqueue', 'activity claim-media', 'activity copy-media', 'activity verify-media'],
    'activity settle-media',
  ],
  order: ['process orders'],
  share: ['share sweep', 'activity transfer-share-files', 'send share file'],
  text: [
    ...['process ingest_blob', 'activity plan-document', 'activity index-batch', 'activity replace-document'],
    'activity settle-document',
  ],
} as const;

/** Calls of the Azure SDK; Application Insights leaves some of those that such calls stand in out. */
const ofSdk = /Client|^HTTP |^[A-Z]+ \/devstoreaccount1|^Table/;

describe.each(collectors)('at the collector of %s', (_, spansOf) => {
  it.each(['upload', 'order', 'share', 'text'] as const)(
    'one %s is one trace, from its first event to its last effect',
    (item) => {
      const all: readonly AnySpan[] = spansOf().filter(({ traceId }) => traceId === traces[item]);
      const spans = all.filter(({ name }) => !ofSdk.test(name));
      expect(spans.map(({ name }) => name).sort()).toEqual([...steps[item]].sort());
      const ids = new Set(all.map(({ spanId }) => spanId));
      const roots = all.filter(({ parentSpanId }) => !parentSpanId || !ids.has(parentSpanId));
      expect(roots.map(({ name }) => name)).toEqual([steps[item][0]]);
    },
  );
});

it('5: Application Insights captures all processing events', () => {
  const taken = insights.spans.filter(({ name }) => name === 'process ingest_blob');
  const told = taken.map(({ properties }) => [properties['sluice.blob'], properties['sluice.outcome']]);
  const names = ['failed.md', 'rested.md', 'traced.md'];
  expect(told.sort()).toEqual(names.map((name) => [`snippet-input/${name}`, 'started']));
  for (const { traceId } of taken) {
    const events = new Set(insights.spans.filter((span) => span.traceId === traceId).map(({ name }) => name));
    expect([...events]).toEqual(expect.arrayContaining([...steps.text]));
  }
  expect([...insights.metricNames]).toEqual(
    expect.arrayContaining(['ProcessingDuration', 'sluice.embedding.duration', 'sluice.ingestion.chunks']),
  );
});

it('messages and requests are told by OpenTelemetry’s conventions', () => {
  const valueOf = (span: SunkSpan, key: string): unknown => {
    const [value] = span.attributes.filter((attribute) => attribute.key === key).map((attribute) => attribute.value);
    return (value as { stringValue?: unknown } | undefined)?.stringValue;
  };
  const messages = otlp.spans.filter((span) => valueOf(span, 'messaging.system') !== undefined);
  expect(new Set(messages.map(({ name }) => name))).toEqual(new Set(['process orders', 'process jobqueue']));
  for (const span of messages)
    expect([
      span.kind,
      ...['system', 'destination.name', 'operation.name', 'operation.type'].map((key) =>
        valueOf(span, `messaging.${key}`),
      ),
    ]).toEqual([5, 'azure_storage_queue', span.name.replace('process ', ''), 'process', 'process']);
  const alike = insights.spans.filter(({ name }) => name === 'process orders' || name === 'process jobqueue');
  expect(alike.map(({ properties }) => properties)).toContainEqual(
    expect.objectContaining({
      'messaging.system': 'azure_storage_queue',
      'messaging.destination.name': 'orders',
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
    }),
  );
  const request = otlp.spans.find(({ name }) => name === 'POST /upload');
  expect(Object.fromEntries(request!.attributes.map(({ key, value }) => [key, value]))).toMatchObject({
    'http.request.method': { stringValue: 'POST' },
    'http.route': { stringValue: '/upload' },
    'http.response.status_code': { intValue: 201 },
  });
});

const asked = queries.map(({ file, text }) => ({
  file,
  names: namesAsked(text),
  dimensions: [...new Set(dimensionsAsked(text))],
  tables: tablesAsked(text),
}));

it.each(asked)('$file finds each metric and span that it names in the table that it reads', ({ names, tables }) => {
  const found = [
    ...insights.spans.filter(({ table }) => tables.includes(table)).map(({ name }) => name),
    ...(tables.includes('customMetrics') ? insights.metricNames : []),
  ];
  // `startswith 'activity '` stands for all of them; availability tests are Azure's own.
  const missing = names.filter((name) => !found.some((one) => one === name || one.startsWith(`${name} `)));
  expect(missing.filter((name) => name !== 'ready-')).toEqual([]);
});

it.each(asked.filter(({ dimensions }) => dimensions.length > 0))(
  '$file finds each property that it names on something that it asks for',
  ({ names, dimensions, tables }) => {
    const items = [
      ...insights.spans.filter(({ table }) => tables.includes(table)),
      ...(tables.includes('customMetrics') ? insights.metrics : []),
    ].filter(({ name }) => names.length === 0 || names.some((one) => name === one || name.startsWith(`${one} `)));
    expect(dimensions.filter((name) => !items.some(({ properties }) => name in properties))).toEqual([]);
    // Nor does one metric hide that another lacks what the query sorts it by.
    const plain = ['sluice.uploads', 'sluice.share.files', 'orders_processed_total'];
    const unsorted = names.filter((name) => {
      const ones = items.filter((item) => item.name === name);
      return ones.length > 0 && !ones.some(({ properties }) => dimensions.some((dimension) => dimension in properties));
    });
    expect(unsorted.filter((name) => !plain.includes(name))).toEqual([]);
  },
);

it('Application Insights has what queries compare properties with, and what the other collector has', () => {
  const values = (metric: string, property: string): Set<string | undefined> =>
    new Set(insights.metrics.filter(({ name }) => name === metric).map(({ properties }) => properties[property]));
  // What waits and what was processed are told of by the same name.
  const processed = [...values('orders_processed_total', 'sluice.backend')];
  expect([...values('current_backlog', 'sluice.backend')]).toEqual(expect.arrayContaining(['parked', ...processed]));
  expect(processed).toEqual(['queue']);
  expect(values('sluice.dead_letters', 'sluice.pipeline')).toContain('orders');
  expect(values('sluice.blob_events.queue_length', 'messaging.destination.name')).toContain('blob-error');
  expect(insights.spans.map(({ type }) => type)).toContain('InProc');
  expect([...insights.metricNames]).toEqual(expect.arrayContaining([...otlp.metricNames]));
});

it('text blobs were heard of as the setting says, on a host that has no Event Grid', () => {
  const ingest = app.host.functions.find(({ definition }) => definition.name === 'ingest_blob');
  expect(ingest?.trigger).toMatchObject({ type: 'blobTrigger', source: 'EventGrid' });
});

it('Application Insights is sent everything as the app’s identity', () => {
  expect([...insights.authorizations]).toEqual(['Bearer of-the-app']);
  expect(app.lines.join('\n')).toMatch(/Application Insights by identity/);
});

it('no collector is told a secret', () => {
  const key = /AccountKey=([^;]+)/.exec(app.storage.settings['AzureWebJobsStorage'] ?? '')?.[1] ?? 'none';
  expect(insights.text()).not.toContain(key);
  expect(JSON.stringify(otlp.spans)).not.toContain(key);
});
