/** Acceptance criterion 4 of source 001 on real processes: killed with -9 in the middle of a transfer, and two hosts on one share. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { startHostProcess, type HostProcessUnderTest } from '../../drivers/host-process-under-test';
import { isSoak } from '../../drivers/scale';
import {
  CONTAINER,
  dropFile,
  filesBelow,
  shareFolders,
  shareSettings,
  type ShareFolders,
} from '../../drivers/share-under-test';
import { startStorage, type StorageUnderTest } from '../../drivers/storage-under-test';

const KILLS = isSoak ? 100 : 3;
const MiB = 1024 * 1024;
let storage: StorageUnderTest;
let folders: ShareFolders;
let hosts: HostProcessUnderTest[] = [];

beforeEach(async () => {
  storage = await startStorage((place) => shareSettings(place));
  folders = shareFolders(storage.folder);
});
afterEach(async () => {
  for (const host of hosts) await host.stop();
  hosts = [];
  await storage.stop();
});

interface Status {
  readonly processed_ok: number;
  readonly in_flight: readonly { readonly sent: number; readonly file: string }[];
}

async function status(host: HostProcessUnderTest): Promise<Status> {
  return (await (await fetch(`${host.url}/v1/status`)).json()) as Status;
}

const LONGEST_LOOK_MS = 60_000;

/** Looks until `done` gives something; what never comes is told with the host's last words. */
async function untilStatus<T>(host: HostProcessUnderTest, done: (status: Status) => T | undefined | false): Promise<T> {
  for (const began = performance.now(); ;) {
    const now = await status(host);
    const found = done(now);
    if (found !== undefined && found !== false) return found;
    if (performance.now() - began < LONGEST_LOOK_MS) continue;
    const left = { incoming: filesBelow(folders.incoming), processing: filesBelow(folders.processing) };
    throw new Error(`${JSON.stringify({ ...now, ...left })}\n${host.output().slice(-8_000)}`);
  }
}

async function start(name: string, over: Readonly<Record<string, string>> = {}): Promise<HostProcessUnderTest> {
  const state = path.join(storage.folder, name);
  mkdirSync(state, { recursive: true });
  const host = await startHostProcess({ ...storage.settings, ...over }, state);
  hosts.push(host);
  return host;
}

const startSession = (host: HostProcessUnderTest) =>
  fetch(`${host.url}/v1/watch/start`, { method: 'POST', body: '{"session_name":"crash"}' });

const md5 = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex');

/** MD5 by file name, of the bytes as they are read. */
async function arrived(): Promise<Map<string, string>> {
  const container = storage.clients.blobs().getContainerClient(CONTAINER);
  const found = new Map<string, string>();
  for await (const { name } of container.listBlobsFlat())
    found.set(name.split('/')[2]!, md5(await container.getBlobClient(name).downloadToBuffer()));
  return found;
}

it(
  `4: of a host killed -9 in mid-transfer ${KILLS} times the file stays in .processing, and the next start carries it on`,
  async () => {
    // Slow enough to be caught in the act.
    const slow = {
      APP_AZURE_MAX_BYTES_PER_S: String(3 * MiB),
      APP_AZURE_MAX_BLOCK_SIZE: '262144',
      APP_AZURE_MAX_SINGLE_PUT_SIZE: '262144',
    };
    const expected = new Map<string, string>();
    for (let i = 0; i < KILLS; i++) {
      const bytes = randomBytes(4 * MiB + i);
      expected.set(`file-${i}`, md5(bytes));
      dropFile(folders.incoming, `file-${i}`, bytes);
      const host = await start('host', slow);
      if (i === 0) await startSession(host);
      await untilStatus(host, ({ in_flight }) => in_flight.some(({ sent }) => sent > 0));
      await host.kill();
      hosts.pop();
      const there = await arrived();
      const waiting = filesBelow(folders.incoming);
      const claimed = filesBelow(folders.processing).map((name) => path.basename(name));
      for (const [name, hash] of expected) {
        // A blob that is there is whole, and a file whose blob is not there still has its source.
        if (there.has(name)) expect([name, there.get(name)]).toEqual([name, hash]);
        else expect([name, claimed.includes(name) || waiting.includes(name)]).toEqual([name, true]);
      }
    }
    const host = await start('host');
    // In this order: a file goes from incoming to processing.
    await untilStatus(host, () => filesBelow(folders.incoming).length + filesBelow(folders.processing).length === 0);
    expect(await arrived()).toEqual(expected);
  },
  KILLS * 20_000 + 60_000,
);

it('two hosts on one share carry every file once', async () => {
  const count = isSoak ? 1_000 : 150;
  const expected = new Map<string, string>();
  for (let i = 0; i < count; i++) {
    const bytes = randomBytes(i % 50 === 0 ? 300_000 : 2_000);
    expected.set(`file-${i}`, md5(bytes));
    dropFile(folders.incoming, `file-${i}`, bytes);
  }
  const over = { APP_AZURE_MAX_SINGLE_PUT_SIZE: '65536', APP_MAX_QUEUE_SIZE: '40' };
  const both = [await start('one', over), await start('two', over)] as const;
  await startSession(both[0]);
  await untilStatus(both[0], ({ processed_ok }) => processed_ok === count);
  for (const host of both) {
    await host.stop();
    hosts.shift();
  }
  expect(await arrived()).toEqual(expected);
  const lines = both.flatMap((host) => host.output().match(/"File arrived".*?"file":"[^"]*"/g) ?? []);
  const files = lines.map((line) => /"file":"([^"]*)"/.exec(line)![1]);
  expect([files.length, new Set(files).size]).toEqual([count, count]);
  expect([...filesBelow(folders.processing), ...filesBelow(folders.staging)]).toEqual([]);
}, 180_000);
