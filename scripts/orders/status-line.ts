import type { OrderFigures } from '../../src/intake/orders/order-figures';

/** What `GET /v1/status/orders` answers. */
export type OrdersStatus = OrderFigures & {
  readonly backend: string;
  readonly backlog: number | null;
  readonly drains?: { readonly backend: string; readonly backlog: number | null };
  readonly parked: number;
};

type Shown = Omit<OrdersStatus, 'inFlight'>;

/** One line: backlog, rate since `before`, latency, failures. */
export function statusLine(now: Shown, before: Shown | undefined, elapsedMs: number): string {
  const done = (shown: Shown): number => shown.outcomes.done ?? 0;
  const rate = before ? `  ${(((done(now) - done(before)) * 1000) / elapsedMs).toFixed(1)}/s` : '';
  const latency = now.latencyMs ? `  p50 ${now.latencyMs.p50} ms, p99 ${now.latencyMs.p99} ms` : '';
  const { duplicate = 0, 'dead-lettered': dead = 0 } = now.outcomes;
  const waits = ({ backend, backlog }: Pick<OrdersStatus, 'backend' | 'backlog'>): string =>
    `${backend}  backlog ${backlog ?? 'not known'}`;
  const drains = now.drains ? `, drains ${waits(now.drains)}` : '';
  return `${waits(now)}${drains}, parked ${now.parked}${rate}  done ${done(now)}, again ${duplicate}, dead letters ${dead}, retries ${now.retries}${latency}`;
}
