/** The bandwidth cap (APP_MAX_BYTES_PER_S) on a clock that the test moves. */
import { createByteGate, type ByteGateTime } from '../../../../../src/adapters/azure-storage/byte-gate';
import { fuzzSeed } from '../../../../drivers/seeded-random';

/** Who waits goes on when the clock gets there. */
class GateTime implements ByteGateTime {
  #now = 5_000_000;
  readonly #waits: { readonly at: number; readonly go: () => void }[] = [];

  now = (): number => this.#now;

  wait = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      this.#waits.push({ at: this.#now + ms, go: resolve });
      signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });

  /** The moments at which waits end, earliest first. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    for (;;) {
      await new Promise(setImmediate);
      const [next] = this.#waits.sort((a, b) => a.at - b.at);
      if (!next || next.at > until) break;
      this.#waits.shift();
      this.#now = next.at;
      next.go();
    }
    this.#now = until;
  }
}

it('lets one second of bytes through at once after idle time, and then keeps to the cap', async () => {
  const time = new GateTime();
  const gate = createByteGate(1_000, time);
  const passed: number[] = [];
  const begin = time.now();
  for (let i = 0; i < 6; i++) void gate(500).then(() => passed.push(time.now() - begin));
  await time.advance(10_000);
  expect(passed).toEqual([0, 0, 500, 1_000, 1_500, 2_000]);
});

it('never lets more through in any span than the cap times the span, and one second and one piece', async () => {
  const random = fuzzSeed('byte gate');
  const time = new GateTime();
  const cap = 10_000;
  const gate = createByteGate(cap, time);
  const passed: { at: number; bytes: number }[] = [];
  for (let i = 0; i < 300; i++) {
    const bytes = 1 + random.below(4_000);
    void gate(bytes).then(() => passed.push({ at: time.now(), bytes }));
    if (random.next() < 0.2) await time.advance(random.below(3_000));
  }
  await time.advance(600_000);
  expect(passed).toHaveLength(300);
  const over = passed.flatMap((first, from) => {
    let sum = 0;
    return passed.slice(from).filter(({ at, bytes }) => {
      sum += bytes;
      return sum > (cap * (at - first.at + 1_000)) / 1_000 + 4_000;
    });
  });
  expect(over).toEqual([]);
});

it('stops waiting when it is told to', async () => {
  const time = new GateTime();
  const gate = createByteGate(1, time);
  const stop = new AbortController();
  const waiting = gate(1_000, stop.signal);
  stop.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
});
