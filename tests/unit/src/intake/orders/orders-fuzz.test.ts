/** Anything may come instead of an order: only orders take effect, and everything else becomes a dead letter with its code. */
import { hostileOrder } from '../../../../drivers/hostile-orders';
import { scaled } from '../../../../drivers/scale';
import { fuzzSeed } from '../../../../drivers/seeded-random';
import { event, ordersWorld } from './orders-world';

const PAYLOADS = scaled(100_000);
/** Payloads of one world. */
const ROUND = 500;

interface Judged {
  /** Of an order: who it is. Of anything else: the code of its dead letter. */
  readonly identity?: string;
  readonly code?: string;
}

/** What an order is, said once more, without the app's schema. */
function judge(payload: Buffer): Judged {
  let value: unknown;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(payload);
    if (text.length > 1024 * 1024) return { code: 'ORDER_INVALID' };
    value = JSON.parse(text);
  } catch {
    return { code: 'MESSAGE_UNPARSABLE' };
  }
  if (typeof value !== 'object' || value === null) return { code: 'ORDER_INVALID' };
  const own = (name: string): unknown =>
    Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
  const version = own('schemaVersion');
  if (typeof version === 'string' && !/^1\.[0-9]{1,6}$/.test(version)) return { code: 'SCHEMA_UNSUPPORTED' };
  const ids = [own('tenantId'), own('orderId'), own('requestId')];
  const [sequence, status] = [own('sequence'), own('status')];
  const isOrder =
    !Array.isArray(value) &&
    typeof version === 'string' &&
    ids.every(
      (id) => typeof id === 'string' && id.length >= 1 && id.length <= 200 && !/[\p{Cc}\p{Cf}\p{Cs}]/u.test(id),
    ) &&
    (sequence === undefined || (Number.isSafeInteger(sequence) && (sequence as number) >= 1)) &&
    (status === undefined || (typeof status === 'string' && status.length <= 200));
  return isOrder ? { identity: JSON.stringify(ids) } : { code: 'ORDER_INVALID' };
}

it(`settles ${PAYLOADS} payloads of any kind`, async () => {
  const random = fuzzSeed('orders');
  const seen = new Map<string, number>();
  for (let from = 0; from < PAYLOADS; from += ROUND) {
    const w = ordersWorld();
    const p = w.process();
    const orders = new Set<string>();
    const codes = new Map<string, string>();
    const events = Array.from({ length: Math.min(ROUND, PAYLOADS - from) }, (_, i) => {
      const { name, payload } = hostileOrder(random);
      const position = `0/${from + i}`;
      const { identity, code } = judge(payload);
      if (identity !== undefined) orders.add(identity);
      if (code !== undefined) codes.set(position, code);
      const kind = `${name}: ${code ?? 'an order'}`;
      seen.set(kind, (seen.get(kind) ?? 0) + 1);
      return { ...event({}, position), payload };
    });
    for (let at = 0; at < events.length; at += 64) await p.settle(events.slice(at, at + 64));
    // Some wait for a sequence that never comes.
    w.clock.advance(301_000);
    await p.resume();
    expect(w.parked.all.size).toBe(0);
    const letters = [...w.deadLetters.all.values()].map(({ keys, code }) => [keys.position, code]);
    expect(new Map(letters as [string, string][])).toEqual(codes);
    expect(letters).toHaveLength(codes.size);
    const applied = [...w.effects.values()].map((text) => judge(Buffer.from(text)).identity);
    expect(new Set(applied)).toEqual(orders);
    expect(applied).toHaveLength(orders.size);
  }
  // It was tried: each kind of payload came, and each code was the answer to many.
  const count = (pattern: RegExp): number =>
    [...seen].reduce((sum, [kind, times]) => sum + (pattern.test(kind) ? times : 0), 0);
  for (const answer of ['an order', 'MESSAGE_UNPARSABLE', 'ORDER_INVALID', 'SCHEMA_UNSUPPORTED'])
    expect(count(new RegExp(`: ${answer}$`))).toBeGreaterThan(PAYLOADS / 100);
  for (const name of [
    'truncated',
    'bytes changed',
    'not UTF-8',
    '__proto__',
    'nested deep',
    'a huge sequence',
    'a mebibyte',
  ])
    expect(count(new RegExp(`^${name}: `))).toBeGreaterThan(0);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
}, 600_000);
