/** What the scaler tells the world of itself: metrics in Prometheus' text format, and the last decisions as JSON. */
import type { MetricReading } from './decision/metric-reading';
import type { ScaleDecision } from './object-autoscaler';
import type { ReplicaCounts } from './replica-set';

export interface ObjectState {
  readonly name: string;
  readonly desired: number;
  readonly triggers: readonly { readonly reading: MetricReading; readonly active: boolean }[];
}

/** Decisions kept for `/scale`. */
const KEPT = 100;

export class ScalerReport {
  readonly #decisions: (ScaleDecision & { readonly at: string })[] = [];
  readonly #counts = new Map<string, number>();
  readonly #failures = new Map<string, number>();

  decided(decision: ScaleDecision, at: Date): void {
    const { object, from, to, cause } = decision;
    const direction = to > from ? 'up' : to < from ? 'down' : 'none';
    const key = labels({ scaled_object: object, direction, cause });
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    if (direction === 'none') return;
    this.#decisions.push({ ...decision, at: at.toISOString() });
    if (this.#decisions.length > KEPT) this.#decisions.shift();
  }

  failed(object: string, trigger: number): void {
    const key = labels({ scaled_object: object, trigger });
    this.#failures.set(key, (this.#failures.get(key) ?? 0) + 1);
  }

  /** https://prometheus.io/docs/instrumenting/exposition_formats/ */
  metrics(replicas: ReplicaCounts, objects: readonly ObjectState[]): string {
    const states = { ready: replicas.ready, starting: replicas.starting, draining: replicas.draining };
    return [
      family('local_host_replicas', 'gauge', 'Instances of the host by state; those that drain count as no replica.', [
        ...Object.entries(states).map(([state, count]): Sample => [labels({ state }), count]),
      ]),
      family('local_host_replicas_wanted', 'gauge', 'Instances that there are to be.', [['', replicas.wanted]]),
      family('local_host_restarts_total', 'counter', 'Instances that ended unasked.', [['', replicas.restarts]]),
      family('local_host_scaler_desired_replicas', 'gauge', 'Replicas that a ScaledObject asks for.', [
        ...objects.map(({ name, desired }): Sample => [labels({ scaled_object: name }), desired]),
      ]),
      family(
        'local_host_scaler_metric_value',
        'gauge',
        'What a trigger counted last; absent while it cannot be read.',
        [
          ...objects.flatMap(({ name, triggers }) =>
            triggers.flatMap(({ reading }, trigger): Sample[] =>
              reading.kind === 'value' ? [[labels({ scaled_object: name, trigger }), reading.value]] : [],
            ),
          ),
        ],
      ),
      family('local_host_scaler_active', 'gauge', '1 while a trigger is above its activation threshold.', [
        ...objects.flatMap(({ name, triggers }) =>
          triggers.map(({ active }, trigger): Sample => [labels({ scaled_object: name, trigger }), active ? 1 : 0]),
        ),
      ]),
      family('local_host_scaler_failures_total', 'counter', 'Reads of a trigger that failed.', [...this.#failures]),
      family('local_host_scaler_decisions_total', 'counter', 'Looks, by direction and cause of their outcome.', [
        ...this.#counts,
      ]),
    ].join('');
  }

  /** The last changes, oldest first. */
  get decisions(): readonly (ScaleDecision & { readonly at: string })[] {
    return this.#decisions;
  }
}

type Sample = [labels: string, value: number];

function family(name: string, type: 'gauge' | 'counter', help: string, samples: readonly Sample[]): string {
  const lines = samples.map(([of, value]) => `${name}${of} ${value}`);
  return `${[`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines].join('\n')}\n`;
}

function labels(of: Readonly<Record<string, string | number>>): string {
  const escaped = (value: string | number): string =>
    String(value).replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
  return `{${Object.entries(of)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(',')}}`;
}
