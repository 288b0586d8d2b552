/** What the watch is told over HTTP, and what it shows: refusals, dry run, patterns, stop, restart, quarantine and replay. */
import { mkdirSync, rmSync } from 'node:fs';
import { itemInState } from '../../drivers/items-under-test';
import { filesBelow, startShare, type ShareUnderTest } from '../../drivers/share-under-test';

let share: ShareUnderTest;
beforeAll(async () => {
  share = await startShare({ APP_MAX_ATTEMPTS: '1', APP_FAILED_QUARANTINE: '1' });
});
afterAll(() => share.app.stop());

it.each([
  [{ session_name: '.' }, 'SESSION_NAME_INVALID'],
  [{ session_name: '..' }, 'SESSION_NAME_INVALID'],
  [{ session_name: 'x'.repeat(5_000) }, 'SESSION_NAME_INVALID'],
  [{ session_name: 7 }, 'REQUEST_INVALID'],
  [{ includes: ['*'] }, 'REQUEST_INVALID'],
  ['{', 'REQUEST_INVALID'],
  [`{"session_name":"${'x'.repeat(300_000)}"}`, 'REQUEST_INVALID'],
])('refuses %.60j with a reason', async (body, code) => {
  const answer = await share.post('/v1/watch/start', body);
  expect(answer).toMatchObject({ status: 400, body: { code, status: 400 } });
  expect((await share.status()).enabled).toBe(false);
});

it('shows in a dry run what would be taken, and takes nothing', async () => {
  share.drop('a.csv', 'aaa');
  share.drop('b.log', 'b');
  await share.post('/v1/watch/start', { session_name: 'dry/🚀', include: ['*.csv'], dry_run: true });
  const status = await share.untilStatus((s) => (s.dry_run as { files: number } | undefined)?.files === 1);
  expect(status).toMatchObject({
    active_session: 'dry/🚀',
    encoded_session: 'dry%2F%F0%9F%9A%80',
    dry_run: { files: 1, bytes: 3, first: [{ file: 'a.csv', size: 3 }] },
    incoming: { skipped: { 'left out by pattern': 1 } },
  });
  expect(filesBelow(share.folders.incoming)).toEqual(['a.csv', 'b.log']);
});

it('lets the session run, of a start and a dry run at once', async () => {
  for (let i = 0; i < 10; i++) {
    await share.post('/v1/watch/stop');
    const start = () => share.post('/v1/watch/start', { session_name: `real ${i}`, include: ['nothing'] });
    const dry = () => share.post('/v1/watch/start', { session_name: `dry ${i}`, dry_run: true });
    const [started, tried] =
      i % 2 === 0 ? await Promise.all([start(), dry()]) : (await Promise.all([dry(), start()])).reverse();
    expect([started!.status, [200, 409].includes(tried!.status)]).toEqual([200, true]);
    const status = await share.status();
    expect([status.active_session, status.dry_run]).toEqual([`real ${i}`, undefined]);
  }
  await share.post('/v1/watch/stop');
});

it('takes what the patterns say, with subfolders where told so, and stops when told so', async () => {
  share.drop('sub/ü.csv', 'sub');
  await share.post('/v1/watch/start', { session_name: 's', include: ['*.csv'], recursive: true });
  expect(await share.post('/v1/watch/start', { dry_run: true })).toMatchObject({
    status: 409,
    body: { code: 'SESSION_RUNNING', active_session: 's', detail: expect.stringContaining('/v1/watch/stop') },
  });
  await share.untilStatus((s) => s.processed_ok === 2);
  const names = await share.blobs();
  expect(names.map((name) => name.slice(9))).toEqual(['s/a.csv', 's/sub/ü.csv']);
  expect((await share.post('/v1/watch/stop')).body).toEqual({ enabled: false });
  expect(await share.status()).toMatchObject({
    enabled: false,
    active_session: null,
    processed_ok: 2,
    processed_err: 0,
  });
  expect(filesBelow(share.folders.incoming)).toEqual(['b.log']);
});

it('puts a file that cannot be carried into quarantine with its reason, and a replay carries it', async () => {
  await share.post('/v1/watch/start', { session_name: 'q' });
  // A folder where the staged copy must go.
  const { date_prefix: date } = await share.status();
  const inTheWay = `${share.folders.staging}/${String(date)}/q/bad.bin/x`;
  mkdirSync(inTheWay, { recursive: true });
  share.drop('bad.bin', 'bad');
  await share.app.line(/"File given up".*"quarantined":true/);
  expect(filesBelow(share.folders.failed)).toEqual([
    `${String(date)}/q/bad.bin`,
    `reasons/${String(date)}/q/bad.bin.json`,
  ]);
  const listed = (await (await fetch(`${share.app.url}/v1/dead-letters?pipeline=nfs`)).json()) as {
    items: { id: string; code: string }[];
  };
  expect(listed.items).toMatchObject([{ code: 'STAGING_FAILED', keys: { file: 'bad.bin', session: 'q' } }]);
  rmSync(`${share.folders.staging}/${String(date)}/q`, { recursive: true });
  const replayed = await share.post(`/v1/dead-letters/${listed.items[0]!.id}/replay`);
  expect(replayed.status).toBe(200);
  await share.untilStatus((s) => s.processed_ok === 4);
  expect(await share.blobs()).toContain(`${String(date)}/q/bad.bin`);
  const item = await itemInState(share.app.url, { name: 'bad.bin' }, 'done');
  expect(item).toMatchObject({ pipeline: 'nfs', detail: `${String(date)}/q/bad.bin` });
  expect(item.history.map(({ state }) => state)).toEqual(['waiting', 'failed', 'replayed', 'working', 'done']);
  expect(filesBelow(share.folders.failed)).toEqual([]);
});
