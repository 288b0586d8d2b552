import { OffsetKeeper, type Offset } from '../../../../local-host/triggers/kafka/offset-keeper';
import { VirtualClock } from '../../../../local-host/virtual-clock';

describe('an offset keeper', () => {
  const committed: (readonly Offset[])[] = [];
  const refused: unknown[] = [];
  let refuse = false;
  const clock = new VirtualClock(0);
  const keeper = new OffsetKeeper({
    clock,
    intervalMs: 200,
    commit: (offsets) =>
      refuse ? Promise.reject(new Error('rebalancing')) : Promise.resolve(void committed.push(offsets)),
    onRefused: (error) => refused.push((error as Error).message),
  });

  test('commits the newest offset of each partition, once an interval', async () => {
    keeper.store(0, 5n);
    keeper.store(0, 6n);
    keeper.store(1, 9n);
    keeper.store(0, 4n);
    await clock.advance(199);
    expect(committed).toEqual([]);
    await clock.advance(1);
    expect(committed).toEqual([
      [
        { partition: 0, next: 6n },
        { partition: 1, next: 9n },
      ],
    ]);
    await clock.advance(1000);
    expect(committed).toHaveLength(1);
  });

  test('commits at once when asked to, and tells of what was refused', async () => {
    keeper.store(0, 7n);
    await keeper.flush();
    expect(committed.at(-1)).toEqual([{ partition: 0, next: 7n }]);
    refuse = true;
    keeper.store(0, 8n);
    await keeper.flush();
    expect(refused).toEqual(['rebalancing']);
  });
});
