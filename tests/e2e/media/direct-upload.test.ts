/** `POST /v1/uploads` on the whole app: straight into storage under a signed URL, then through the pipeline (M1b). */
import { startApp, type AppUnderTest } from '../../drivers/app-under-test';
import { png } from '../../drivers/raw-http';

let app: AppUnderTest;
beforeAll(async () => {
  app = await startApp({});
});
afterAll(() => app.stop());

interface Announced {
  readonly id: string;
  readonly blob: string;
  readonly url: string;
  readonly expiresAt: string;
  readonly status: string;
  readonly renew: string;
}

const announce = (body: unknown) =>
  fetch(`${app.url}/v1/uploads`, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) });

async function announced(body: unknown): Promise<Announced> {
  const answer = await announce(body);
  expect(answer.status).toBe(201);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  return (await answer.json()) as Announced;
}

const put = (url: string, content: Uint8Array | string, headers: Record<string, string> = {}) =>
  fetch(url, { method: 'PUT', headers: { 'x-ms-blob-type': 'BlockBlob', ...headers }, body: content as never });

async function settled(id: string): Promise<Record<string, unknown>> {
  return app.until(async () => {
    const record = (await (await fetch(`${app.url}/v1/media/${id}`)).json()) as Record<string, unknown>;
    return ['processed', 'failed'].includes(String(record['state'])) ? record : undefined;
  });
}

it('takes a file by a signed URL, and processes it like any other', async () => {
  const upload = await announced({ name: '../Überraschung & Co.png', size: png.length, contentType: 'image/png' });
  expect(upload.blob).toMatch(/^Uberraschung-Co-[a-z0-9]{12}\.png$/);
  expect(Date.parse(upload.expiresAt) - Date.now()).toBeGreaterThan(50 * 60_000);
  expect(await (await fetch(upload.status)).json()).toMatchObject({ state: 'announced', size: png.length });
  expect((await put(upload.url, png)).status).toBe(201);
  expect(await settled(upload.id)).toMatchObject({ state: 'processed', verifiedBy: 'read' });
});

it('refuses, as a dead letter, what is not what was announced', async () => {
  const short = await announced({ name: 'a.png', size: png.length + 1 });
  const disguised = await announced({ name: 'b.png', size: 5, contentType: 'image/png' });
  await put(short.url, png);
  await put(disguised.url, 'MZ\u0000\u0001x');
  expect(await settled(short.id)).toMatchObject({ state: 'failed', error: expect.stringMatching(/announced/) });
  const { deadLetter } = await settled(disguised.id);
  const letter = await app.until(async () => {
    const answer = await fetch(String(deadLetter));
    return answer.ok && ((await answer.json()) as object);
  });
  expect(letter).toMatchObject({ code: 'FILE_TYPE_REFUSED', state: 'open' });
});

it('refuses a type before anything is sent, where the announcement tells it', async () => {
  const head = (bytes: Uint8Array | string): string => Buffer.from(bytes).toString('base64');
  for (const body of [
    { name: 'a.zip', size: 5, contentType: 'application/zip' },
    { name: 'a.png', size: 5, contentType: 'image/png', head: head('MZ\u0000\u0001 a program') },
  ]) {
    const answer = await announce(body);
    expect([answer.status, await answer.json()]).toEqual([
      415,
      expect.objectContaining({ code: 'FILE_TYPE_REFUSED', detail: expect.stringContaining('UPLOAD_ALLOWED_TYPES') }),
    ]);
  }
  expect((await announce({ name: 'a.png', size: 5, contentType: 'application/zip', head: head(png) })).status).toBe(
    201,
  );
});

it('gives a URL that creates and writes this one blob, and nothing else', async () => {
  const upload = await announced({ name: 'mine.png', size: png.length });
  await put(upload.url, png);
  expect((await fetch(upload.url)).status).toBe(403);
  expect((await fetch(upload.url, { method: 'DELETE' })).status).toBe(403);
  const other = new URL(upload.url);
  other.pathname = other.pathname.replace(/[^/]+$/, 'other.png');
  expect((await put(other.href, png)).status).toBe(403);
});

it('renews a URL for the same blob', async () => {
  const upload = await announced({ name: 'again.png', size: png.length });
  const renewed = await fetch(upload.renew, { method: 'POST' });
  expect(renewed.status).toBe(200);
  const again = (await renewed.json()) as Announced;
  expect(again).toMatchObject({ id: upload.id, blob: upload.blob });
  expect((await put(again.url, png)).status).toBe(201);
  const unknown = await fetch(`${app.url}/v1/uploads/${'x'.repeat(22)}/renew`, { method: 'POST' });
  expect([unknown.status, await unknown.json()]).toEqual([404, expect.objectContaining({ code: 'UPLOAD_NOT_FOUND' })]);
});

it.each([
  ['not JSON', 'name=x'],
  ['no object', [1]],
  ['no name', { size: 5 }],
  ['no size', { name: 'a.png' }],
  ['a size of none', { name: 'a.png', size: 0 }],
  ['a size that is no whole number', { name: 'a.png', size: 1.5 }],
  ['a size beyond any blob', { name: 'a.png', size: 2 ** 50 }],
  ['a type that would break a header', { name: 'a.png', size: 5, contentType: 'image/png\r\nx: y' }],
  ['a name of 20,000 characters', { name: 'x'.repeat(20_000), size: 5 }],
  ['a misspelt member', { name: 'a.png', size: 5, contenttype: 'image/png' }],
  ['nesting', '['.repeat(50_000)],
])('answers 400 to %s, and says what it wants', async (_, body) => {
  const answer = await announce(body);
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({ code: 'PARAMETER_INVALID', detail: expect.stringMatching(/Send \{/) });
});

it('reads no more of a body than it needs', async () => {
  const answer = await announce({ name: 'x'.repeat(100_000), size: 5 });
  expect([answer.status, await answer.json()]).toEqual([413, expect.objectContaining({ code: 'BODY_TOO_LARGE' })]);
});
