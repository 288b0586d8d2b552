import { endWithin } from '../../../local-host/end-within';
import { createLog } from '../../../local-host/log';
import { VirtualClock } from '../../../local-host/virtual-clock';

function setUp(ended: Promise<unknown>) {
  const lines: string[] = [];
  const clock = new VirtualClock(0);
  const result = endWithin(ended, {
    ...{ tellMs: 5_000, limitMs: 60_000, clock, waitsFor: () => "'job' (2 in hand)" },
    log: createLog(({ level, message }) => void lines.push(`${level}: ${message}`)),
  });
  return { lines, clock, result };
}

describe('what the host waits for when it stops', () => {
  test('is not spoken of when it ends soon', async () => {
    const { lines, clock, result } = setUp(Promise.resolve());
    expect(await result).toBe(true);
    await clock.advance(60_000);
    expect(lines).toEqual([]);
  });

  test('is named after a while, with the time that it has and the way to end at once', async () => {
    let end = (): void => undefined;
    const { lines, clock, result } = setUp(new Promise<void>((resolve) => (end = resolve)));
    await clock.advance(59_999);
    expect(lines).toEqual([
      "warning: The host stops as soon as 'job' (2 in hand) has ended, at the latest in 55 s. A second signal (Ctrl-C) ends it at once.",
    ]);
    end();
    expect(await result).toBe(true);
    await clock.advance(60_000);
    expect(lines).toHaveLength(1);
  });

  test('is left to itself past the limit, which the log says', async () => {
    const { lines, clock, result } = setUp(new Promise(() => undefined));
    await clock.advance(60_000);
    expect(await result).toBe(false);
    expect(lines[1]).toMatch(/^error: The host stops although 'job' \(2 in hand\) has not ended within 60 s\. /);
  });

  test('may fail, before the limit or after it', async () => {
    await expect(setUp(Promise.reject(new Error('no disk'))).result).rejects.toThrow('no disk');
    let fail = (): void => undefined;
    const { clock, result } = setUp(new Promise((_resolve, reject) => (fail = () => reject(new Error('late')))));
    await clock.advance(60_000);
    expect(await result).toBe(false);
    fail();
  });
});
