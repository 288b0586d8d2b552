import type { Clock } from '../../ports/clock';
import type { OrderKey } from '../../domain/orders/order-event';
import type { OrderClaim, OrderLedger, SettledEvent } from '../../ports/order-ledger';

type Entry =
  | { readonly kind: 'claimed'; readonly owner: string; readonly until: number }
  | { readonly kind: 'done'; readonly at: number; readonly outcome: SettledEvent['outcome'] };

/** {@link OrderLedger} in this process alone: what it knows ends with the process. For demos and measurements. */
export function createMemoryOrderLedger(clock: Clock): OrderLedger {
  const entries = new Map<string, Entry>();
  const settled = new Map<string, { readonly sequence: number; readonly at: number }>();

  function claim({ event }: OrderKey, owner: string, leaseMs: number, isReplay: boolean): OrderClaim {
    const now = clock.now();
    const known = entries.get(event);
    if (known?.kind === 'done' && !(isReplay && known.outcome === 'dead-lettered')) return { kind: 'done' };
    if (known?.kind === 'claimed' && known.owner !== owner && known.until > now)
      return { kind: 'held', until: known.until };
    entries.set(event, { kind: 'claimed', owner, until: now + leaseMs });
    return { kind: 'claimed' };
  }

  return {
    claim: async (keys, owner, leaseMs) => keys.map((key) => claim(key, owner, leaseMs, false)),
    reclaim: async (key, owner, leaseMs) => claim(key, owner, leaseMs, true),
    async settle(events) {
      for (const { key, outcome, sequence } of events) {
        const known = entries.get(key.event);
        if (outcome === 'done' || known?.kind !== 'done' || known.outcome !== 'done')
          entries.set(key.event, { kind: 'done', at: clock.now(), outcome });
        if (sequence !== undefined && sequence > (settled.get(key.order)?.sequence ?? 0))
          settled.set(key.order, { sequence, at: clock.now() });
      }
    },
    async release(keys, owner) {
      for (const { event } of keys) {
        const known = entries.get(event);
        if (known?.kind === 'claimed' && known.owner === owner) entries.delete(event);
      }
    },
    async sequences(orders) {
      return new Map(orders.map((order) => [order, settled.get(order)?.sequence ?? 0]));
    },
    async expire(before) {
      let removed = 0;
      for (const [event, entry] of entries)
        if ((entry.kind === 'done' ? entry.at : entry.until) < before && entries.delete(event)) removed++;
      for (const [order, { at }] of settled) if (at < before && settled.delete(order)) removed++;
      return removed;
    },
  };
}
