/** Events to try the pipeline on, made from a seed: orders with and without a sequence, events sent twice, and poison. */
import type { SentOrder } from '../order-backends';
import type { SeededRandom } from '../seeded-random';

export interface ChaosOrder {
  readonly sequenced: boolean;
  /** Texts of its events, in the order in which they are to take effect. */
  readonly texts: readonly string[];
}

export interface Workload {
  /** In the order in which they are sent. */
  readonly events: readonly SentOrder[];
  readonly orders: readonly ChaosOrder[];
  /** Code of the dead letter that each has to become, by text. */
  readonly poison: ReadonlyMap<string, string>;
  /** Events that are sent a second time. */
  readonly duplicates: number;
}

export interface WorkloadOptions {
  /** Events that are to take effect. */
  readonly count: number;
  /** Shares of `count`. */
  readonly duplicates: number;
  readonly poison: number;
  /** Whether payloads may be anything, or only text. */
  readonly bytes: boolean;
}

const TENANTS = ['acme', 'globex', 'initech'];
const UNDER_WAY = 40;
/** Sequenced events are sent up to so many places from where they belong. */
const ASTRAY = 12;

/** What is not UTF-8 becomes a dead letter of what could be read of it. */
export const NOT_UTF8 = Buffer.from([0xff, 0xfe, 0xc3, 0x28]);

const poisons: readonly ((id: string, random: SeededRandom) => { readonly payload: Buffer; readonly code: string })[] =
  [
    (id) => ({ payload: Buffer.from(`poison ${id}`), code: 'MESSAGE_UNPARSABLE' }),
    (id) => ({
      payload: Buffer.from(`{"schemaVersion":"1.0","tenantId":"acme","orderId":"${id}","requ`),
      code: 'MESSAGE_UNPARSABLE',
    }),
    (id) => ({ payload: text(id, 'r', { schemaVersion: '2.0' }), code: 'SCHEMA_UNSUPPORTED' }),
    (id) => ({ payload: text(id, 'r', { schemaVersion: 1 }), code: 'ORDER_INVALID' }),
    (id) => ({ payload: text(id, 'r', { requestId: undefined }), code: 'ORDER_INVALID' }),
    (id) => ({ payload: text(id, 'r', { sequence: 0 }), code: 'ORDER_INVALID' }),
    (id) => ({ payload: text(id, 'r', { tenantId: ['acme'] }), code: 'ORDER_INVALID' }),
    (id) => ({ payload: Buffer.from(`[${'['.repeat(50)}"${id}"${']'.repeat(50)}]`), code: 'ORDER_INVALID' }),
  ];
const binaryPoison = (id: string) => ({
  payload: Buffer.concat([Buffer.from(`{"schemaVersion":"1.0","orderId":"${id}`), NOT_UTF8]),
  code: 'MESSAGE_UNPARSABLE',
});

export function makeWorkload(random: SeededRandom, { count, duplicates, poison, bytes }: WorkloadOptions): Workload {
  const sequenced: boolean[] = [];
  const texts: string[][] = [];
  const events: SentOrder[] = [];
  const open: { readonly number: number; left: number }[] = [];
  for (let made = 0; made < count; made++) {
    if (open.length < UNDER_WAY) {
      open.push({ number: texts.length, left: 1 + random.below(8) });
      texts.push([]);
      sequenced.push(random.next() < 0.6);
    }
    const at = random.below(open.length);
    const order = open[at]!;
    const { number } = order;
    const ofOrder = texts[number]!;
    // Two tenants may well give two orders one id.
    const id = `o-${number >> 1}`;
    const body = text(id, `r-${number}-${ofOrder.length + 1}`, {
      tenantId: TENANTS[number % TENANTS.length],
      ...(sequenced[number] ? { sequence: ofOrder.length + 1 } : {}),
      amount: '§',
    }).toString();
    // More digits than a number holds: it has to arrive as it was sent.
    const exact = body.replace('"§"', `${random.below(10 ** 9)}12345678901234.50`);
    ofOrder.push(exact);
    events.push({ key: id, payload: Buffer.from(exact) });
    if (--order.left === 0) open.splice(at, 1);
  }
  sendAstray(events, random);
  const again = Math.round(count * duplicates);
  for (let i = 0; i < again; i++) {
    const from = random.below(events.length);
    // Often soon after, sometimes much later.
    const to = from + 1 + random.below(random.next() < 0.7 ? 20 : events.length);
    events.splice(Math.min(to, events.length), 0, events[from]!);
  }
  const codes = new Map<string, string>();
  const kinds = bytes ? [...poisons, binaryPoison] : poisons;
  for (let i = 0; i < Math.round(count * poison); i++) {
    const { payload, code } = kinds[i % kinds.length]!(`poison-${i}`, random);
    codes.set(payload.toString(), code);
    events.splice(random.below(events.length + 1), 0, { key: `poison-${i}`, payload });
  }
  const orders = texts.map((ofOrder, number) => ({ sequenced: sequenced[number] ?? false, texts: ofOrder }));
  return { events, orders, poison: codes, duplicates: again };
}

/** Events with a sequence need not arrive in it; those without have nothing but their arrival. */
function sendAstray(events: SentOrder[], random: SeededRandom): void {
  const isSequenced = ({ payload }: SentOrder): boolean => payload.includes('"sequence"');
  const places = events.flatMap((event, at) => (isSequenced(event) ? [at] : []));
  for (let i = 0; i < places.length; i++) {
    const here = places[i]!;
    const there = places[Math.min(places.length - 1, i + random.below(ASTRAY))]!;
    [events[here], events[there]] = [events[there]!, events[here]!];
  }
}

function text(orderId: string, requestId: string, more: Record<string, unknown>): Buffer {
  return Buffer.from(JSON.stringify({ schemaVersion: '1.0', tenantId: 'acme', orderId, requestId, ...more }));
}
