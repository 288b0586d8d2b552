import { perHost } from '../../../../local-host/storage/per-host';
import { hostContext } from '../host-context';

test('one object serves a host, from its first user to its last', async () => {
  const made: object[] = [];
  const closed: object[] = [];
  const shared = perHost(
    () => {
      const value = {};
      made.push(value);
      return value;
    },
    (value) => void closed.push(value),
  );
  const [one, other] = [hostContext(), hostContext()];
  const first = shared(one);
  const second = shared(one);
  expect(second.value).toBe(first.value);
  expect(shared(other).value).not.toBe(first.value);
  await first.release();
  await first.release();
  expect(closed).toEqual([]);
  await second.release();
  expect(closed).toEqual([first.value]);
  expect(shared(one).value).not.toBe(first.value);
});
