/** Storage goes away in the middle and comes back: everything finishes, nothing twice (C7). */
import { setTimeout as delay } from 'node:timers/promises';
import type { MediaRecord } from '../../../src/domain/media/media-record';
import { startApp, type AppUnderTest } from '../../drivers/app-under-test';
import { png } from '../../drivers/raw-http';
import { isSoak, scaled } from '../../drivers/scale';

let app: AppUnderTest;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.stop());

async function upload(name: string): Promise<{ status: number; id?: string; code?: string }> {
  const form = new FormData();
  form.append('file', new Blob([new Uint8Array(png)]), name);
  const answer = await fetch(`${app.url}/upload`, { method: 'POST', body: form });
  const body = (await answer.json()) as { files?: { id: string }[]; code?: string };
  return {
    status: answer.status,
    ...(body.files?.[0] ? { id: body.files[0].id } : {}),
    ...(body.code ? { code: body.code } : {}),
  };
}

it('finishes everything that was acknowledged, and refuses honestly meanwhile', async () => {
  const count = scaled(200);
  const stored = await Promise.all(Array.from({ length: count }, (_, i) => upload(`item-${i}.png`)));
  expect(stored.every((s) => s.status === 201)).toBe(true);

  await app.storage.outage(async () => {
    const refused = await upload('during.png');
    expect(refused).toMatchObject({ status: 503, code: 'STORAGE_UNAVAILABLE' });
    expect((await fetch(`${app.url}/healthz`)).status).toBe(200);
    // In a soak as long as the issue asks; else as short as the restart itself takes.
    if (isSoak) await delay(30_000);
  });

  for (const { id } of stored) {
    const record = await app.until(async () => {
      const answer = await fetch(`${app.url}/v1/media/${id!}`);
      if (!answer.ok) return undefined;
      const body = (await answer.json()) as MediaRecord;
      return body.state === 'processed' && body;
    });
    expect(record.verifiedBy).toBe('read');
  }
  let copies = 0;
  for await (const _blob of app.storage.clients.blobs().getContainerClient('processed').listBlobsFlat()) copies++;
  expect(copies).toBe(count);
  expect(await (await fetch(`${app.url}/v1/dead-letters`)).json()).toEqual({ items: [] });
}, 300_000);
