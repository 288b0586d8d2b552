/**
 * The local host's own scaler: what KEDA and the HorizontalPodAutoscaler are to a deployment, and the deployment itself. This process
 * runs no app; it owns the instances, the embedded storage and the report.
 *
 * Several ScaledObjects share the instances, since each of them runs the whole app: there are as many as the one asks for that
 * wants most.
 */
import { systemClock, type Clock } from '../clock';
import type { Log } from '../log';
import type { HostSettings } from '../settings/host-settings';
import { AutoscalingLoop } from './autoscaling-loop';
import type { ScaleDecision } from './object-autoscaler';
import { ReplicaSet, type InstanceEnd, type InstanceProcess, type ReplicaCounts } from './replica-set';
import { serveReport } from './report-server';
import { ScalerReport } from './scaler-report';
import type { ObjectWithSources } from './sources/create-sources';

export interface ScalerOptions {
  readonly objects: readonly ObjectWithSources[];
  readonly maxInstances: number;
  readonly syncIntervalMs: number;
  /** Serves metrics there; not at all when undefined. 0 takes a free port. */
  readonly metricsPort: number | undefined;
  readonly settings: Pick<HostSettings, 'values'>;
  readonly launch: (instanceNumber: number) => InstanceProcess;
  readonly log: Log;
  readonly clock?: Clock;
}

export interface Scaler {
  /** Resolves when no instance can run, with how the last one ended. */
  readonly hopeless: Promise<InstanceEnd>;
  readonly replicas: ReplicaCounts;
  /** Drains every instance. Resolves when none is left. */
  stop(): Promise<void>;
}

/** Time that only goes forward: windows and cooldowns do not follow a clock that is set. */
export const monotonicClock: Clock = {
  now: () => performance.now(),
  after: (ms, callback) => systemClock.after(ms, callback),
};

/** @throws PortInUseError for the port of the metrics */
export async function startScaler(options: ScalerOptions): Promise<Scaler> {
  const { objects, maxInstances, syncIntervalMs, metricsPort, launch, log, clock = monotonicClock } = options;
  const report = new ScalerReport();
  let giveUp: (end: InstanceEnd) => void = () => undefined;
  const hopeless = new Promise<InstanceEnd>((resolve) => (giveUp = resolve));
  const replicas = new ReplicaSet({ launch, clock, log, onHopeless: (end) => giveUp(end) });
  const tell = new DecisionLog(log);
  const loops = objects.map(
    ({ object, sources }) =>
      new AutoscalingLoop({
        ...{ object, sources, maxInstances, syncIntervalMs, clock },
        ready: () => replicas.counts.ready,
        onDecision: (decision) => {
          report.decided(decision, new Date());
          tell.decision(decision);
          if (decision.from !== decision.to) replicas.scaleTo(wanted());
        },
        onFailure: (source) => report.failed(object.name, sources.indexOf(source)),
      }),
  );
  const wanted = (): number => Math.max(0, ...loops.map(({ autoscaler }) => autoscaler.replicas));
  const state = () =>
    loops.map(({ autoscaler }, index) => ({
      name: objects[index]?.object.name ?? '',
      desired: autoscaler.replicas,
      triggers: autoscaler.readings,
    }));
  const server =
    metricsPort === undefined
      ? undefined
      : await serveReport(metricsPort, {
          '/metrics': () => report.metrics(replicas.counts, state()),
          '/scale': () =>
            `${JSON.stringify({ replicas: replicas.counts, objects: state(), decisions: report.decisions }, undefined, 2)}\n`,
        });
  if (server) log.information(`Scaler metrics: http://localhost:${server.port}/metrics, decisions at /scale`);
  replicas.scaleTo(wanted());
  for (const loop of loops) loop.start();
  return {
    hopeless,
    get replicas() {
      return replicas.counts;
    },
    async stop() {
      await Promise.all(loops.map((loop) => loop.stop()));
      await replicas.stop();
      await server?.stop();
    },
  };
}

/** Prints every change, and whatever keeps the replicas from changing when that begins. */
class DecisionLog {
  readonly #log: Log;
  readonly #last = new Map<string, string>();

  constructor(log: Log) {
    this.#log = log;
  }

  decision({ object, step, from, to, cause, reason }: ScaleDecision): void {
    const key = `${object} ${step}`;
    const before = this.#last.get(key);
    this.#last.set(key, cause);
    const count = (replicas: number): string => `${replicas} ${replicas === 1 ? 'replica' : 'replicas'}`;
    if (from !== to) return void this.#log.information(`Scaling ${object} from ${from} to ${count(to)}: ${reason}.`);
    if (cause === before || !TELLING.has(cause)) return;
    const line = `Keeping ${object} at ${count(to)}: ${reason.replace(/\.$/, '')}.`;
    if (cause === 'no-metric' || cause === 'source-failed') this.#log.warning(line);
    else this.#log.information(line);
  }
}

/** Causes of no change that a user wants to hear of. */
const TELLING: ReadonlySet<ScaleDecision['cause']> = new Set<ScaleDecision['cause']>([
  'no-metric',
  'source-failed',
  'stabilized',
  'rate',
  'disabled',
  'cooling-down',
  'paused',
]);
