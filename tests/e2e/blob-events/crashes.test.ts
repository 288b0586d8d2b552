/**
 * Blob events on real processes that are killed with -9 while they move: each blob ends in `processed` exactly once, with the
 * right bytes, and none is lost (issue 7). On RabbitMQ its connection is cut, and the broker restarted, too.
 */
import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { createDeadLetterStore } from '../../../src/adapters/azure-storage/dead-letter-store';
import { versionId } from '../../../src/domain/blob-events/blob-event';
import { DEAD_LETTER_CONTAINER, tables } from '../../../src/domain/storage-layout';
import { brokers } from '../../drivers/blob-event-brokers';
import { namesIn, putIncoming } from '../../drivers/blob-events-under-test';
import { cuttableConnection } from '../../drivers/cuttable-connection';
import { startHostProcess, type HostProcessUnderTest } from '../../drivers/host-process-under-test';
import { isSoak } from '../../drivers/scale';
import { SeededRandom } from '../../drivers/seeded-random';
import { startStorage } from '../../drivers/storage-under-test';

const COUNT = isSoak ? 1_000 : 40;
const KILLS = isSoak ? 12 : 1;
const seed = Number(process.env.BLOBS_SEED ?? Math.floor(Math.random() * 2 ** 31));

/** In `npm test` the one that more can happen to. */
const tried = isSoak ? Object.keys(brokers) : Object.keys(brokers).slice(-1);

describe.each(tried)('blobs that are moved through %s', (name) => {
  it(
    `are moved once each, whoever is killed (BLOBS_SEED=${seed}, ${COUNT} blobs)`,
    async () => {
      console.info(`kills on ${name}: BLOBS_SEED=${seed}`);
      const random = new SeededRandom(seed);
      const broker = await brokers[name]!();
      const storage = await startStorage({ PIPELINES: 'blob-events' });
      const { clients } = storage;
      const line = broker.rabbit && (await cuttableConnection(broker.rabbit.port));
      const settings = {
        ...storage.settings,
        ...broker.settings,
        ...(line ? { RABBITMQ_URL: `amqp://guest:guest@127.0.0.1:${line.port}` } : {}),
        BLOB_EVENTS_SCHEDULE: '*/2 * * * * *',
        // What a process that was killed took with it in a queue's trigger is hidden for this long.
        AzureFunctionsJobHost__extensions__queues__visibilityTimeout: '00:00:01',
        LOG_LEVEL: 'warn',
      };
      const hosts = new Map<string, HostProcessUnderTest>();
      const start = async (host: string): Promise<void> => {
        const folder = path.join(storage.folder, host);
        mkdirSync(folder, { recursive: true });
        hosts.set(host, await startHostProcess(settings, folder));
      };
      /** Destination to SHA-256, of every version that must be moved. */
      const wanted = new Map<string, string>();
      const put = async (n: number): Promise<void> => {
        const [blob, bytes] = [`d${n % 7}/${n}.bin`, Buffer.alloc(1 + Math.floor(random.next() * 20_000), `${n} `)];
        const etag = await putIncoming(clients, blob, bytes);
        const id = versionId(storage.config.storage.account, 'incoming', blob, etag);
        wanted.set(`${id}-${n}.bin`, createHash('sha256').update(bytes).digest('hex'));
      };
      /** Polled, since what moves is in other processes, which tell nobody. */
      const moved = async (atLeast: number): Promise<void> => {
        while ((await namesIn(clients, 'processed')).length < atLeast)
          await new Promise((resolve) => setTimeout(resolve, 200));
      };
      try {
        for (let n = 0; n < COUNT / 2; n++) await put(n);
        await Promise.all([start('one'), start('two')]);
        const rest = (async () => {
          for (let n = COUNT / 2; n < COUNT; n++) await put(n);
        })();
        for (let kill = 1; kill <= KILLS; kill++) {
          await moved(Math.floor((COUNT * kill) / (KILLS + 2)));
          const victim = kill % 2 === 0 ? 'one' : 'two';
          line?.cut();
          await hosts.get(victim)?.kill();
          if (kill === 1) await broker.rabbit?.outage(() => Promise.resolve());
          await start(victim);
        }
        await rest;
        await moved(COUNT);
        while ((await namesIn(clients, 'incoming')).length > 0)
          await new Promise((resolve) => setTimeout(resolve, 200));
        for (const host of hosts.values()) await host.stop();

        const names = await namesIn(clients, 'processed');
        expect(names.sort()).toEqual([...wanted.keys()].sort());
        for (const blob of names) {
          const bytes = await clients.blobs().getContainerClient('processed').getBlobClient(blob).downloadToBuffer();
          expect([blob, createHash('sha256').update(bytes).digest('hex')]).toEqual([blob, wanted.get(blob)]);
        }
        const letters = createDeadLetterStore(clients, tables.deadLetters, DEAD_LETTER_CONTAINER);
        expect((await letters.list({ pipeline: 'blob-events' }, 10)).items).toEqual([]);
      } finally {
        for (const host of hosts.values()) await host.kill();
        await line?.stop();
        await broker.stop();
        await storage.stop();
      }
    },
    isSoak ? 1_800_000 : 240_000,
  );
});
