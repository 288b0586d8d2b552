import { planEntity, type EntityRequest } from '../../../../../local-host/durable/engine/entity';

const op = (from?: string): EntityRequest => ({
  type: 'op',
  op: 'add',
  requestId: 'r',
  signal: from === undefined,
  ...(from === undefined ? {} : { caller: { instanceId: from, executionId: 'x' } }),
});
const lock = (from: string, position = 0): EntityRequest => ({
  type: 'lock',
  requestId: `lock-${from}`,
  entities: ['@e@a', '@e@b'],
  position,
  caller: { instanceId: from, executionId: 'x' },
});

test('runs operations as one batch, up to the first lock', () => {
  expect(planEntity([op('a'), op(), lock('b'), op('c')], undefined, 10)).toMatchObject({
    batch: [0, 1],
    settled: [],
    lockHolder: undefined,
  });
});

test('lets only the holder of the lock in', () => {
  expect(planEntity([op('a'), op('b'), op()], 'b', 10)).toMatchObject({ batch: [1], settled: [] });
});

test('goes back to those who waited once the lock is released', () => {
  expect(planEntity([op('a'), { type: 'release', holder: 'b' }], 'b', 10)).toMatchObject({
    batch: [0],
    settled: [1],
    lockHolder: undefined,
  });
});

test('does not release before the operations that came first', () => {
  expect(planEntity([op('b'), { type: 'release', holder: 'b' }], 'b', 10)).toMatchObject({
    batch: [0],
    settled: [],
    lockHolder: 'b',
  });
});

test('passes a lock on to the next entity, and grants it at the last', () => {
  expect(planEntity([lock('a')], undefined, 10)).toMatchObject({
    settled: [0],
    lockHolder: 'a',
    forward: [{ position: 1 }],
    granted: [],
  });
  expect(planEntity([lock('a', 1)], undefined, 10)).toMatchObject({
    settled: [0],
    lockHolder: 'a',
    forward: [],
    granted: [{ position: 2 }],
  });
});

test('keeps batches to their size', () => {
  expect(planEntity([op(), op(), op()], undefined, 2).batch).toEqual([0, 1]);
});
