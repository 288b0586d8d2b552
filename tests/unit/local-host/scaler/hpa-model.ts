/**
 * The HorizontalPodAutoscaler as its documents and its controller describe it, written down once more in the plainest way: it
 * keeps everything that ever happened and looks through all of it each time.
 *
 *  1. At 0 replicas it rests. Above max it goes to max, below min to min.
 *  2. A metric per replica asks for ceil(value / target), unless value / (target × replicas) is within 1 ± tolerance: then for
 *     what there is. The most of all metrics counts. A metric that cannot be read forbids fewer replicas; when none can be
 *     read nothing changes.
 *  3. Without `behavior`: no fewer than the most asked for in the last 300 s (the first look counts what there was as asked for);
 *     no more than max(2 × replicas, 4).
 *  4. With `behavior`: no fewer than the most asked for within the window downwards, no more than the least within that
 *     upwards, both of them of the looks before; what there is stays if it lies between.
 *  5. Policies: from the replicas at the beginning of their period, at most so many, or so many per cent, more or fewer. Max
 *     takes the policy that allows most, Min the least, Disabled allows nothing.
 *  6. Never beyond min and max.
 */
import type { HpaRules, ScalingRules } from '../../../../local-host/scaler/decision/hpa-rules';

export interface ModelMetric {
  /** Undefined: it cannot be read. */
  readonly value: number | undefined;
  readonly target: number;
}

export class HpaModel {
  readonly #asked: { at: number; replicas: number }[] = [];
  readonly #changed: { at: number; by: number }[] = [];

  constructor(
    readonly rules: HpaRules,
    public replicas: number,
  ) {}

  look(now: number, metrics: readonly ModelMetric[]): number {
    const { min, max, behaviour } = this.rules;
    if (this.#asked.length === 0) this.#asked.push({ at: now, replicas: this.replicas });
    if (this.replicas === 0) return 0;
    if (this.replicas > max) return this.#go(now, max);
    if (this.replicas < min) return this.#go(now, min);
    const up = behaviour?.up.tolerance ?? 0.1;
    const down = behaviour?.down.tolerance ?? 0.1;
    const wishes: number[] = [];
    for (const { value, target } of metrics) {
      if (value === undefined) continue;
      const ratio = (value * 1000) / (target * 1000) / this.replicas;
      const near = ratio >= 1 - down && ratio <= 1 + up;
      wishes.push(near ? this.replicas : Math.ceil((value * 1000) / (target * 1000)));
    }
    if (wishes.length === 0) return this.replicas;
    const wish = Math.max(...wishes);
    if (wishes.length < metrics.length && wish < this.replicas) return this.replicas;
    let to: number;
    if (behaviour === undefined) {
      const recent = this.#asked.filter(({ at }) => at >= now - 300_000).map((entry) => entry.replicas);
      to = Math.min(Math.max(wish, ...recent), Math.max(2 * this.replicas, 4));
    } else {
      const since = (ms: number): number[] =>
        this.#asked.filter(({ at }) => at > now - ms).map((entry) => entry.replicas);
      const floor = Math.min(wish, ...since(behaviour.up.windowMs));
      const ceiling = Math.max(wish, ...since(behaviour.down.windowMs));
      to = this.replicas;
      if (to < floor) to = floor;
      if (to > ceiling) to = ceiling;
      if (to > this.replicas) to = Math.min(to, Math.max(this.replicas, this.#bound(now, behaviour.up, 1)));
      if (to < this.replicas) to = Math.max(to, Math.min(this.replicas, this.#bound(now, behaviour.down, -1)));
    }
    this.#asked.push({ at: now, replicas: wish });
    return this.#go(now, Math.max(min, Math.min(max, to)));
  }

  #bound(now: number, rules: ScalingRules, sign: 1 | -1): number {
    if (rules.select === 'Disabled') return this.replicas;
    const bounds = rules.policies.map(({ type, value, periodMs }) => {
      let start = this.replicas;
      for (const { at, by } of this.#changed) if (at > now - periodMs) start -= by;
      if (type === 'Pods') return start + sign * value;
      return sign === 1 ? Math.ceil(start * (1 + value / 100)) : Math.trunc(start * (1 - value / 100));
    });
    const ascending = [...bounds].sort((a, b) => a - b);
    const wantsLargest = (rules.select === 'Max') === (sign === 1);
    return (wantsLargest ? ascending.at(-1) : ascending[0]) ?? this.replicas;
  }

  #go(now: number, to: number): number {
    if (to !== this.replicas && this.rules.behaviour) this.#changed.push({ at: now, by: to - this.replicas });
    this.replicas = to;
    return to;
  }
}
