/**
 * Text ingestion on real processes that are killed with -9 while they work: each document ends as its blob is, once and whole, deleted
 * ones are gone, and no chunk of an old version is left (issue 8). Counts are a tenth in `npm test`.
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { startAzureOpenAi } from '../../drivers/azure-openai-under-test';
import { startHostProcess, type HostProcessUnderTest } from '../../drivers/host-process-under-test';
import { ingestionClient, ingestionSettings, putText } from '../../drivers/ingestion-under-test';
import { isSoak } from '../../drivers/scale';
import { startStorage } from '../../drivers/storage-under-test';
import { runOfWorkingBlob } from '../../../src/domain/ingestion/embeddings-input';
import { INGESTION_CONTAINER } from '../../../src/domain/storage-layout';
import { SeededRandom } from '../../fakes/seeded-random';

const NAMES = isSoak ? 150 : 12;
const PUTS = isSoak ? 600 : 20;
const KILLS = isSoak ? 15 : 1;
const seed = Number(process.env.INGESTION_SEED ?? Math.floor(Math.random() * 2 ** 31));

it(
  `documents end as their blobs are, whoever is killed (INGESTION_SEED=${seed})`,
  async () => {
    console.info(`kills in text ingestion: INGESTION_SEED=${seed}`);
    const random = new SeededRandom(seed);
    const server = await startAzureOpenAi();
    const settings = ingestionSettings(server, {
      ...{ CHUNK_TOKENS: '64', CHUNK_OVERLAP_TOKENS: '8', INGESTION_RECONCILE_SCHEDULE: '*/2 * * * * *' },
      LOG_LEVEL: 'warn',
    });
    const storage = await startStorage(settings);
    const { clients } = storage;
    const folder = path.join(storage.folder, 'host');
    mkdirSync(folder);
    const container = clients.blobs().getContainerClient(INGESTION_CONTAINER);
    /** Word of the latest version by name; nothing for those that were deleted. */
    const wanted = new Map<string, string>();
    let host: HostProcessUnderTest | undefined;
    let put = 0;
    const change = async (): Promise<void> => {
      const name = `d${random.below(3)}/${random.below(NAMES)}.md`;
      if (wanted.has(name) && random.chance(0.15)) {
        await container.deleteBlob(name);
        wanted.delete(name);
      } else {
        const word = `w${++put}`;
        // Some go by reference, in several batches.
        const length = random.chance(0.1) ? 60_000 : 10 + random.below(600);
        await putText(clients, name, `${word} . `.padEnd(length, `${word} and what else there is. `));
        wanted.set(name, word);
      }
    };
    try {
      host = await startHostProcess(storage.settings, folder);
      for (let kill = 0; kill < KILLS; kill++) {
        for (let n = 0; n < PUTS / KILLS; n++) await change();
        // Polled, since what happens is in another process: killed when some of it was embedded.
        const before = server.requests.length;
        while (server.requests.length < before + 1 + random.below(3))
          await new Promise((resolve) => setTimeout(resolve, 20));
        await host.kill();
        host = await startHostProcess(storage.settings, folder);
      }
      const client = ingestionClient(host.url);
      for (;;) {
        const documents = await client.documents();
        const found = new Map(documents.map(({ name, source }) => [name, source?.etag] as const));
        const etags = new Map<string, string>();
        for await (const { name, properties } of container.listBlobsFlat())
          etags.set(name, `"${properties.etag.replaceAll('"', '')}"`);
        const same = found.size === etags.size && [...etags].every(([name, etag]) => found.get(name) === etag);
        const { waiting } = await client.ask<{ waiting: number }>('/v1/status/ingestion');
        if (same && waiting === 0) break;
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
      const documents = await client.documents();
      expect(documents.map(({ name }) => name).sort()).toEqual([...wanted.keys()].sort());
      for (const [name, word] of wanted) {
        const hits = await client.search(word, '&k=100');
        expect([name, hits.some((hit) => hit.name === name && hit.snippet.includes(`${word} `))]).toEqual([name, true]);
      }
      expect(await client.letters()).toEqual([]);
      // What nobody sees is gone, too.
      const { index } = await client.ask<{ index: { chunks: number } }>('/v1/status/ingestion');
      expect(index.chunks).toBe(documents.reduce((sum, { chunks }) => sum + chunks, 0));
      const left: string[] = [];
      for await (const { name } of clients.blobs().getContainerClient('ingestion-work').listBlobsFlat()) {
        // A text whose process was killed before it started a run, of a version that was replaced since: the sweep's, in an hour.
        const run = runOfWorkingBlob(INGESTION_CONTAINER, name);
        const known = await fetch(`${host.url}/runtime/webhooks/durabletask/instances/${run}`);
        if (known.status !== 404) left.push(name);
      }
      expect(left).toEqual([]);
    } finally {
      await host?.kill();
      await server.stop();
      await storage.stop();
    }
  },
  isSoak ? 1_800_000 : 240_000,
);
