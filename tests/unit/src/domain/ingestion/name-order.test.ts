import fc from 'fast-check';
import { orderKey, orderKeyPrefix } from '../../../../../src/domain/ingestion/name-order';

const units = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.constantFrom(0, 1, 2, 3, 0xd7ff, 0xd800, 0xdfff, 0xe000)), {
    maxLength: 6,
  })
  .map((codes) => String.fromCharCode(...codes));

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
const byUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

test('keys are in one order by bytes and by code units: that of their parts', () => {
  fc.assert(
    fc.property(units, units, units, units, (a, b, c, d) => {
      const wanted = byUnits(a, c) || byUnits(b, d);
      expect(byBytes(orderKey(a, b), orderKey(c, d))).toBe(wanted);
      expect(byUnits(orderKey(a, b), orderKey(c, d))).toBe(wanted);
    }),
  );
});

test('a prefix is that of its own parts alone', () => {
  fc.assert(
    fc.property(units, units, units, (a, b, c) => {
      expect(orderKey(a, b).startsWith(orderKeyPrefix(a))).toBe(true);
      if (a !== c) expect(orderKey(c, b).startsWith(orderKeyPrefix(a))).toBe(false);
    }),
  );
});

test('ordinary names stay as they are', () => {
  expect(orderKey('default-project', 'docs/Größe 世界.md')).toBe('default-project\u0001docs/Größe 世界.md');
  expect(orderKey('🌍')).not.toMatch(/[\0\ud800-\udfff]/);
});
