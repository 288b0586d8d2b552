import { listed, shown } from '../../../../scripts/dead-letters/dead-letter-text';
import type { DeadLetterWithBody } from '../../../../src/domain/dead-letter';

const letter: DeadLetterWithBody = {
  ...{
    id: '8234567890123-abc',
    pipeline: 'orders',
    code: 'ORDER_REFUSED',
    error: 'It said no.\nAnd why.',
    attempts: 1,
  },
  ...{ createdAt: '2026-01-31T12:00:05.123Z', state: 'open', message: '{"orderId":"\u001b]0;owned\u0007"}' },
  keys: { tenantId: 'acme', orderId: 'o\u001b[2J-17', requestId: 'r' },
};

it('lists a letter in three lines, without what would steer a terminal', () => {
  expect(listed(letter)).toBe(
    '2026-01-31 12:00:05  orders  ORDER_REFUSED  1 try  acme/o\uFFFD[2J-17/r\n  It said no.\n  8234567890123-abc',
  );
  expect(listed({ ...letter, state: 'replayed', attempts: 5, keys: { blob: 'incoming/a.txt' } })).toMatch(
    /5 tries {2}replayed {2}incoming\/a.txt$/m,
  );
});

it('shows all of a letter, and the beginning of a long message', () => {
  const text = shown({ ...letter, stack: 'Error: x\n    at y', traceId: 't'.repeat(32) });
  expect(text).toMatch(/^pipeline +orders$/m);
  expect(text).toMatch(/^key orderId +o\uFFFD\[2J-17$/m);
  expect(text).toMatch(/^error\n {2}It said no\.\n {2}And why\.$/m);
  expect(text).toMatch(/^stack\n {2}Error: x\n {6}at y$/m);
  expect(text).toMatch(/^message \(24 characters; all of it by --json\)\n {2}\{"orderId":"\uFFFD\]0;owned\uFFFD"\}$/m);
  expect(shown({ ...letter, message: 'x'.repeat(10_000) })).toMatch(/x{8192} …$/);
});
