/** The embedding service asks to wait for a week, on a real host whose clock is moved: the history stays short, and the text is found. */
import { VirtualClock } from '../../../local-host';
import { EMBEDDINGS } from '../../../src/domain/ingestion/embeddings-input';
import { startApp, type AppUnderTest } from '../../drivers/app-under-test';
import { startAzureOpenAi, type AzureOpenAiServer } from '../../drivers/azure-openai-under-test';
import { ingestionClient, ingestionSettings } from '../../drivers/ingestion-under-test';

const HOUR = 60 * 60_000;
const DAYS = 7;
/** As the host tells them: completions together with what they complete, without the marks of turns. */
const MOST_EVENTS = 400;
const clock = new VirtualClock(Date.UTC(2030, 0, 1));
let server: AzureOpenAiServer;
let app: AppUnderTest;

beforeAll(async () => {
  server = await startAzureOpenAi();
  const activities = ['plan', 'replace', 'settle', 'bury'].map((verb) => `${verb}-document`);
  app = await startApp(ingestionSettings(server, { CHUNK_TOKENS: '64', CHUNK_OVERLAP_TOKENS: '8' }), {
    clock,
    // Timers of a minute would run ten thousand times.
    functions: [EMBEDDINGS, 'index-batch', ...activities, 'ingestion-status-asked', 'documents-listed', 'healthz'],
  });
}, 60_000);
afterAll(async () => {
  await app.stop();
  await server.stop();
});

const start = async (id: string, text: string): Promise<void> => {
  const answer = await fetch(`${app.url}/runtime/webhooks/durabletask/orchestrators/${EMBEDDINGS}/${id}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ projectId: 'p', name: id, text }),
  });
  expect(answer.status).toBe(202);
};
const statusOf = async (id: string) => {
  const answer = await fetch(`${app.url}/runtime/webhooks/durabletask/instances/${id}?showHistory=true`);
  return (await answer.json()) as { runtimeStatus: string; output: unknown; historyEvents: readonly unknown[] };
};

it('waits for a week while the service asks to, with a short history', async () => {
  server.nextFault = () => ({ status: 429, headers: { 'retry-after': '1200' }, body: {} });
  await start('a-week', 'A text about pangolins, which waits.');
  await app.host.waitForInstance('a-week', { status: 'Running' });
  const lengths: number[] = [];
  for (let hour = 0; hour < DAYS * 24; hour += 4) {
    await clock.advance(4 * HOUR);
    lengths.push((await statusOf('a-week')).historyEvents.length);
  }
  expect(server.requests.length).toBeGreaterThan(DAYS * 24 * 2);
  expect(Math.max(...lengths)).toBeLessThan(MOST_EVENTS);
  // It began anew, more than once.
  expect(lengths.filter((length, i) => length < (lengths[i - 1] ?? 0)).length).toBeGreaterThan(1);
  expect((await statusOf('a-week')).runtimeStatus).toBe('Running');
  server.nextFault = undefined;
  await clock.advance(HOUR);
  expect(await app.host.waitForInstance('a-week')).toMatchObject({ output: { outcome: 'ingested', chunks: 1 } });
  expect(await ingestionClient(app.url).documents()).toMatchObject([{ name: 'a-week', chunks: 1 }]);
}, 120_000);
