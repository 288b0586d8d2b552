import fc from 'fast-check';
import { orderKey, orderText, parseOrder } from '../../../../../src/domain/orders/order-event';

const good = { schemaVersion: '1.0', tenantId: 't', orderId: 'o', requestId: 'r' };
const parse = (value: unknown) => parseOrder(typeof value === 'string' ? value : JSON.stringify(value));

it('takes 1.x with fields that it does not know', () => {
  expect(parse({ ...good, schemaVersion: '1.7', lines: [1], sequence: 3, status: 'paid' })).toEqual({
    kind: 'order',
    order: { ...good, schemaVersion: '1.7', sequence: 3, status: 'paid' },
  });
});

it.each([
  ['', 'MESSAGE_UNPARSABLE'],
  ['{"a":', 'MESSAGE_UNPARSABLE'],
  ['null', 'ORDER_INVALID'],
  ['[]', 'ORDER_INVALID'],
  ['"text"', 'ORDER_INVALID'],
  ['{}', 'ORDER_INVALID'],
  [{ ...good, schemaVersion: 1 }, 'ORDER_INVALID'],
  [{ ...good, schemaVersion: '2.0' }, 'SCHEMA_UNSUPPORTED'],
  [{ schemaVersion: '10.0' }, 'SCHEMA_UNSUPPORTED'],
  [{ ...good, schemaVersion: '1' }, 'SCHEMA_UNSUPPORTED'],
  [{ ...good, tenantId: '' }, 'ORDER_INVALID'],
  [{ ...good, orderId: 5 }, 'ORDER_INVALID'],
  [{ ...good, requestId: 'a\nb' }, 'ORDER_INVALID'],
  [{ ...good, orderId: '\ud800' }, 'ORDER_INVALID'],
  [{ ...good, orderId: 'x'.repeat(201) }, 'ORDER_INVALID'],
  [{ ...good, sequence: 0 }, 'ORDER_INVALID'],
  [{ ...good, sequence: 1.5 }, 'ORDER_INVALID'],
  [{ ...good, sequence: '1' }, 'ORDER_INVALID'],
  [{ ...good, sequence: 1e300 }, 'ORDER_INVALID'],
  [`{"__proto__":${JSON.stringify(good)}}`, 'ORDER_INVALID'],
  ['['.repeat(200_000), 'MESSAGE_UNPARSABLE'],
  ['[' + '0,'.repeat(600_000) + '0]', 'ORDER_INVALID'],
])('refuses %.60j as %s', (value, code) => {
  expect(parse(value)).toMatchObject({ kind: 'rejected', code });
});

it('takes deep nesting in a field that it does not know', () => {
  const deep = `${JSON.stringify(good).slice(0, -1)},"x":${'['.repeat(50_000)}${']'.repeat(50_000)}}`;
  expect(parse(deep)).toMatchObject({ kind: 'order' });
});

it('reads UTF-8, and nothing that is not', () => {
  expect(orderText(Buffer.from('\u00fc'))).toBe('\u00fc');
  expect(orderText(Buffer.from('\ufeff{}'))).toBe('{}');
  expect(orderText(Buffer.from([0x7b, 0xff, 0x7d]))).toBeUndefined();
  expect(orderText(Buffer.from([0xed, 0xa0, 0x80]))).toBeUndefined();
});

it('never throws, and never takes for an order what lacks its ids', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        fc.json().map((j) => j.slice(0, -1)),
      ),
      (text) => {
        const parsed = parseOrder(text);
        if (parsed.kind === 'order') expect(parsed.order.tenantId.length).toBeGreaterThan(0);
        else expect(parsed.reason.length).toBeGreaterThan(0);
      },
    ),
    { numRuns: process.env.SLUICE_SOAK === '1' ? 100_000 : 2_000 },
  );
});

it('keeps apart what ids with separators could confuse, and tenants above all', () => {
  const keyOf = (tenantId: string, orderId: string, requestId: string) =>
    orderKey({ schemaVersion: '1.0', tenantId, orderId, requestId });
  const keys = [
    keyOf('a', 'b', 'c'),
    keyOf('a', 'bc', ''),
    keyOf('ab', '', 'c'),
    keyOf('', 'ab', 'c'),
    keyOf('a/b', '', 'c'),
  ];
  expect(new Set(keys.map((k) => k.event)).size).toBe(5);
  expect(keyOf('t1', 'o', 'r').order).not.toBe(keyOf('t2', 'o', 'r').order);
  expect(keyOf('t', 'o', 'r1').order).toBe(keyOf('t', 'o', 'r2').order);
});
