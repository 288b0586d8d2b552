/** The acceptance criteria at the end of source 001, by number; the sixth is in access.test.ts, kill -9 also in crashes.test.ts. */
import { createHash, randomBytes } from 'node:crypto';
import { filesBelow, startShare, type ShareUnderTest } from '../../drivers/share-under-test';

let share: ShareUnderTest;
beforeAll(async () => {
  share = await startShare({ APP_AZURE_MAX_BLOCK_SIZE: '65536', APP_AZURE_MAX_SINGLE_PUT_SIZE: '65536' });
});
afterAll(() => share.app.stop());

const today = (): string => new Date().toISOString().slice(0, 10).replaceAll('-', '');

it('1: a session with no name makes the folder YYYYMMDD/00-session-<sortable uuid>/', async () => {
  const started = await share.post('/v1/watch/start');
  expect(started.status).toBe(200);
  expect(started.body).toEqual({
    date_prefix: today(),
    session_name: expect.stringMatching(
      /^00-session-[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    ),
    encoded_session: started.body.session_name,
  });
  share.drop('first.bin', 'first');
  await share.untilStatus((s) => s.processed_ok === 1);
  expect(await share.blobs()).toEqual([`${today()}/${String(started.body.session_name)}/first.bin`]);
});

it('2: a session "my session" makes the folder YYYYMMDD/my%20session/', async () => {
  const started = await share.post('/v1/watch/start', { session_name: 'my session' });
  expect(started.body).toEqual({ date_prefix: today(), session_name: 'my session', encoded_session: 'my%20session' });
  share.drop('second.bin', 'second');
  await share.untilStatus((s) => s.processed_ok === 2);
  expect(await share.blobs()).toContain(`${today()}/my%20session/second.bin`);
});

it('3: a file is moved to .processing, staged, uploaded as a block blob over what is there, and deleted only then', async () => {
  const bytes = randomBytes(1_000_003);
  const name = `${today()}/my%20session/large.bin`;
  await share.container.getBlockBlobClient(name).upload('an older one', 12);
  share.drop('large.bin', bytes);
  await share.untilStatus((s) => s.processed_ok === 3);
  const blob = share.container.getBlockBlobClient(name);
  const properties = await blob.getProperties();
  expect(properties.blobType).toBe('BlockBlob');
  expect(Buffer.from(properties.contentMD5!)).toEqual(createHash('md5').update(bytes).digest());
  expect((await blob.getBlockList('committed')).committedBlocks).toHaveLength(16);
  expect((await blob.downloadToBuffer()).equals(bytes)).toBe(true);
  for (const folder of [share.folders.incoming, share.folders.processing, share.folders.staging])
    expect(filesBelow(folder)).toEqual([]);
});
