/** One upload, one order, one share file and one text, each one connected trace at both collectors (C9). */
import type { MediaRecord } from '../../../src/domain/media/media-record';
import { metrics } from '../../../src/telemetry/names';
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
import { dimensionsAsked, namesAsked, queries } from '../../drivers/kql-names';
import { startOtlpSink, type OtlpSink } from '../../drivers/otlp-sink';
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

it('messages are told by OpenTelemetry’s conventions', () => {
  const told = insights.spans.filter(({ name }) => name === 'process orders' || name === 'process jobqueue');
  expect(told.map(({ properties }) => properties)).toContainEqual(
    expect.objectContaining({
      'messaging.system': 'azure_storage_queue',
      'messaging.destination.name': 'orders',
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

it('Application Insights has every metric and every property that a query asks for', () => {
  const known: readonly string[] = Object.values(metrics).map(({ name }) => name);
  const asked = new Set(queries.flatMap(({ text }) => namesAsked(text)).filter((name) => known.includes(name)));
  expect([...asked].filter((name) => !insights.metricNames.has(name))).toEqual([]);
  expect([...insights.metricNames]).toEqual(expect.arrayContaining([...otlp.metricNames]));
  const dimensions = new Set(queries.flatMap(({ text }) => dimensionsAsked(text)));
  expect([...dimensions].filter((name) => !insights.text().includes(`"${name}":`))).toEqual([]);
});

it('no collector is told a secret', () => {
  const key = /AccountKey=([^;]+)/.exec(app.storage.settings['AzureWebJobsStorage'] ?? '')?.[1] ?? 'none';
  expect(insights.text()).not.toContain(key);
  expect(JSON.stringify(otlp.spans)).not.toContain(key);
});
