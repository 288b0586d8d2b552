/** What is asked of a source and when, what is decided, on a clock that is moved by hand. */
import type { Clock } from '../../../../local-host/clock';
import { AutoscalingLoop } from '../../../../local-host/scaler/autoscaling-loop';
import { DEFAULT_DOWN, DEFAULT_UP } from '../../../../local-host/scaler/decision/hpa-rules';
import type { MetricSample, MetricSource } from '../../../../local-host/scaler/metric-source';
import type { ScaleDecision } from '../../../../local-host/scaler/object-autoscaler';
import type { ScaledObject } from '../../../../local-host/scaler/scaled-object';
import { VirtualClock } from '../../../../local-host/virtual-clock';
import { scaledObject } from './scaled-objects';

const B4 = scaledObject({
  behaviour: {
    up: { ...DEFAULT_UP, policies: [{ type: 'Pods', value: 10, periodMs: 15_000 }] },
    down: { ...DEFAULT_DOWN, windowMs: 30_000 },
  },
});
const uncached = (object: ScaledObject): ScaledObject => ({
  ...object,
  triggers: object.triggers.map((trigger) => ({ ...trigger, useCachedMetrics: false })),
});

/** A queue whose length the test sets; `away` makes it fail, `silent` never answer. */
class FakeQueue implements MetricSource {
  readonly what = 'messages';
  readonly target = 1;
  readonly reads: number[] = [];
  length = 0;
  state: 'there' | 'away' | 'silent' = 'there';
  closed = false;
  aborted = 0;

  constructor(readonly clock: Clock) {}

  read(signal: AbortSignal): Promise<MetricSample> {
    this.reads.push(this.clock.now() / 1000);
    if (this.state === 'away') return Promise.reject(new Error('it is away.'));
    if (this.state === 'there') return Promise.resolve({ value: this.length, active: this.length > 0 });
    return new Promise((_, reject) =>
      signal.addEventListener('abort', () => {
        this.aborted++;
        reject(new Error('aborted'));
      }),
    );
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }
}

function run(object: ScaledObject, maxInstances = 100) {
  const clock = new VirtualClock(0);
  const queue = new FakeQueue(clock);
  const changes: string[] = [];
  const decisions: ScaleDecision[] = [];
  const failures: string[] = [];
  const loop = new AutoscalingLoop({
    ...{ object, sources: [queue], maxInstances, syncIntervalMs: 15_000, clock, ready: () => 1 },
    onDecision: (decision) => {
      decisions.push(decision);
      const { from, to, nowMs, cause } = decision;
      if (from !== to) changes.push(`${nowMs / 1000} s: ${from} to ${to}, ${cause}`);
    },
    onFailure: (_, reason) => failures.push(reason),
  });
  loop.start();
  return { clock, queue, loop, changes, decisions, failures };
}

describe('a look at a queue', () => {
  test('is made each polling interval; the autoscaler goes by it in between where it is cached', async () => {
    const { clock, queue, loop, changes } = run(B4);
    await clock.advance(29_000);
    queue.length = 200;
    await clock.advance(61_000);
    expect(queue.reads).toEqual([0, 30, 60, 90]);
    expect(changes).toEqual(['30 s: 1 to 10, max']);
    queue.length = 0;
    await clock.advance(300_000);
    expect(changes).toEqual(['30 s: 1 to 10, max', '135 s: 10 to 1, min']);
    await loop.stop();
  });

  test('is made by the autoscaler too where it is not cached', async () => {
    const { clock, queue, loop } = run(uncached(B4));
    await clock.advance(30_000);
    expect(queue.reads).toEqual([0, 0, 15, 30, 30]);
    await loop.stop();
  });

  test('rises by Kubernetes’ own pace where the manifest gives none', async () => {
    const { clock, queue, loop, changes } = run(scaledObject());
    queue.length = 200;
    await clock.advance(30_000);
    expect(changes).toEqual(['0 s: 1 to 4, rate', '15 s: 4 to 8, rate', '30 s: 8 to 10, max']);
    await loop.stop();
  });

  test('is bounded by --max-instances, which the reason names', async () => {
    const { clock, queue, loop, changes, decisions } = run({ ...B4, minReplicas: 5 }, 3);
    queue.length = 200;
    await clock.advance(60_000);
    expect(changes).toEqual([]);
    expect(loop.autoscaler.replicas).toBe(3);
    expect(decisions.at(-1)?.reason).toContain('no more than --max-instances 3');
    await loop.stop();
  });
});

test('goes from zero at the first message, and back after the cooldown', async () => {
  const { clock, queue, loop, changes } = run(scaledObject({ minReplicas: 0, cooldownMs: 60_000 }));
  await clock.advance(90_000);
  expect([loop.autoscaler.replicas, changes]).toEqual([0, []]);
  // At zero the autoscaler asks nobody.
  expect(queue.reads).toEqual([0, 30, 60, 90]);
  queue.length = 3;
  await clock.advance(30_000);
  expect(changes).toEqual(['120 s: 0 to 1, activated', '120 s: 1 to 3, metric']);
  queue.length = 0;
  await clock.advance(300_000);
  // Active for the last time at 120 s, with a cooldown that has passed only after 180 s.
  expect(changes.slice(2)).toEqual(['210 s: 3 to 0, deactivated']);
  await loop.stop();
});

describe('a source that is away', () => {
  test('changes nothing without a fallback, and is asked again', async () => {
    const { clock, queue, loop, changes, failures } = run(B4);
    queue.length = 6;
    await clock.advance(30_000);
    queue.state = 'away';
    await clock.advance(600_000);
    expect(changes).toEqual(['0 s: 1 to 6, metric']);
    expect(failures).toHaveLength(20);
    queue.state = 'there';
    queue.length = 8;
    await clock.advance(30_000);
    expect(changes.at(-1)).toBe('660 s: 6 to 8, metric');
    await loop.stop();
  });

  test('gives way to the fallback after more failures than its threshold, and comes back', async () => {
    const fallback = { failureThreshold: 3, replicas: 6, behavior: 'static' as const };
    const { clock, queue, loop, changes, decisions } = run({ ...B4, fallback });
    queue.state = 'away';
    await clock.advance(89_000);
    expect(changes).toEqual([]);
    await clock.advance(1_000);
    expect(changes).toEqual(['90 s: 1 to 6, metric']);
    expect(decisions.find(({ to }) => to === 6)?.reason).toMatch(
      /fallback to 6 after 4 failures: it is away\.\), 1 each: 6 asked for$/,
    );
    queue.state = 'there';
    await clock.advance(90_000);
    expect(changes.at(-1)).toMatch(/6 to 1, min/);
    await loop.stop();
  });

  test('that never answers is given up after 10 s, and told so', async () => {
    const { clock, queue, loop, failures } = run(B4);
    queue.state = 'silent';
    await clock.advance(60_000);
    expect([...new Set(failures)]).toEqual(['no answer within 10 s.']);
    expect(queue.aborted).toBe(failures.length);
    expect(failures.length).toBeGreaterThanOrEqual(2);
    await loop.stop();
  });
});

test('a paused object stays as it is, or has as many as its annotation says', async () => {
  const { clock, queue, loop, changes } = run({ ...B4, paused: { replicas: 4 } });
  queue.length = 200;
  await clock.advance(120_000);
  expect([loop.autoscaler.replicas, changes]).toEqual([4, []]);
  await loop.stop();
});

test('a stop ends it at once, with a read under way, and closes its sources', async () => {
  const { clock, queue, loop, decisions } = run(B4);
  queue.state = 'silent';
  await clock.advance(0);
  await loop.stop();
  expect([queue.closed, queue.aborted]).toEqual([true, 1]);
  await clock.advance(60_000);
  expect(decisions).toEqual([]);
  expect(queue.reads).toEqual([0]);
});
