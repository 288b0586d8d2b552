import { readableRecord } from '../../../scripts/local/readable-record';

const record = (fields: object): string =>
  JSON.stringify({ level: 'warn', message: 'Order became a dead letter', ...fields });

it('tells a record of the app’s log as a sentence', () => {
  const text = record({
    ...{ traceId: 'a', spanId: 'b', pipeline: 'orders', code: 'ORDER_INVALID', reason: 'no JSON' },
    ...{ stack: 'Error\n at x', orderId: 'o-1', attempts: 2 },
  });
  expect(readableRecord(text)).toBe(
    'Order became a dead letter: no JSON  (pipeline=orders, code=ORDER_INVALID, orderId=o-1, attempts=2)',
  );
  expect(readableRecord(`orders: ${record({ error: 'first\nsecond', where: { a: 1 } })}`)).toBe(
    'orders: Order became a dead letter: first  (where={"a":1})',
  );
});

it('leaves everything else alone', () => {
  for (const text of ['plain', '{"a":1}', '{"level":"warn"', '{"level":"warn"}', '{"level":"x","message":1}'])
    expect(readableRecord(text)).toBe(text);
});
