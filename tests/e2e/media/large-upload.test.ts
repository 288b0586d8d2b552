/** Size costs time, not memory: 2 GiB in a soak, a tenth in `npm test`. */
import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { startApp, type AppUnderTest } from '../../drivers/app-under-test';
import { itemInState } from '../../drivers/items-under-test';
import { canMeasureMemory, childrenOf, markMemory, peakMemory } from '../../drivers/process-memory';
import { closing, filePart, png } from '../../drivers/raw-http';
import { scaled } from '../../drivers/scale';

const MiB = 1024 * 1024;
let app: AppUnderTest;
beforeAll(async () => {
  app = await startApp({ UPLOAD_MAX_MB: '4096' });
});
afterAll(() => app.stop());

it('stores a large file with flat memory and the right MD5', async () => {
  const size = scaled(2048) * MiB;
  const worker = childrenOf(process.pid).find((pid) => !app.storage.pids().includes(pid));
  // Warm: the first upload loads the storage SDKs, and what its way through the pipeline needs.
  const { answered: first } = await upload(4 * MiB);
  await itemInState(app.url, { name: `rawfiles/${first!.blob}` }, 'done');
  const before = canMeasureMemory && worker ? markMemory(worker) : 0;
  const { status, md5, answered } = await upload(size);
  expect(status).toBe(201);
  expect(answered).toMatchObject({ size, md5 });
  if (canMeasureMemory && worker) {
    const growth = (peakMemory(worker) - before) / MiB;
    console.log(`upload of ${size / MiB} MiB: the worker's memory grew by ${growth.toFixed(1)} MiB at most`);
    expect(growth).toBeLessThan(64);
  }
  const blob = app.storage.clients.blobs().getContainerClient('rawfiles').getBlobClient(answered!.blob);
  const properties = await blob.getProperties();
  expect(properties.contentLength).toBe(size);
  expect(Buffer.from(properties.contentMD5!).toString('hex')).toBe(md5);
  const read = createHash('md5');
  for await (const chunk of (await blob.download()).readableStreamBody!) read.update(chunk as Buffer);
  expect(read.digest('hex')).toBe(md5);
}, 600_000);

async function upload(size: number) {
  const md5 = createHash('md5');
  const filler = randomBytes(MiB);
  async function* body(): AsyncGenerator<Buffer> {
    const [head] = splitPart();
    yield head;
    md5.update(png);
    let left = size - png.length;
    yield png;
    while (left > 0) {
      const chunk = filler.subarray(0, Math.min(left, filler.length));
      md5.update(chunk);
      left -= chunk.length;
      yield Buffer.from(chunk);
    }
    yield Buffer.concat([Buffer.from('\r\n'), closing]);
  }
  const answer = await fetch(`${app.url}/upload`, {
    method: 'POST',
    headers: { 'content-type': 'multipart/form-data; boundary=xx' },
    body: Readable.toWeb(Readable.from(body())),
    duplex: 'half',
  });
  const { files } = (await answer.json()) as { files?: { blob: string; size: number; md5: string }[] };
  return { status: answer.status, md5: md5.digest('hex'), answered: files?.[0] };
}

/** The headers of a file's part, without its content. */
function splitPart(): [Buffer] {
  const whole = filePart('large.png', '');
  return [whole.subarray(0, whole.length - 2)];
}
