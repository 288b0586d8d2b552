/** From an event to a verified copy, on the whole app with real storage (M2, M3, M4, C8). */
import type { MediaRecord } from '../../../src/domain/media/media-record';
import { mediaId } from '../../../src/domain/media/media-event';
import type { DeadLetterWithBody } from '../../../src/domain/dead-letter';
import { startApp, type AppUnderTest } from '../../drivers/app-under-test';
import { png } from '../../drivers/raw-http';

let app: AppUnderTest;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.stop());

const container = (name: string) => app.storage.clients.blobs().getContainerClient(name);
const raw = (name: string) => container('rawfiles').getBlockBlobClient(name);
const processed = (name: string) => container('processed').getBlockBlobClient(`media/${name}`);

// The caller says what it expects to be answered; the assertions find out whether it was.
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- a typed shorthand for many calls
async function json<T>(path: string, init?: RequestInit): Promise<{ status: number; body: T }> {
  const answer = await fetch(app.url + path, init);
  return { status: answer.status, body: (await answer.json()) as T };
}

async function record(name: string, state: MediaRecord['state'], etag = ''): Promise<MediaRecord> {
  return app.until(async () => {
    const { body } = await json<MediaRecord>(
      `/v1/media/${mediaId('rawfiles', name)}${etag ? `?etag=${encodeURIComponent(etag)}` : ''}`,
    );
    return body.state === state && body;
  });
}

function event(name: string, etag: string, sequencer = '0'.repeat(48), over: object = {}): string {
  return JSON.stringify({
    topic: '/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/devstoreaccount1',
    subject: `/blobServices/default/containers/rawfiles/blobs/${name}`,
    eventType: 'Microsoft.Storage.BlobCreated',
    id: `test-${name}-${etag}`,
    data: { api: 'PutBlob', eTag: etag.replaceAll('"', ''), sequencer },
    dataVersion: '',
    metadataVersion: '1',
    eventTime: '2026-01-01T00:00:00Z',
    ...over,
  });
}

const send = (text: string, queue = 'jobqueue') => app.storage.clients.queues().getQueueClient(queue).sendMessage(text);

async function deadLetter(matches: (letter: DeadLetterWithBody) => boolean): Promise<DeadLetterWithBody> {
  return app.until(async () => {
    const { body } = await json<{ items: DeadLetterWithBody[] }>('/v1/dead-letters');
    const found = body.items.find(matches);
    return found && (await json<DeadLetterWithBody>(`/v1/dead-letters/${found.id}`)).body;
  });
}

it('carries an upload to processed, byte for byte, and says where it is', async () => {
  const form = new FormData();
  form.append('file', new Blob([new Uint8Array(png)]), 'way.png');
  const { body } = await json<{ files: { blob: string; id: string; md5: string }[] }>('/upload', {
    method: 'POST',
    body: form,
  });
  const { blob, md5 } = body.files[0]!;
  const done = await record(blob, 'processed');
  expect(done).toMatchObject({
    name: blob,
    md5,
    size: png.length,
    verifiedBy: 'read',
    destination: `processed/media/${blob}`,
    contentType: 'image/png',
  });
  expect((await processed(blob).downloadToBuffer()).equals(png)).toBe(true);
  expect(await raw(blob).exists()).toBe(true);
});

it('carries a blob that others put, with slashes and spaces in its name', async () => {
  const name = 'some dir/ü (1).bin';
  const { etag } = await raw(name).upload('by hand', 7);
  expect(await record(name, 'processed')).toMatchObject({ etag });
  expect((await processed(name).downloadToBuffer()).toString()).toBe('by hand');
});

it('replaces a copy when the blob is overwritten, and never by an older event', async () => {
  const name = 'versions.bin';
  const first = (await raw(name).upload('one', 3)).etag!;
  await record(name, 'processed', first);
  const second = (await raw(name).upload('two', 3)).etag!;
  const newest = await record(name, 'processed', second);
  expect((await processed(name).downloadToBuffer()).toString()).toBe('two');
  // The first version's event, in another guise, long after.
  const unseen = '"0x1234567890ABCDE"';
  await send(event(name, unseen, '0'.repeat(47) + '1'));
  await record(name, 'superseded', unseen);
  expect((await processed(name).downloadToBuffer()).toString()).toBe('two');
  expect((await json<MediaRecord>(`/v1/media/${newest.id}`)).body).toMatchObject({ etag: second, state: 'processed' });
});

it('copies once, however often the event comes, in both schemas and base64 or plain', async () => {
  const name = 'often.bin';
  const { etag } = await raw(name).upload('often', 5);
  await record(name, 'processed');
  const before = (await processed(name).getProperties()).etag;
  const grid = event(name, etag!);
  const parsed = JSON.parse(grid) as { id: string; topic: string; subject: string; data: object };
  const cloud = JSON.stringify([
    {
      specversion: '1.0',
      id: parsed.id,
      type: 'Microsoft.Storage.BlobCreated',
      source: parsed.topic,
      subject: parsed.subject,
      data: parsed.data,
    },
  ]);
  const seen = app.lines.filter((l) => l.includes('duplicate') && l.includes(name)).length;
  for (const text of [grid, Buffer.from(grid).toString('base64'), cloud]) await send(text);
  await app.until(async () => app.lines.filter((l) => l.includes('duplicate') && l.includes(name)).length >= seen + 3);
  expect((await processed(name).getProperties()).etag).toBe(before);
});

it('notes a blob that was gone before it could be copied', async () => {
  await send(event('never-there.bin', '"0x1"'));
  expect(await record('never-there.bin', 'vanished')).toMatchObject({ etag: '"0x1"' });
});

it.each([
  ['wrong-event-type', { eventType: 'Microsoft.Storage.BlobDeleted' }],
  ['other-container', { subject: '/blobServices/default/containers/elsewhere/blobs/x' }],
  [
    'other-account',
    { topic: '/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/stranger' },
  ],
])('skips an event with reason %s', async (reason, over) => {
  await send(event(`skipped-${reason}`, '"0x1"', undefined, over));
  await app.line(new RegExp(`Event skipped.*${reason}`));
});

it('keeps what is no event as a dead letter, which can be looked at, tried and replayed', async () => {
  await send('this is not JSON');
  const letter = await deadLetter((l) => l.code === 'MESSAGE_UNPARSABLE' && l.state === 'open');
  expect(letter).toMatchObject({
    pipeline: 'media',
    message: 'this is not JSON',
    state: 'open',
    keys: { queue: 'jobqueue' },
  });
  const dry = await json(`/v1/dead-letters/${letter.id}/replay?dryRun=1`, { method: 'POST' });
  expect(dry).toMatchObject({ status: 200, body: { outcome: 'would-replay', queue: 'jobqueue' } });
  const replayed = await json(`/v1/dead-letters/${letter.id}/replay`, { method: 'POST' });
  expect(replayed).toMatchObject({ status: 200, body: { outcome: 'replayed' } });
  expect(await json(`/v1/dead-letters/${letter.id}/replay`, { method: 'POST' })).toMatchObject({
    status: 409,
    body: { code: 'DEAD_LETTER_CLOSED' },
  });
  // It is as broken as before, and comes back as a new one.
  const again = await deadLetter((l) => l.code === 'MESSAGE_UNPARSABLE' && l.state === 'open');
  expect(again.id).not.toBe(letter.id);
});

it('takes what the host gave up into the store, and can replay it', async () => {
  const name = 'poisoned.bin';
  const { etag } = await raw(name).upload('poisoned', 8);
  await record(name, 'processed');
  await send(event(name, etag!), 'jobqueue-poison');
  const letter = await deadLetter((l) => l.code === 'HOST_POISON');
  expect(letter.message).toContain(name);
  const many = (query: string) => json(`/v1/dead-letters/replay?code=HOST_POISON${query}`, { method: 'POST' });
  const dry = { dryRun: true, count: 1, outcomes: [{ id: letter.id, outcome: 'would-replay' }] };
  expect(await many('&dryRun=1')).toMatchObject({ status: 200, body: dry });
  const duplicates = () => app.lines.filter((l) => l.includes('duplicate') && l.includes(name)).length;
  const before = duplicates();
  const done = { dryRun: false, count: 1, outcomes: [{ id: letter.id, outcome: 'replayed', queue: 'jobqueue' }] };
  expect(await many('')).toMatchObject({ status: 200, body: done });
  await app.until(async () => duplicates() > before);
  expect(await many('')).toMatchObject({ status: 200, body: { count: 0 } });
});

it.each([
  ['/v1/dead-letters?pipeline=nope', 400, 'PARAMETER_INVALID'],
  ['/v1/dead-letters?limit=0', 400, 'PARAMETER_INVALID'],
  ['/v1/dead-letters?since=yesterday', 400, 'PARAMETER_INVALID'],
  ['/v1/dead-letters/unknown', 404, 'DEAD_LETTER_NOT_FOUND'],
  ['/v1/media/unknown', 404, 'MEDIA_NOT_FOUND'],
  ['/v1/media/' + 'x'.repeat(22), 404, 'MEDIA_NOT_FOUND'],
  ['/v1/media/..%2f..%2fx', 404, 'MEDIA_NOT_FOUND'],
  ['/readyz?pipeline=nope', 400, 'PARAMETER_INVALID'],
])('answers %s with %i %s', async (path, status, code) => {
  const answer = await fetch(app.url + path);
  expect(answer.status).toBe(status);
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  expect(await answer.json()).toMatchObject({ code, status, type: `urn:sluice:error:${code}` });
});

it('is ready and healthy', async () => {
  expect(await json('/healthz')).toEqual({ status: 200, body: { ok: true } });
  expect(await json('/readyz')).toEqual({ status: 200, body: { ready: true } });
  expect(await json('/readyz?pipeline=media')).toEqual({ status: 200, body: { ready: true } });
});
