/**
 * `npm run bench -- blob-events`: blobs moved per second, from the scan to the empty container, beside a bare loop that copies and
 * deletes with the SDK, and one that makes the calls which a proven move through the broker cannot do without, as many at a time;
 * and what a look through 100,000 blobs costs. Azurite is a process of its own and serves all in turn. `BENCH_ROUNDS` (5),
 * `BENCH_BLOBS` (200), `BENCH_LISTED` (100000; 0 leaves it out); `BENCH_RABBITMQ_URL` adds RabbitMQ, which nobody else may use.
 */
import { noItemNotes } from '../src/intake/item-notes';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { BlobClient } from '@azure/storage-blob';
import { startHost } from '../local-host';
import { startAzurite, type Azurite } from '../local-host/storage/azurite';
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
import { freePorts } from './parts/free-ports';
import { processCpuMs, StorageCalls } from './parts/storage-calls';

const root = path.resolve(__dirname, '..', '..');
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const BLOBS = Number(process.env.BENCH_BLOBS ?? 200);
const BYTES = Buffer.alloc(16 * 1024, 'sluice ');
const LISTED = Number(process.env.BENCH_LISTED ?? 100_000);
const BENCH_QUEUE = 'bench';

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
      results[name] = await movedPerSecond(given, atOnce, path.join(folder, name.replace(/\W+/g, '-')), name, azurite);
    }
    if (LISTED > 0) results[`listing ${LISTED}`] = await listingCost();
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
  azurite: Azurite,
): Promise<Record<string, unknown>> {
  const loaded = loadConfig(given);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const clients = createStorageClients(loaded.config.storage);
  await provisionStorage(clients, storageLayout);
  await clients.queues().getQueueClient(BENCH_QUEUE).createIfNotExists();
  const broker = createBlobEventBroker(loaded.config, clients);
  await broker.declare();
  await broker.stop();
  const host = await startHost({
    scriptRoot: root,
    port: 0,
    settings: {
      ...given,
      ...hostSettingsFrom(loaded.config),
      // The scan runs when it is told to.
      ...{ BLOB_EVENTS_SCHEDULE: '0 0 0 1 1 *', LOG_LEVEL: 'warn' },
    },
    // Beside Azurite's folder: there the host hears of new messages.
    stateDir,
    log: () => undefined,
  });
  const sides: Readonly<Record<string, (prefix: string, calls: StorageCalls) => Promise<void>>> = {
    bare: (prefix) => inLanes(atOnce, (n) => copyAndDelete(clients, `${prefix}/${n}.bin`)),
    proven: (prefix) =>
      inLanes(atOnce, (n) => moveProven(clients, `${prefix}/${n}.bin`, given.RABBITMQ_URL === undefined)),
    ours: async (_prefix, calls) => {
      await host.invoke('incoming-scanned');
      await calls.deleted('incoming', BLOBS);
    },
  };
  const rates = new Map(Object.keys(sides).map((side) => [side, [] as number[]]));
  const requests: Record<string, unknown> = {};
  const cpuMs: Record<string, unknown> = {};
  try {
    // The first round of each side is for the compilers and Azurite's caches.
    for (let round = 0; round <= ROUNDS; round++)
      for (const [side, work] of Object.entries(sides)) {
        await putBlobs(clients, `${side}/${round}`);
        const calls = new StorageCalls(azurite.accessLog);
        const before = cpu(azurite);
        const seconds = await timed(() => work(`${side}/${round}`, calls));
        if (round === 0) continue;
        const after = cpu(azurite);
        rates.get(side)?.push(BLOBS / seconds);
        requests[side] = calls.per(BLOBS);
        cpuMs[side] = Object.fromEntries(
          Object.entries(after).map(([of, ms]) => [of, Number(((ms - (before[of] ?? 0)) / BLOBS).toFixed(1))]),
        );
        console.log(
          `${name}, round ${round}: ${side} ${(BLOBS / seconds).toFixed(1)}/s, CPU ms/blob ${JSON.stringify(cpuMs[side])}`,
        );
      }
    if (await holdsAny(clients)) throw new Error('Blobs were left in incoming.');
  } finally {
    await host.stop();
  }
  const [ours = [], bare = [], proven = []] = ['ours', 'bare', 'proven'].map((side) => rates.get(side));
  const against = (others: readonly number[]): object =>
    figure(
      ours.map((value, round) => value / (others[round] ?? NaN)),
      2,
    );
  return {
    ...{ ratio: against(bare), ratioToProven: against(proven) },
    ...{ perSecond: figure(ours), provenPerSecond: figure(proven), barePerSecond: figure(bare), requests, cpuMs },
  };
}

/** Of Azurite, of the app's worker (and other children), and of this process, which is the host and the loops. */
function cpu(azurite: Azurite): Record<string, number> {
  const children = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .map(Number);
  const workers = children.filter((pid) => pid !== azurite.pid);
  return {
    azurite: processCpuMs(azurite.pid),
    worker: workers.reduce((sum, pid) => sum + processCpuMs(pid), 0),
    here: processCpuMs(process.pid),
  };
}

async function putBlobs(clients: StorageClients, prefix: string): Promise<void> {
  const container = clients.blobs().getContainerClient('incoming');
  await inLanes(16, async (n) => {
    await container.getBlockBlobClient(`${prefix}/${n}.bin`).upload(BYTES, BYTES.length);
  });
}

async function copyAndDelete(clients: StorageClients, blob: string): Promise<void> {
  const source = clients.blobs().getContainerClient('incoming').getBlobClient(blob);
  const copy = clients.blobs().getContainerClient('processed').getBlobClient(blob);
  await (await copy.beginCopyFromURL(source.url)).pollUntilDone();
  await source.delete();
}

/** What a move cannot do without: a message that is taken and deleted, both sides read and hashed, and the copy. */
async function moveProven(clients: StorageClients, blob: string, queued: boolean): Promise<void> {
  const source = clients.blobs().getContainerClient('incoming').getBlobClient(blob);
  const copy = clients.blobs().getContainerClient('processed').getBlobClient(blob);
  const queue = clients.queues().getQueueClient(BENCH_QUEUE);
  if (queued)
    await queue.sendMessage(JSON.stringify({ container: 'incoming', path: '', blob, dest: blob, timestamp: '' }));
  const [message] = queued ? (await queue.receiveMessages()).receivedMessageItems : [];
  const before = await hashOf(source);
  await (await copy.beginCopyFromURL(source.url)).pollUntilDone();
  const after = await hashOf(copy);
  if (before !== after) throw new Error(`The copy of ${blob} differs.`);
  await source.delete();
  if (message) await queue.deleteMessage(message.messageId, message.popReceipt);
}

async function hashOf(blob: BlobClient): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of (await blob.download()).readableStreamBody ?? []) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

async function inLanes(lanes: number, work: (n: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < BLOBS) await work(next++);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

async function holdsAny(clients: StorageClients): Promise<boolean> {
  for await (const _blob of clients.blobs().getContainerClient('incoming').listBlobsFlat()) return true;
  return false;
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
        items: noItemNotes,
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
