/** What ended goes, by the host's own means and by the nightly function (C12). */
import type { InvocationContext } from '@azure/functions';
import { retainedInstances } from '../../../src/adapters/durable-client/purge-instances';
import type { MediaRecord } from '../../../src/domain/media/media-record';
import { startApp, type AppUnderTest } from '../../drivers/app-under-test';
import { png } from '../../drivers/raw-http';

const HOUR = 60 * 60 * 1000;
let app: AppUnderTest;
beforeAll(async () => {
  app = await startApp({ PIPELINES: 'media' });
}, 60_000);
afterAll(() => app.stop());

/** As the host gives a function that has a durable client. */
function invocation(rpcBaseUrl: string): InvocationContext {
  const binding = { type: 'durableClient', name: 'client' };
  const context = { options: { extraInputs: [binding] }, extraInputs: new Map([[binding, { rpcBaseUrl }]]) };
  return context as unknown as InvocationContext;
}

it('removes orchestrations that ended, and looks through everything that is kept', async () => {
  const form = new FormData();
  form.append('file', new Blob([new Uint8Array(png)]), 'kept.png');
  const { files } = (await (await fetch(`${app.url}/upload`, { method: 'POST', body: form })).json()) as {
    files: { id: string }[];
  };
  const record = await app.until(async () => {
    const found = (await (await fetch(`${app.url}/v1/media/${files[0]!.id}`)).json()) as MediaRecord;
    return found.state === 'processed' && found;
  });
  const rpc = `${app.url}/runtime/webhooks/durabletask/`;
  const ended = async (): Promise<number> => (await fetch(`${rpc}instances/${record.instanceId}`)).status;
  await app.until(async () => (await ended()) === 200);

  await fetch(`${app.url}/admin/functions/ended-state-removed`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  const removed: Record<string, unknown> = {};
  for (const state of ['instances', 'inbox', 'media', 'uploads', 'dead-letters']) {
    const line = await app.line(new RegExp(`"Ended state removed".*"state":"${state}"`));
    const told = JSON.parse(line) as { removed: number; kept?: number };
    removed[state] = told.kept === undefined ? told.removed : [told.removed, told.kept];
  }
  // The inbox has the one upload; media its version and which is the latest.
  expect(removed).toEqual({ instances: 0, inbox: [0, 1], media: [0, 2], uploads: [0, 0], 'dead-letters': 0 });

  const instances = retainedInstances(invocation(rpc));
  expect(await instances?.removeEnded(Date.now() + HOUR)).toEqual({ removed: 1 });
  expect(await ended()).toBe(404);
  expect(await instances?.removeEnded(Date.now() + HOUR)).toEqual({ removed: 0 });
});
