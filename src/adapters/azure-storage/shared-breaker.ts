/**
 * {@link Breaker} in a row of a table: each change is conditional on the row's ETag, so that of two instances at once one starts
 * again from what the other wrote, and of many that wait one alone may try.
 */
import {
  admit,
  closedBreaker,
  failed,
  succeeded,
  type BreakerSettings,
  type BreakerState,
} from '../../domain/circuit-breaker';
import type { Breaker } from '../../ports/breaker';
import type { Clock } from '../../ports/clock';
import type { StorageClients } from './clients';
import { statusOf } from './storage-errors';

interface Row {
  readonly kind: BreakerState['kind'];
  readonly failures: number;
  /** Milliseconds since the epoch, as text: table integers are 32 bits. */
  readonly until: string;
}

interface Known {
  readonly state: BreakerState;
  /** Undefined while there is no row. */
  readonly etag: string | undefined;
  readonly at: number;
}

const PARTITION = 'breaker';
/** A closed breaker is asked once for all calls within this time. */
const TRUSTED_MS = 1_000;
/** While another one tries, its end is near. */
const PROBED_MS = 2_000;

export function createSharedBreaker(
  { clients, clock }: { readonly clients: StorageClients; readonly clock: Clock },
  place: { readonly table: string; readonly name: string },
  settings: BreakerSettings,
): Breaker {
  const table = () => clients.table(place.table);
  let last: Known | undefined;

  async function read(): Promise<Known> {
    try {
      const { kind, failures, until, etag } = await table().getEntity<Row>(PARTITION, place.name);
      last = { state: { kind, failures, until: Number(until) }, etag, at: clock.now() };
    } catch (error) {
      if (statusOf(error) !== 404) throw error;
      last = { state: closedBreaker, etag: undefined, at: clock.now() };
    }
    return last;
  }

  /** Undefined when another one wrote meanwhile. */
  async function write(state: BreakerState, known: Known): Promise<BreakerState | undefined> {
    const row = { partitionKey: PARTITION, rowKey: place.name, ...state, until: String(state.until) };
    try {
      const answer =
        known.etag === undefined
          ? await table().createEntity(row)
          : await table().updateEntity(row, 'Replace', { etag: known.etag });
      last = { state, etag: answer.etag, at: clock.now() };
      return state;
    } catch (error) {
      const status = statusOf(error);
      if (status !== 409 && status !== 412 && !(known.etag !== undefined && status === 404)) throw error;
      last = undefined;
      return undefined;
    }
  }

  /** `next`: undefined to leave it as it is. Gives what stands then. */
  async function change(next: (state: BreakerState) => BreakerState | undefined): Promise<BreakerState> {
    for (;;) {
      const known = await read();
      const state = next(known.state);
      if (!state) return known.state;
      const written = await write(state, known);
      if (written) return written;
    }
  }

  return {
    async admit() {
      if (last?.state.kind === 'closed' && clock.now() - last.at < TRUSTED_MS) return { admitted: true };
      for (;;) {
        const known = await read();
        const now = clock.now();
        const admission = admit(known.state, now, settings);
        if (!admission.admitted) {
          const left = Math.max(admission.retryAt - now, 1);
          return { admitted: false, retryAfterMs: known.state.kind === 'half-open' ? Math.min(left, PROBED_MS) : left };
        }
        if (admission.state === known.state || (await write(admission.state, known))) return { admitted: true };
      }
    },

    async succeeded() {
      if (last?.state.kind === 'closed' && last.state.failures === 0) return;
      // A call that began before it opened says nothing of now.
      await change((state) =>
        state.kind === 'open' || (state.kind === 'closed' && state.failures === 0) ? undefined : succeeded(),
      );
    },

    async failed() {
      const state = await change((before) =>
        before.kind === 'open' ? undefined : failed(before, clock.now(), settings),
      );
      return { open: state.kind !== 'closed' };
    },

    look: async () => (await read()).state,
  };
}
