/** Acceptance criterion 5 of source 001, and N2: HTTP answers while large files are carried, and while the share hangs. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { childrenOf } from '../../drivers/process-memory';
import { startShare, type ShareUnderTest } from '../../drivers/share-under-test';

let share: ShareUnderTest;
beforeAll(async () => {
  share = await startShare({ APP_SHARE_TIMEOUT_S: '1' });
  await share.post('/v1/watch/start', { session_name: 'r' });
});
afterAll(() => share.app.stop());

/** Milliseconds of each of so many questions in a row. */
async function healthTimes(count: number): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const began = performance.now();
    expect((await fetch(`${share.app.url}/healthz`)).status).toBe(200);
    times.push(performance.now() - began);
  }
  return times.sort((a, b) => a - b);
}

const median = (sorted: readonly number[]): number => sorted[Math.floor(sorted.length / 2)]!;

function shareProcess(): number | undefined {
  return childrenOf(process.pid)
    .flatMap((worker) => childrenOf(worker))
    .find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('share-process'));
}

it('5: answers while large files are carried', async () => {
  share.drop('large.bin', randomBytes(100 * 1024 * 1024));
  await share.untilStatus((s) => s.in_flight_files === 1);
  const times = await healthTimes(40);
  console.log(
    `healthz while 100 MiB go: median ${median(times).toFixed(1)} ms, longest ${times.at(-1)!.toFixed(1)} ms`,
  );
  expect(median(times)).toBeLessThan(50);
  await share.untilStatus((s) => s.processed_ok === 1);
}, 120_000);

it('answers while the share hangs, says so, and goes on with another process when it comes back', async () => {
  const victim = shareProcess();
  process.kill(victim!, 'SIGSTOP');
  share.drop('behind.bin', 'behind the hang');
  const times = await healthTimes(40);
  console.log(
    `healthz while the share hangs: median ${median(times).toFixed(1)} ms, longest ${times.at(-1)!.toFixed(1)} ms`,
  );
  expect(median(times)).toBeLessThan(50);
  const hung = await share.untilStatus((s) => !(s.share as { ok: boolean }).ok);
  expect((hung.share as { reason: string }).reason).toMatch(/did not answer within 1 s/);
  expect(await (await fetch(`${share.app.url}/readyz?pipeline=nfs`)).json()).toMatchObject({
    code: 'NOT_READY',
    backend: expect.stringContaining('share '),
  });
  await share.untilStatus((s) => s.processed_ok === 2);
  expect(shareProcess()).not.toBe(victim);
}, 120_000);
