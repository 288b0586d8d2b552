import { bytesOf } from '../../../../local-host/storage/rpc-bytes';

test.each([
  [{ string: 'ł' }, 'c582'],
  [{ json: '{"a":1}' }, '7b2261223a317d'],
  [{ bytes: Buffer.from([1, 2]) }, '0102'],
  [{ int: 5 }, '05000000'],
  [{ int: -1 }, 'ffffffff'],
  [{ int: 2 ** 40 }, '0000000000010000'],
  [{ double: 1.5 }, '000000000000f83f'],
])('%j is written as %s', (data, hex) => {
  expect(Buffer.from(bytesOf(data) ?? []).toString('hex')).toBe(hex);
});

test('no value is no bytes', () => {
  expect(bytesOf({})).toBeUndefined();
});
