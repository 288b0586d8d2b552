import { metrics as api } from '@opentelemetry/api';
import { DataPointType, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { record } from '../../../../src/telemetry/meters';
import { metrics } from '../../../../src/telemetry/names';

class HandReader extends MetricReader {
  protected override async onShutdown(): Promise<void> {
    // Nothing is held.
  }
  protected override async onForceFlush(): Promise<void> {
    // Nothing is held.
  }
}

const histograms = Object.entries(metrics).flatMap(([key, metric]) => ('buckets' in metric ? [{ key, metric }] : []));

it('every histogram tells seconds apart, from those of a call to those of an outage', () => {
  expect(histograms.map(({ key }) => key)).toEqual(
    expect.arrayContaining(['processingDuration', 'embeddingDuration', 'orderDuration', 'activityDuration']),
  );
  for (const { key, metric } of histograms) {
    const { unit, buckets } = metric;
    expect([key, unit]).toEqual([key, 's']);
    expect([key, [...buckets].sort((a, b) => a - b)]).toEqual([key, buckets]);
    // Half a second is not a minute.
    expect(buckets.filter((bound) => bound < 1).length).toBeGreaterThanOrEqual(5);
    expect(buckets.at(-1)).toBeGreaterThanOrEqual(1_800);
  }
});

it('what is recorded is counted in those buckets', async () => {
  const reader = new HandReader();
  const provider = new MeterProvider({ readers: [reader] });
  api.setGlobalMeterProvider(provider);
  for (const seconds of [0.3, 0.4, 700, 90_000]) record('processingDuration', seconds);
  record('embeddingDuration', 0.07);
  const { resourceMetrics } = await reader.collect();
  const found = new Map(
    resourceMetrics.scopeMetrics
      .flatMap((scope) => scope.metrics)
      .flatMap(({ descriptor, dataPointType, dataPoints }) =>
        dataPointType === DataPointType.HISTOGRAM ? [[descriptor.name, dataPoints[0]!.value.buckets] as const] : [],
      ),
  );
  const countsOf = (name: string): readonly (readonly [number, number])[] => {
    const { boundaries, counts } = found.get(name)!;
    return counts.flatMap((count, i) => (count === 0 ? [] : [[boundaries[i] ?? Infinity, count] as const]));
  };
  expect(countsOf('ProcessingDuration')).toEqual([
    [0.5, 2],
    [900, 1],
    [Infinity, 1],
  ]);
  expect(countsOf('sluice.embedding.duration')).toEqual([[0.1, 1]]);
  await provider.shutdown();
  api.disable();
});
