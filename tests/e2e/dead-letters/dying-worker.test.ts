/**
 * Work at which each worker dies, in every pipeline: the host gives it up, it becomes a dead letter, and a replay brings it where
 * it belongs once workers live (C8).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { DeadLetter, DeadLetterWithBody } from '../../../src/domain/dead-letter';
import { startApp, type AppUnderTest } from '../../drivers/app-under-test';
import { startAzureOpenAi, type AzureOpenAiServer } from '../../drivers/azure-openai-under-test';
import { movedBlob, namesIn, putIncoming, scanNow } from '../../drivers/blob-events-under-test';
import { dyingWorker, type DyingWorker } from '../../drivers/dying-worker';
import { ingestionClient, ingestionSettings, putText } from '../../drivers/ingestion-under-test';
import { itemInState } from '../../drivers/items-under-test';
import { orderText, startAwaitedDownstream, type AwaitedDownstream } from '../../drivers/orders-under-test';

const MARK = 'deadly';
/** Queues of replays, whose messages come from us alone. */
const REPLAYS = ['order-replays', 'blob-event-replays', 'ingestion-replays'];

let folder: string;
let worker: DyingWorker;
let downstream: AwaitedDownstream;
let openAi: AzureOpenAiServer;
let app: AppUnderTest;
beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-dying-'));
  worker = dyingWorker(folder, MARK);
  downstream = await startAwaitedDownstream();
  openAi = await startAzureOpenAi();
  app = await startApp({
    ...ingestionSettings(openAi),
    PIPELINES: 'media,orders,blob-events,ingestion',
    ORDERS_CALLBACK_URL: downstream.url,
    // Told to run where the test wants it. What is published again at once, unless it rests, would be a second message.
    BLOB_EVENTS_SCHEDULE: '0 0 0 1 1 *',
    BLOB_EVENTS_REPUBLISH_S: '10',
    AzureFunctionsJobHost__extensions__queues__visibilityTimeout: '00:00:01',
    ...worker.setting,
  });
}, 120_000);
afterAll(async () => {
  await app.stop();
  await openAi.stop();
  await downstream.stop();
  rmSync(folder, { recursive: true, force: true });
});

const clients = () => app.storage.clients;
/** Those that are open; none while the app does not answer, since what it answers with dies. */
async function letters(): Promise<readonly DeadLetter[]> {
  try {
    const answer = await fetch(`${app.url}/v1/dead-letters?state=open&limit=100`);
    return ((await answer.json()) as { items: DeadLetter[] }).items;
  } catch {
    return [];
  }
}

it('becomes a dead letter each, and nothing of it is lost or done twice', async () => {
  const etag = await putIncoming(clients(), `${MARK}.txt`, 'moved at last');
  await scanNow(app.url);
  // Else the scan would die with the worker, which its next minute mends.
  await app.line(/^Executing 'Functions\.blob-event-queued'/);
  const order = orderText({ orderId: MARK });
  await clients().queues().getQueueClient('orders').sendMessage(order);
  for (const queue of REPLAYS) await clients().queues().getQueueClient(queue).sendMessage(`${MARK} ${queue}`);
  await putText(clients(), `${MARK}.md`, 'kakapos cannot fly');
  const raw = clients().blobs().getContainerClient('rawfiles').getBlockBlobClient(`${MARK}.png`);
  await raw.upload(Buffer.from('89504e470d0a1a0a', 'hex'), 8);

  const works = [...REPLAYS, 'orders', `incoming ${MARK}.txt`, `snippet-input ${MARK}.md`, `rawfiles ${MARK}.png`];
  const given = await app.until(async () => {
    const open = await letters();
    return open.length >= works.length && open;
  });
  expect(given.map(({ code }) => code)).toEqual(works.map(() => 'HOST_POISON'));
  expect(given.map(({ pipeline }) => pipeline).sort()).toEqual(
    ['blob-events', 'blob-events', 'ingestion', 'ingestion', 'media', 'orders', 'orders'].sort(),
  );
  const whole = await Promise.all(
    given.map(async ({ id }) => (await (await fetch(`${app.url}/v1/dead-letters/${id}`)).json()) as DeadLetterWithBody),
  );
  expect(whole.find(({ message }) => message === order)).toMatchObject({ pipeline: 'orders', attempts: 5 });
  for (const queue of REPLAYS) expect(whole.map(({ message }) => message)).toContain(`${MARK} ${queue}`);
  expect(downstream.taken.size).toBe(0);

  const files = [`incoming/${MARK}.txt`, `rawfiles/${MARK}.png`, `snippet-input/${MARK}.md`];
  const orderItem = await itemInState(app.url, { orderId: MARK }, 'failed');
  expect(orderItem).toMatchObject({ pipeline: 'orders', attempts: 5 });
  expect(given.map(({ id }) => id)).toContain(orderItem.deadLetterId);
  for (const name of files) expect(await itemInState(app.url, { name }, 'failed')).toMatchObject({ name });

  // What rests is not published again, although its time is over.
  const scans = (): number =>
    app.lines.filter((line) => line.startsWith("Executed 'Functions.incoming-scanned'")).length;
  const before = scans();
  await scanNow(app.url);
  await app.until(async () => scans() > before);
  const events = await clients().queues().getQueueClient('blob-events').getProperties();
  expect(events.approximateMessagesCount).toBe(0);
  worker.heal();
  for (const { id, message } of whole)
    if (!REPLAYS.some((queue) => message === `${MARK} ${queue}`))
      expect(await fetch(`${app.url}/v1/dead-letters/${id}/replay`, { method: 'POST' })).toMatchObject({ ok: true });

  expect(await downstream.until((texts) => texts.length > 0)).toEqual([order]);
  const { account } = app.storage.config.storage;
  expect(await app.until(() => movedBlob(clients(), account, `${MARK}.txt`, etag))).toMatchObject({
    text: 'moved at last',
  });
  const client = ingestionClient(app.url);
  await app.until(async () => (await client.documents()).find(({ name }) => name === `${MARK}.md`));
  expect((await client.search('kakapos'))[0]).toMatchObject({ name: `${MARK}.md` });
  await app.until(async () => (await namesIn(clients(), 'processed')).some((name) => name.endsWith(`/${MARK}.png`)));
  expect((await letters()).map(({ keys }) => keys['queue']).sort()).toEqual([...REPLAYS].sort());
  expect(downstream.taken.size).toBe(1);
  for (const query of [{ orderId: MARK }, ...files.map((name) => ({ name }))]) {
    const { history } = await itemInState(app.url, query, 'done');
    expect(history.map(({ state }) => state)).toEqual(expect.arrayContaining(['failed', 'replayed', 'done']));
  }
}, 240_000);
