import { metrics as api, type Attributes, type Histogram } from '@opentelemetry/api';
import { metrics } from './names';
import { Tally } from './tally';

type HistogramName =
  | 'activityDuration'
  | 'blobScanDuration'
  | 'embeddingDuration'
  | 'orderDuration'
  | 'processingDuration'
  | 'searchDuration'
  | 'shareTransferDuration';
type ObservedName = 'backlog' | 'blobQueue' | 'breakerState' | 'indexSize';
type GaugeName = 'ingestionWaiting' | 'workerConcurrency' | 'shareInFlight' | 'shareQueued' | 'stateKept';
type CounterName = Exclude<keyof typeof metrics, HistogramName | GaugeName | ObservedName>;

const tallies = new Map<string, Tally>();
const histograms = new Map<string, Histogram>();

/** Adds to a counter of names.ts. Instruments are made at first use, after the exporters were set up. */
export function count(name: CounterName, value: number, attributes: Attributes = {}): void {
  tallyOf(name, 'createObservableCounter').add(value, attributes);
}

/** Sets a gauge of names.ts. */
export function gauge(name: GaugeName, value: number, attributes: Attributes = {}): void {
  tallyOf(name, 'createObservableGauge').set(value, attributes);
}

/** Kept here and read at each export, since an instrument's own `add` costs microseconds for every order. */
function tallyOf(name: CounterName | GaugeName, kind: 'createObservableCounter' | 'createObservableGauge'): Tally {
  const known = tallies.get(name);
  if (known) return known;
  const tally = new Tally();
  tallies.set(name, tally);
  const { name: full, unit, description } = metrics[name];
  api
    .getMeter('sluice')
    [kind](full, { unit, description })
    .addCallback((result) => {
      for (const { value, attributes } of tally.rows()) result.observe(value, attributes);
    });
  return tally;
}

/** Records into a histogram of names.ts, in its unit. */
export function record(name: HistogramName, value: number, attributes: Attributes = {}): void {
  let histogram = histograms.get(name);
  if (!histogram) {
    const { name: full, unit, description, buckets } = metrics[name];
    // Those that the SDK has by itself are for milliseconds.
    const advice = { explicitBucketBoundaries: [...buckets] };
    histogram = api.getMeter('sluice').createHistogram(full, { unit, description, advice });
    histograms.set(name, histogram);
  }
  histogram.record(value, attributes);
}

export interface Measured {
  readonly value: number;
  readonly attributes: Attributes;
}

/** Longest that an export waits for a measurement. */
const MEASURE_MS = 4_000;

/** Measures a gauge of names.ts at each export; one that fails or takes too long is left out of that export. */
export function observe(name: ObservedName, measure: () => Promise<readonly Measured[]>): void {
  const { name: full, unit, description } = metrics[name];
  api
    .getMeter('sluice')
    .createObservableGauge(full, { unit, description })
    .addCallback(async (result) => {
      const late = AbortSignal.timeout(MEASURE_MS);
      const nothing = new Promise<readonly Measured[]>((resolve) =>
        late.addEventListener('abort', () => resolve([]), { once: true }),
      );
      const measured = await Promise.race([measure().catch(() => []), nothing]);
      for (const { value, attributes } of measured) result.observe(value, attributes);
    });
}
