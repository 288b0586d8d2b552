/** One trace from the upload to the verified copy, metrics beside it, and no secret anywhere (C9). */
import type { MediaRecord } from '../../../src/domain/media/media-record';
import { startApp } from '../../drivers/app-under-test';
import { freePorts } from '../../drivers/free-ports';
import { startOtlpSink } from '../../drivers/otlp-sink';
import { png } from '../../drivers/raw-http';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';

it('exports one trace over queue and orchestration, and metrics by OTLP and Prometheus', async () => {
  const sink = await startOtlpSink();
  const [metricsPort = 0] = await freePorts(1);
  const app = await startApp({ OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, METRICS_PORT: String(metricsPort) });
  let prometheus: string;
  try {
    const form = new FormData();
    form.append('file', new Blob([new Uint8Array(png)]), 'traced.png');
    const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-01` };
    const answer = await fetch(`${app.url}/upload`, { method: 'POST', body: form, headers });
    const { files } = (await answer.json()) as { files: { id: string }[] };
    const record = await app.until(async () => {
      const found = (await (await fetch(`${app.url}/v1/media/${files[0]!.id}`)).json()) as MediaRecord;
      return found.state === 'processed' && found;
    });
    expect(record.traceId).toBe(traceId);
    prometheus = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  } finally {
    // Ending the app sends what its exporters still hold.
    await app.stop();
  }
  const ours = sink.spans.filter((span) => span.traceId === traceId).map((span) => span.name);
  expect(ours).toEqual(
    expect.arrayContaining([
      'POST /upload',
      'process jobqueue',
      'activity claim-media',
      'activity copy-media',
      'activity verify-media',
      'activity settle-media',
    ]),
  );
  expect([...sink.metricNames]).toEqual(
    expect.arrayContaining(['sluice.uploads', 'sluice.upload.bytes', 'sluice.items', 'sluice.activity.duration']),
  );
  expect(prometheus).toMatch(/sluice_uploads_total\{[^}]*\} 1/);
  const key = /AccountKey=([^;]+)/.exec(app.storage.settings.AzureWebJobsStorage ?? '')?.[1] ?? 'none';
  expect(app.lines.join('\n')).not.toContain(key);
  expect(JSON.stringify(sink.spans)).not.toContain(key);
  const logged = app.lines.find((line) => line.includes('"message":"File stored"'));
  expect(JSON.parse(logged!)).toMatchObject({ traceId, pipeline: 'media' });
  await sink.stop();
});
