import { parseWhere } from '../../../../scripts/where/where-options';
import { shownItem } from '../../../../scripts/where/where-text';

const queries = (...args: readonly string[]): readonly string[] => {
  const parsed = parseWhere(args, {});
  if (parsed.kind !== 'order') throw new Error(JSON.stringify(parsed));
  return parsed.order.queries;
};

it('looks for a name, then for an order; for a trace first where it can be one', () => {
  expect(queries('a b.pdf')).toEqual(['name=a+b.pdf&limit=10', 'orderId=a+b.pdf&limit=10']);
  expect(queries('ab'.repeat(16))[0]).toBe(`traceId=${'ab'.repeat(16)}&limit=10`);
  expect(queries('o-1', '--order', '--tenant', 't', '--limit', '3')).toEqual(['orderId=o-1&limit=3&tenantId=t']);
});

it.each([
  [[], /say what to look for/],
  [['a', 'b'], /one at a time, not "b"/],
  [['a', '--name', '--order'], /--name and --order exclude each other/],
  [['a', '--limit', '0'], /--limit takes/],
  [['a', '--url', 'nowhere'], /--url takes an address/],
  [['a', '--nope'], /Unknown option '--nope'/],
])('refuses %j', (args, reason) => {
  expect(parseWhere(args, {})).toMatchObject({ kind: 'rejected', reason: expect.stringMatching(reason) });
});

it('shows what is known, and nothing that moves the cursor', () => {
  const text = shownItem({
    ...{ pipeline: 'orders', tenantId: 't', orderId: 'o\u001b[2J', requestId: 'r', state: 'waiting' },
    ...{ since: '2026-01-31T12:00:05.123Z', detail: 'Sequence 3 has not come yet.', next: 'Wait.' },
    history: [{ state: 'waiting', at: '2026-01-31T12:00:05.123Z' }],
  });
  expect(text).toBe(
    [
      't/o\uFFFD[2J/r  orders  waiting since 2026-01-31 12:00:05',
      '  detail       Sequence 3 has not come yet.',
      '  was          waiting 2026-01-31 12:00:05',
      '  next         Wait.',
    ].join('\n'),
  );
});
