/** The whole of it but sources and processes: what it prints, what it serves, what it starts. */
import { createLog } from '../../../../local-host/log';
import type { MetricSource } from '../../../../local-host/scaler/metric-source';
import type { InstanceEnd } from '../../../../local-host/scaler/replica-set';
import { startScaler } from '../../../../local-host/scaler/scaler';
import { VirtualClock } from '../../../../local-host/virtual-clock';
import { freePorts } from '../../../drivers/free-ports';
import { scaledObject } from './scaled-objects';

const source = (read: () => number | Error): MetricSource => ({
  what: "messages in queue 'q'",
  target: 1,
  read: () => {
    const value = read();
    return typeof value === 'number' ? Promise.resolve({ value, active: value > 0 }) : Promise.reject(value);
  },
  close: () => Promise.resolve(),
});

async function run(reads: readonly (() => number | Error)[], metricsPort?: number) {
  const clock = new VirtualClock(0);
  const lines: string[] = [];
  const started: number[] = [];
  const scaler = await startScaler({
    objects: reads.map((read, index) => ({ object: scaledObject({ name: `o${index}` }), sources: [source(read)] })),
    ...{ maxInstances: 10, syncIntervalMs: 15_000, metricsPort, settings: { values: {} }, clock },
    log: createLog(({ level, message }) => level !== 'debug' && lines.push(`${level}: ${message}`)),
    launch: (number) => {
      started.push(number);
      let end: (end: InstanceEnd) => void = () => undefined;
      return {
        ...{ pid: number, serves: Promise.resolve() },
        ended: new Promise<InstanceEnd>((resolve) => (end = resolve)),
        drain: () => end({ how: 'exit code 0', code: 0 }),
      };
    },
  });
  return { clock, lines, started, scaler };
}

test('prints each change and why, and what keeps it from changing once', async () => {
  let length: number | Error = 3;
  const { clock, lines, scaler } = await run([() => length]);
  await clock.advance(60_000);
  length = new Error('it is away.');
  await clock.advance(120_000);
  length = 0;
  await clock.advance(600_000);
  await scaler.stop();
  expect(lines.filter((line) => /Scaling|Keeping/.test(line))).toEqual([
    "information: Scaling o0 from 1 to 3 replicas: 3 messages in queue 'q', 1 each: 3 asked for.",
    "warning: Keeping o0 at 3 replicas: messages in queue 'q' cannot be read: it is away.",
    "warning: Keeping o0 at 3 replicas: messages in queue 'q' cannot be read: it is away.",
    "information: Keeping o0 at 3 replicas: 0 messages in queue 'q', 1 each: 0 asked for; as many as 3 were asked for within the last 300 s.",
    "information: Scaling o0 from 3 to 1 replica: 0 messages in queue 'q', 1 each: 0 asked for; at least 1.",
  ]);
});

test('several objects share the instances: there are as many as the one wants that wants most', async () => {
  const { clock, scaler, started } = await run([() => 2, () => 4]);
  await clock.advance(15_000);
  expect([scaler.replicas.wanted, scaler.replicas.ready, started]).toEqual([4, 4, [1, 2, 3, 4]]);
  await scaler.stop();
  expect(scaler.replicas).toMatchObject({ wanted: 0, ready: 0, draining: 0 });
});

test('serves metrics and decisions to whoever asks on this machine', async () => {
  const [port = 0] = await freePorts(1);
  const { clock, scaler } = await run([() => 3, () => new Error('away')], port);
  await clock.advance(0);
  const page = async (path: string): Promise<string> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { connection: 'close' } });
    return `${response.status} ${response.headers.get('content-type') ?? ''}\n${await response.text()}`;
  };
  const metrics = await page('/metrics');
  for (const line of [
    '200 text/plain; version=0.0.4; charset=utf-8',
    '# TYPE local_host_replicas gauge',
    'local_host_replicas{state="ready"} 3',
    'local_host_replicas_wanted 3',
    'local_host_restarts_total 0',
    'local_host_scaler_desired_replicas{scaled_object="o0"} 3',
    'local_host_scaler_desired_replicas{scaled_object="o1"} 1',
    'local_host_scaler_metric_value{scaled_object="o0",trigger="0"} 3',
    'local_host_scaler_active{scaled_object="o0",trigger="0"} 1',
    'local_host_scaler_active{scaled_object="o1",trigger="0"} 0',
    'local_host_scaler_failures_total{scaled_object="o1",trigger="0"} 1',
    'local_host_scaler_decisions_total{scaled_object="o0",direction="up",cause="metric"} 1',
  ])
    expect(metrics.split('\n')).toContain(line);
  expect(metrics).not.toContain('local_host_scaler_metric_value{scaled_object="o1"');
  const state = JSON.parse((await page('/scale')).split('\n').slice(1).join('\n')) as Record<string, unknown>;
  expect(state).toMatchObject({
    replicas: { wanted: 3 },
    decisions: [{ object: 'o0', from: 1, to: 3, cause: 'metric', step: 'sync' }],
  });
  expect(await page('/')).toBe('404 text/plain\nTry /metrics or /scale.\n');
  await scaler.stop();
  await expect(page('/metrics')).rejects.toThrow();
});
