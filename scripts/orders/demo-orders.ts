/** Orders to try the pipeline on: like real ones, some sent twice, some with a sequence, some that are no orders. */
export interface DemoOrderOptions {
  /** 0 to 1; exact in every 100 events, up to a fraction that the next 100 make good. */
  readonly poison: number;
  /** 0 to 1, as `poison`; the very first event can be none. */
  readonly duplicates: number;
  readonly tenants: readonly string[];
  /** Prefix of all ids, so that another run sends other orders. */
  readonly run: string;
  readonly random: () => number;
}

export interface DemoOrder {
  /** What partitioned backends keep together. */
  readonly key: string;
  readonly text: string;
  readonly kind: 'order' | 'duplicate' | 'poison';
}

const STATUSES = ['created', 'paid', 'packed', 'shipped', 'delivered'] as const;

const BLOCK = 100;

/** What each event of the `block`th hundred is, in random order. */
function shuffledKinds(
  block: number,
  { poison, duplicates, random }: Pick<DemoOrderOptions, 'poison' | 'duplicates' | 'random'>,
): DemoOrder['kind'][] {
  const due = (share: number): number => Math.round((block + 1) * BLOCK * share) - Math.round(block * BLOCK * share);
  const kinds = Array.from({ length: BLOCK }, (_, i): DemoOrder['kind'] =>
    i < due(poison) ? 'poison' : i < due(poison) + due(duplicates) ? 'duplicate' : 'order',
  );
  for (let i = kinds.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [kinds[i], kinds[j]] = [kinds[j] ?? 'order', kinds[i] ?? 'order'];
  }
  return kinds;
}

/** Without an end. An order has five events, with sequences 1 to 5; ten orders are under way at a time. */
export function* demoOrders({
  poison,
  duplicates,
  tenants,
  run,
  random,
}: DemoOrderOptions): Generator<DemoOrder, never> {
  const open: { id: string; tenant: string; sequence: number }[] = [];
  let last: DemoOrder | undefined;
  let kinds: readonly DemoOrder['kind'][] = [];
  for (let count = 0; ; count++) {
    if (count % BLOCK === 0) kinds = shuffledKinds(count / BLOCK, { poison, duplicates, random });
    const kind = kinds[count % BLOCK];
    if (kind === 'poison') {
      yield { key: `${run}-poison-${count}`, text: `{"schemaVersion":"1.0","orderId":${count}`, kind: 'poison' };
      continue;
    }
    if (last && kind === 'duplicate') {
      yield { ...last, kind };
      continue;
    }
    while (open.length < 10) {
      const tenant = tenants[Math.floor(random() * tenants.length)] ?? 'acme';
      open.push({ id: `${run}-${count}-${open.length}`, tenant, sequence: 0 });
    }
    const index = Math.floor(random() * open.length);
    const order = open[index];
    if (!order) continue;
    order.sequence++;
    const status = STATUSES[order.sequence - 1] ?? 'delivered';
    if (order.sequence === STATUSES.length) open.splice(index, 1);
    const body = {
      schemaVersion: '1.0',
      tenantId: order.tenant,
      orderId: order.id,
      requestId: `${order.id}-${order.sequence}`,
      sequence: order.sequence,
      status,
      total: Math.round(random() * 100_000) / 100,
    };
    last = { key: order.id, text: JSON.stringify(body), kind: 'order' };
    yield last;
  }
}
