import { setTimeout as wait } from 'node:timers/promises';
import type { MetricSample, MetricSource } from '../../local-host/scaler/metric-source';

export interface MetricSourceFixture {
  /** For an empty queue (topic, hub) of its own each time, active above two. */
  make(): MetricSource;
  /** Puts so many more into what the last source counts. */
  add(count: number): Promise<void>;
  /** Takes what it counts away from the network while `during` runs. */
  outage(during: () => Promise<void>): Promise<void>;
  /** Of something that is not there; undefined where that counts as empty. */
  missing?: { readonly source: MetricSource; readonly says: RegExp };
}

const never = new AbortController().signal;
const LONGEST_MS = 20_000;
const LOOK_AGAIN_MS = 50;

/** What every {@link MetricSource} must do; run against each one on the real thing. */
export function metricSourceContract(name: string, fixture: () => MetricSourceFixture): void {
  describe(`${name} as a MetricSource`, () => {
    /** Figures may be some time old. */
    const until = async (source: MetricSource, value: number): Promise<MetricSample> => {
      const end = Date.now() + LONGEST_MS;
      for (;;) {
        const sample = await source.read(never);
        if (sample.value === value) return sample;
        if (Date.now() > end) throw new Error(`It counts ${sample.value}, not ${value}.`);
        await wait(LOOK_AGAIN_MS);
      }
    };

    it('counts what is there, and is active only above its threshold', async () => {
      const { make, add } = fixture();
      const source = make();
      try {
        await add(0);
        expect(await until(source, 0)).toEqual({ value: 0, active: false });
        await add(2);
        expect(await until(source, 2)).toEqual({ value: 2, active: false });
        await add(1);
        expect(await until(source, 3)).toEqual({ value: 3, active: true });
      } finally {
        await source.close();
      }
    });

    it('names what to look at while it is away, without a secret, and counts again afterwards', async () => {
      const { make, add, outage } = fixture();
      const source = make();
      try {
        await add(1);
        await until(source, 1);
        await outage(async () => {
          const error: unknown = await source.read(never).catch((reason: unknown) => reason);
          expect(error).toBeInstanceOf(Error);
          const { message } = error as Error;
          expect(message).toMatch(/\. (Check|Enable) .*\.$/);
          expect(message).not.toMatch(/guest:guest|AccountKey|SharedAccessKey=/);
        });
        const back = async (end: number): Promise<MetricSample> => {
          try {
            return await source.read(never);
          } catch (error) {
            if (Date.now() > end) throw error;
            await wait(LOOK_AGAIN_MS);
            return back(end);
          }
        };
        await back(Date.now() + LONGEST_MS);
        await until(source, 1);
      } finally {
        await source.close();
      }
    });

    it('ends a read that is given up, and can be read again', async () => {
      const { make, add } = fixture();
      const source = make();
      try {
        await add(1);
        await until(source, 1);
        const over = new AbortController();
        const read = source.read(over.signal).catch(() => undefined);
        over.abort();
        await read;
        await until(source, 1);
      } finally {
        await source.close();
      }
    });

    it('can be closed before and between reads', async () => {
      const { make, add } = fixture();
      const source = make();
      await source.close();
      await add(1);
      await until(source, 1);
      await source.close();
      await source.close();
    });

    it('says of what is not there that it is not', async () => {
      const { missing } = fixture();
      if (!missing) return;
      await expect(missing.source.read(never)).rejects.toThrow(missing.says);
      await missing.source.close();
    });
  });
}
