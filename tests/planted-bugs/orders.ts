import type { PlantedBug } from '../../scripts/local/planted-bug';

const handler = { tests: 'intake/orders' };
const settle = 'src/intake/orders/settle-orders.ts';
const resume = 'src/intake/orders/resume-orders.ts';

/** What "one effect per order" rests on (ARCHITECTURE.md), each broken once. */
export const bugs: readonly PlantedBug[] = [
  {
    name: 'orders-done-before-delivery',
    plants: 'an event is marked done before the downstream took it',
    file: settle,
    find: "        const applied = await insist('Applying an order', () => ports.apply(work));",
    replace:
      "        await settle(work, 'done', owner, () => undefined);\n        const applied = await insist('Applying an order', () => ports.apply(work));",
    ...handler,
  },
  {
    name: 'orders-never-marked',
    plants: 'what is done is not marked',
    file: settle,
    find: "    await insist('Marking an order', () => ledger.settle([{ key, outcome, sequence: order.sequence }], owner));\n",
    replace: '',
    ...handler,
  },
  {
    name: 'orders-overtake',
    plants: 'an event does not wait behind a parked one of its order',
    file: settle,
    find: "      if (turn.kind === 'behind') {",
    replace: "      if (turn.kind === 'behind' && work.attempts > 0) {",
    ...handler,
  },
  {
    name: 'orders-arrival-by-clock',
    plants: 'parked events sort by the clock alone',
    file: 'src/domain/orders/order-turn.ts',
    find: 'Math.max(now * 1000, last + 1)',
    replace: 'now * 1000 + last * 0',
    tests: 'orders/order-turn',
  },
  {
    name: 'orders-gap-ignored',
    plants: 'a sequence goes on although one before it is missing',
    file: 'src/domain/orders/order-turn.ts',
    find: 'sequence > settled + 1 && !gapOver',
    replace: 'sequence > settled + 1000 && !gapOver',
    tests: 'orders/order-turn',
  },
  {
    name: 'orders-tenants-mixed',
    plants: 'the same order id of two tenants is one order',
    file: 'src/domain/orders/order-event.ts',
    find: '`${tenantId.length}:${tenantId}${orderId.length}:${orderId}`',
    replace: '`${tenantId.length * 0}${orderId.length}:${orderId}`',
    tests: 'orders/order-event',
  },
  {
    name: 'orders-same-key-for-a-retry',
    plants: 'the idempotency key is that of the order, not of the event',
    file: 'src/intake/orders/apply-order.ts',
    find: 'const idempotencyKey = work.key.event;',
    replace: 'const idempotencyKey = work.key.order;',
    ...handler,
  },
  {
    name: 'orders-removed-before-applied',
    plants: 'a parked event leaves the parking before it is applied',
    file: resume,
    find: '      if (entry) {\n        const outcome',
    replace: '      if (entry) {\n        await parked.remove(order, place.place);\n        const outcome',
    ...handler,
  },
  {
    name: 'orders-attempts-without-end',
    plants: 'an event is tried for ever',
    file: 'src/intake/orders/apply-order.ts',
    find: '      if (attempts >= settings.maxAttempts) {',
    replace: '      if (attempts >= settings.maxAttempts * 1000) {',
    ...handler,
    title: 'gives an order up',
  },
  {
    name: 'orders-let-go-when-storage-is-away',
    plants: 'a failing store ends the batch, which a partitioned backend then counts as read',
    file: 'src/intake/orders/insist.ts',
    find: '        if (ports.stopping.aborted) throw error;',
    replace: '        if (wait >= FIRST_MS) throw error;',
    ...handler,
  },
  {
    name: 'orders-replay-swallowed',
    plants: 'a replayed dead letter is taken for done',
    file: 'src/adapters/memory/order-ledger.ts',
    find: "known?.kind === 'done' && !(isReplay && known.outcome === 'dead-lettered')",
    replace: "known?.kind === 'done'",
    tests: 'unit/fakes',
  },
];
