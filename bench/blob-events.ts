/**
 * `npm run bench -- blob-events`: blobs moved per second, from the scan to the empty container, beside a bare loop that copies and
 * deletes with the SDK, as many at a time; and what a look through 100,000 blobs costs. Azurite is a process of its own and serves
 * both sides in turn. `BENCH_ROUNDS` (5), `BENCH_BLOBS` (200); `BENCH_RABBITMQ_URL` adds RabbitMQ, which nobody else may use.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { startHost } from '../local-host';
import { startAzurite } from '../local-host/storage/azurite';
import { createStorageClients, type StorageClients } from '../src/adapters/azure-storage/clients';
import { provisionStorage } from '../src/adapters/azure-storage/provision';
import { createBlobEventBroker } from '../src/compose-blob-events';
import { loadConfig } from '../src/config/config';
import { hostSettingsFrom } from '../src/config/host-settings';
import { ledgerKey } from '../src/domain/blob-events/ledger-key';
import { NEVER, type LedgerRow } from '../src/domain/blob-events/publication';
import { storageLayout } from '../src/domain/storage-layout';
import { createScanIncoming, type ScanReport } from '../src/intake/blob-events/scan-incoming';
import { figure } from './parts/figures';

const root = path.resolve(__dirname, '..', '..');
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const BLOBS = Number(process.env.BENCH_BLOBS ?? 200);
const BYTES = Buffer.alloc(16 * 1024, 'sluice ');
const LISTED = 100_000;

export async function run(): Promise<void> {
  const results: Record<string, unknown> = { bench: 'blob-events', blobs: BLOBS };
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-bench-'));
  const [blob = 0, queue = 0, table = 0] = await freePorts(3);
  const azurite = await startAzurite({ location: path.join(folder, 'azurite'), ports: { blob, queue, table } });
  const rabbit = process.env.BENCH_RABBITMQ_URL;
  const sides: Readonly<Record<string, { readonly settings: Record<string, string>; readonly atOnce: number }>> = {
    'queue, 1 at a time': { settings: { BLOB_EVENTS_BATCH_SIZE: '1' }, atOnce: 1 },
    'queue, 16 at a time': { settings: { BLOB_EVENTS_BATCH_SIZE: '16' }, atOnce: 16 },
    ...(rabbit ? { 'RabbitMQ, 1 at a time': { settings: { RABBITMQ_URL: rabbit }, atOnce: 1 } } : {}),
  };
  try {
    for (const [name, { settings, atOnce }] of Object.entries(sides)) {
      const given = { ...settings, AzureWebJobsStorage: azurite.connectionString, PIPELINES: 'blob-events' };
      results[name] = await movedPerSecond(given, atOnce, path.join(folder, `host-${atOnce}-${rabbit ? 1 : 0}`), name);
    }
    results[`listing ${LISTED}`] = await listingCost();
  } finally {
    await azurite.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(JSON.stringify(results));
}

async function movedPerSecond(
  given: Readonly<Record<string, string>>,
  atOnce: number,
  stateDir: string,
  name: string,
): Promise<Record<string, unknown>> {
  const loaded = loadConfig(given);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const clients = createStorageClients(loaded.config.storage);
  await provisionStorage(clients, storageLayout);
  const broker = createBlobEventBroker(loaded.config, clients);
  await broker.declare();
  await broker.stop();
  const host = await startHost({
    scriptRoot: root,
    port: 0,
    // The scan runs when it is told to.
    settings: {
      ...given,
      ...hostSettingsFrom(loaded.config),
      ...{ BLOB_EVENTS_SCHEDULE: '0 0 0 1 1 *', LOG_LEVEL: 'warn' },
      AzureFunctionsJobHost__extensions__queues__maxPollingInterval: '00:00:00.1',
    },
    stateDir,
    log: () => undefined,
  });
  const [ours, bare]: [number[], number[]] = [[], []];
  try {
    // The first round of each side is for the compilers and Azurite's caches.
    for (let round = 0; round <= ROUNDS; round++) {
      await putBlobs(clients, `bare/${round}`);
      const loop = await timed(() => bareLoop(clients, `bare/${round}`, atOnce));
      await putBlobs(clients, `ours/${round}`);
      const pipeline = await timed(async () => {
        await host.invoke('incoming-scanned');
        while (!(await isEmpty(clients))) await new Promise((resolve) => setTimeout(resolve, 100));
      });
      if (round === 0) continue;
      ours.push(BLOBS / pipeline);
      bare.push(BLOBS / loop);
      console.log(`${name}, round ${round}: ${ours.at(-1)?.toFixed(1)}/s, bare loop ${bare.at(-1)?.toFixed(1)}/s`);
    }
  } finally {
    await host.stop();
  }
  const ratio = ours.map((value, round) => value / (bare[round] ?? NaN));
  return { ratio: figure(ratio, 2), perSecond: figure(ours), barePerSecond: figure(bare) };
}

async function putBlobs(clients: StorageClients, prefix: string): Promise<void> {
  const container = clients.blobs().getContainerClient('incoming');
  await inLanes(16, async (n) => {
    await container.getBlockBlobClient(`${prefix}/${n}.bin`).upload(BYTES, BYTES.length);
  });
}

async function bareLoop(clients: StorageClients, prefix: string, atOnce: number): Promise<void> {
  const from = clients.blobs().getContainerClient('incoming');
  const to = clients.blobs().getContainerClient('processed');
  await inLanes(atOnce, async (n) => {
    const source = from.getBlobClient(`${prefix}/${n}.bin`);
    await (await to.getBlobClient(`${prefix}/${n}.bin`).beginCopyFromURL(source.url)).pollUntilDone();
    await source.delete();
  });
}

async function inLanes(lanes: number, work: (n: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < BLOBS) await work(next++);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

async function isEmpty(clients: StorageClients): Promise<boolean> {
  const pages = clients.blobs().getContainerClient('incoming').listBlobsFlat().byPage({ maxPageSize: 1 });
  for await (const { segment } of pages) return segment.blobItems.length === 0;
  return true;
}

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}

/** CPU of one look, its listing and its rows made up in memory: the first one, which reads all rows, and one that finds nothing new. */
async function listingCost(): Promise<Record<string, unknown>> {
  const nameOf = (n: number): string => `2024/07/15/invoice-${String(n).padStart(7, '0')}.pdf`;
  const names = Array.from({ length: LISTED }, (_, n) => nameOf(n));
  const rows = names.map((name): LedgerRow => ({
    key: ledgerKey(name),
    version: '0x1',
    dueMs: NEVER,
    notedMs: 0,
    token: '',
  }));
  const [first, again]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    let at = 0;
    const scan = createScanIncoming(
      {
        listing: {
          async *pages() {
            for (let from = 0; from < LISTED; from += 5_000)
              yield names.slice(from, from + 5_000).map((name) => ({ name, etag: '0x1' }));
          },
        },
        ledger: {
          async *rows({ upTo }) {
            const page: LedgerRow[] = [];
            for (let row = rows[at]; row && (upTo === undefined || row.key <= upTo); row = rows[++at]) page.push(row);
            yield page;
          },
          claim: () => Promise.reject(new Error('nothing is new')),
          note: () => Promise.resolve(),
          remove: () => Promise.resolve(),
          rest: () => Promise.resolve(),
        },
        broker: createBlobEventBroker({ blobEvents: { broker: { kind: 'queue' } } as never }, undefined as never),
        clock: { now: () => Date.now() },
        logger: console,
      },
      { account: 'bench', republishMs: 3_600_000 },
    );
    first.push(await cpuMs(scan));
    again.push(await cpuMs(scan));
  }
  return { firstCpuMs: figure(first, 0), unchangedCpuMs: figure(again, 0) };
}

async function cpuMs(scan: () => Promise<ScanReport>): Promise<number> {
  const before = process.cpuUsage();
  const { listed, published } = await scan();
  if (listed !== LISTED || published !== 0) throw new Error(`${listed} listed, ${published} published`);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
