import { forgotten, removable } from '../../../../../src/domain/orders/memory';

const DAY = 86_400_000;
const RETENTION = 30 * DAY;
const NOW = Date.UTC(2026, 0, 1);

it('trusts the ledger with what is younger than its retention, to the millisecond', () => {
  expect(forgotten(NOW - RETENTION, NOW, RETENTION)).toBeUndefined();
  expect(forgotten(NOW - RETENTION - 1, NOW, RETENTION)).toContain('kept for 30');
});

it.each([0, -1])('knows no age of what was enqueued at %d', (enqueuedAt) => {
  expect(forgotten(enqueuedAt, NOW, RETENTION)).toBeUndefined();
});

it('keeps the entry of all that would be applied, with clocks that differ by hours', () => {
  for (const skew of [-23 * 3_600_000, 0, 23 * 3_600_000]) {
    // Done the moment it came, by the clock of the process that removes entries.
    const enqueuedAt = NOW - RETENTION + skew;
    const isApplied = forgotten(enqueuedAt, NOW, RETENTION) === undefined;
    expect(isApplied && enqueuedAt - skew < removable(NOW, RETENTION)).toBe(false);
  }
});
