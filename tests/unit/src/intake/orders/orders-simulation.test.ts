/**
 * Random histories: batches by partition, duplicates, poison, failures of the downstream, processes that die at any call, and
 * redelivery as Kafka and Event Hubs do it (a batch counts as read only when its function returned).
 */
import { parseOrder } from '../../../../../src/domain/orders/order-event';
import type { IncomingOrder } from '../../../../../src/intake/orders/order-work';
import { scaled } from '../../../../drivers/scale';
import { event, ordersWorld } from './orders-world';

const seed = Number(process.env.ORDERS_SEED ?? Math.floor(Math.random() * 2 ** 31));

function randomOf(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface History {
  readonly partitions: IncomingOrder[][];
  /** Requests by order, as published. */
  readonly orders: ReadonlyMap<string, readonly string[]>;
  readonly poison: number;
}

function publish(random: () => number, withSequence: boolean): History {
  const partitions: IncomingOrder[][] = [[], [], []];
  const orders = new Map<string, string[]>();
  let poison = 0;
  for (let i = 0; i < 60; i++) {
    const orderNumber = Math.floor(random() * 8);
    const partition = orderNumber % 3;
    const position = `${partition}/${partitions[partition]!.length}`;
    const dice = random();
    if (dice < 0.05) {
      poison++;
      partitions[partition]!.push({ ...event({}, position), payload: `poison ${i}` });
    } else if (dice < 0.15 && partitions[partition]!.length > 0) {
      const again = partitions[partition]![Math.floor(random() * partitions[partition]!.length)]!;
      if (String(again.payload).startsWith('poison')) poison++;
      partitions[partition]!.push({ ...again, origin: { ...again.origin, position } });
    } else {
      const orderId = `o${orderNumber}`;
      const requests = orders.get(orderId) ?? [];
      const requestId = `${orderId}-${requests.length + 1}`;
      orders.set(orderId, [...requests, requestId]);
      const sequence = withSequence ? { sequence: requests.length + 1 } : {};
      partitions[partition]!.push(event({ orderId, requestId, ...sequence }, position));
    }
  }
  if (withSequence) for (const partition of partitions) shuffleNear(partition, random);
  return { partitions, orders, poison };
}

/** Moves events some places away, as a queue does. */
function shuffleNear(events: IncomingOrder[], random: () => number): void {
  for (let i = 0; i + 4 < events.length; i++) {
    const j = i + Math.floor(random() * 4);
    [events[i], events[j]] = [events[j]!, events[i]!];
  }
}

async function run(runSeed: number, withSequence: boolean): Promise<void> {
  const random = randomOf(runSeed);
  const { partitions, orders, poison } = publish(random, withSequence);
  const w = ordersWorld({ gapWaitMs: 10 ** 9, maxAttempts: 100 });
  w.answer = () => (random() < 0.2 ? { kind: 'unavailable', reason: 'flaky' } : { kind: 'delivered' });

  /** Runs until it returns, or until its process is dead; true when it returned. */
  const attempt = async (p: ReturnType<typeof w.process>, work: () => Promise<unknown>): Promise<boolean> => {
    const state = { returned: false };
    void work().then(() => (state.returned = true));
    for (let turns = 0; !state.returned && turns < 2_000; turns++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (p.isDead() && turns > 20) break;
    }
    return state.returned;
  };
  const life = (): number => (random() < 0.3 ? 1 + Math.floor(random() * 30) : Infinity);

  const read = partitions.map(() => 0);
  for (let guard = 0; read.some((at, i) => at < partitions[i]!.length); guard++) {
    if (guard > 5_000) throw new Error('no progress');
    const i = Math.floor(random() * partitions.length);
    const batch = partitions[i]!.slice(read[i], read[i]! + 1 + Math.floor(random() * 8));
    const p = w.process(life(), random);
    if (await attempt(p, () => p.settle(batch))) read[i]! += batch.length;
    if (random() < 0.2) {
      const resuming = w.process(life(), random);
      await attempt(resuming, () => resuming.resume());
    }
    w.clock.advance(Math.floor(random() * 20_000));
  }
  const last = w.process(Infinity, random);
  for (let guard = 0; w.parked.all.size > 0; guard++) {
    if (guard > 2_000) throw new Error('parked for ever');
    w.clock.advance(30_000);
    await last.resume();
  }

  const applied = new Map<string, string[]>();
  for (const text of w.effects.values()) {
    const parsed = parseOrder(text);
    if (parsed.kind !== 'order') throw new Error('poison was applied');
    applied.set(parsed.order.orderId, [...(applied.get(parsed.order.orderId) ?? []), parsed.order.requestId]);
  }
  // Every event once, none missing, in the order in which its order's events were published.
  expect(Object.fromEntries(applied)).toEqual(Object.fromEntries(orders));
  const letters = [...w.deadLetters.all.values()];
  expect(letters.every((l) => l.code === 'MESSAGE_UNPARSABLE')).toBe(true);
  expect(letters).toHaveLength(poison);
}

describe.each([
  ['by partition', false],
  ['by sequence', true],
])('orders %s', (_, withSequence) => {
  it(`have one effect each, in order, through crashes and failures (seed ${seed})`, async () => {
    const runs = scaled(1_000);
    for (let i = 0; i < runs; i++) {
      try {
        await run(seed + i, withSequence);
      } catch (error) {
        throw new Error(`run ${i} of seed ${seed} (ORDERS_SEED=${seed + i} alone)`, { cause: error });
      }
    }
  }, 600_000);
});
