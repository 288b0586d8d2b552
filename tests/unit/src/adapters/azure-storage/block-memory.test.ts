/** The bound on what all uploads hold together: who waits, who goes first, and that nobody waits for ever. */
import { boundedBlockMemory, createBlockMemory } from '../../../../../src/adapters/azure-storage/block-memory';

const KiB = 1024;
const turns = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function bounded(blocks: number) {
  const memory = boundedBlockMemory(createBlockMemory(), blocks * 64 * KiB);
  const order: string[] = [];
  const held = new Map<string, Uint8Array>();
  return {
    order,
    take(name: string, turn?: number, signal?: AbortSignal, bytes = 64 * KiB) {
      const taken = Promise.resolve(memory.take(bytes, turn, signal)).then((given) => {
        order.push(name);
        held.set(name, given);
      });
      taken.catch(() => undefined);
      return taken;
    },
    give: (name: string) => memory.give(held.get(name)!),
  };
}

it('gives out no more than the bound, to the earlier upload first', async () => {
  const { take, give, order } = bounded(2);
  for (const name of ['a1', 'a2', 'b1', 'a3']) void take(name, name.startsWith('a') ? 1 : 2);
  await turns();
  expect(order).toEqual(['a1', 'a2']);
  give('a1');
  await turns();
  expect(order).toEqual(['a1', 'a2', 'a3']);
  give('a2');
  await turns();
  expect(order).toEqual(['a1', 'a2', 'a3', 'b1']);
});

it('lets whole files and blocks alternate, so that neither waits for all of the other', async () => {
  const { take, give, order } = bounded(1);
  for (const name of ['block 1', 'block 2', 'block 3']) void take(name, 1);
  for (const name of ['whole 1', 'whole 2']) void take(name);
  for (const name of ['block 1', 'whole 1', 'block 2', 'whole 2']) {
    await turns();
    give(name);
  }
  await turns();
  expect(order).toEqual(['block 1', 'whole 1', 'block 2', 'whole 2', 'block 3']);
});

it('gives what is larger than the bound alone', async () => {
  const { take, give, order } = bounded(1);
  void take('small', 1);
  void take('large', 2, undefined, 1024 * KiB);
  await turns();
  expect(order).toEqual(['small']);
  give('small');
  await turns();
  expect(order).toEqual(['small', 'large']);
});

it('forgets who does not wait any longer', async () => {
  const { take, give, order } = bounded(1);
  const stop = new AbortController();
  void take('first', 1);
  const gone = take('gone', 1, stop.signal);
  void take('next', 2);
  stop.abort(new Error('no longer'));
  await expect(gone).rejects.toThrow('no longer');
  give('first');
  await turns();
  expect(order).toEqual(['first', 'next']);
});
