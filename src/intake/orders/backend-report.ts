/** What waits at the backends of orders, for `GET /v1/admin/backend`, `GET /v1/status/orders` and the gauge. */
import type { Backend } from '../../domain/orders/order-origin';
import type { Backlog, BacklogReading } from '../../ports/backlog';
import { messageOf } from '../../telemetry/logger';

/** A backend as it is used here. */
export interface OrderBackend {
  readonly backend: Backend;
  readonly role: 'takes-in' | 'drains';
  /** Topic, hub or queue. */
  readonly source: string;
  readonly backlog: Backlog;
}

export interface BackendState {
  readonly backend: Backend;
  readonly role: 'takes-in' | 'drains';
  readonly source: string;
  /** Events that wait there, those under way included; null when it could not be asked. */
  readonly backlog: number | null;
  readonly partitions?: BacklogReading['partitions'];
  /** Why it could not be asked. */
  readonly problem?: string;
}

export interface BackendReport {
  readonly mode: Backend;
  readonly drain: Backend | null;
  /** The one that takes in first. */
  readonly backends: readonly BackendState[];
  /** Events that wait in Sluice, whatever backend they came from. */
  readonly parked: number;
  /** What an operator may do now, in a sentence. */
  readonly next: string;
}

export async function stateOf({ backend, role, source, backlog }: OrderBackend): Promise<BackendState> {
  try {
    const { waiting, partitions } = await backlog();
    return { backend, role, source, backlog: waiting, ...(partitions ? { partitions } : {}) };
  } catch (error) {
    return { backend, role, source, backlog: null, problem: messageOf(error) };
  }
}

export async function reportBackends(
  backends: readonly OrderBackend[],
  parkedCount: () => Promise<number>,
): Promise<BackendReport> {
  const [states, parked] = await Promise.all([Promise.all(backends.map(stateOf)), parkedCount()]);
  const drained = states.find(({ role }) => role === 'drains');
  return {
    mode: states.find(({ role }) => role === 'takes-in')?.backend ?? 'queue',
    drain: drained?.backend ?? null,
    backends: states,
    parked,
    next: nextStep(drained),
  };
}

function nextStep(drained: BackendState | undefined): string {
  if (!drained)
    return 'To change the backend, set BACKEND_MODE to the new one and BACKEND_DRAIN to this one, and restart.';
  const { backend, source, backlog } = drained;
  if (backlog === null) return `It is not known what waits in ${backend} ${source}; see its problem.`;
  return backlog > 0
    ? `${backlog} events of ${backend} ${source} are still to be worked off; leave BACKEND_DRAIN as it is.`
    : `Nothing waits in ${backend} ${source}. When nobody publishes there any more, unset BACKEND_DRAIN and restart.`;
}
