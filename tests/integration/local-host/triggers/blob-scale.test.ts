/**
 * What a new blob costs beside many known ones: 100,000 in the soak, 1,500 in `npm test`. Requests are counted in the
 * storage's own access log, so that nothing the host asks can go unseen.
 */
import { readFileSync } from 'node:fs';
import { accessLogOf } from '../../../../local-host/storage/storage-activity';
import type { Listener } from '../../../../local-host/plugin';
import { blobTrigger } from '../../../../local-host/triggers/blob';
import { isSoak } from '../../../drivers/scale';
import { azuriteUnderTest, type AzuriteUnderTest } from '../storage/azurite-under-test';
import { definition, eventually, listenerHost, type Call, type ListenerHost } from '../storage/listener-host';

const KNOWN = Number(process.env.KNOWN_BLOBS ?? (isSoak ? 100_000 : 1500));
const NEW = 10;
const PAGE = 1000;
const UPLOADS_AT_ONCE = 32;
/** For a new blob: a look at its version, and the function's read of its properties and content. */
const REQUESTS_PER_BLOB = 4;
const TIMEOUT_MS = isSoak ? 1_800_000 : 120_000;

let storage: AzuriteUnderTest;
let listener: Listener | undefined;
beforeEach(async () => {
  storage = await azuriteUnderTest();
}, TIMEOUT_MS);
afterEach(async () => {
  await listener?.stop();
  await storage.stop();
}, TIMEOUT_MS);

const container = () => storage.connection.blobs().getContainerClient('docs');
const upload = (name: string) => container().getBlockBlobClient(name).upload('x', 1);
const isNew = ({ invocation }: Call) => JSON.stringify(invocation.triggerMetadata?.['BlobTrigger']).includes('/new-');

async function uploadMany(count: number): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: UPLOADS_AT_ONCE }, async () => {
      while (next < count) await upload(`known-${String(next++).padStart(6, '0')}`);
    }),
  );
}

/** The storage notes whole seconds, so what was written in the second of the start counts as written after it. */
async function nextSecond(): Promise<void> {
  const second = Math.floor(Date.now() / 1000);
  await eventually(() => Promise.resolve(Math.floor(Date.now() / 1000) > second ? true : undefined));
}

async function start(): Promise<ListenerHost> {
  const host = listenerHost(storage);
  // With `source: EventGrid` what was there before the first start is noted and runs nothing.
  const binding = {
    name: 'b',
    type: 'blobTrigger',
    direction: 'trigger',
    path: 'docs/{name}',
    source: 'EventGrid',
  } as const;
  listener = await blobTrigger.start?.(definition('f'), binding, host.context);
  return host;
}

/** Requests for the container's content, in order; the log is emptied now and then, so this is what it still holds. */
function requests(): string[] {
  const file = accessLogOf(storage.stateDir, storage.connection.blobs().url);
  if (file === undefined) throw new Error('The storage under test writes no access log.');
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => /"(GET|HEAD) \/devstoreaccount1\/docs/.test(line));
}

const listings = (lines: readonly string[]): string[] => lines.filter((line) => line.includes('comp=list'));

/** Uploads some blobs and counts what the host asks of the storage until each has run. */
async function costOfNew(host: ListenerHost, prefix: string): Promise<string[]> {
  const before = requests().length;
  for (let i = 0; i < NEW; i++) await upload(`new-${prefix}-${i}`);
  await host.called(NEW, isNew);
  return requests().slice(before);
}

test(
  `a new blob costs the same beside ${KNOWN} known ones, before and after a restart`,
  async () => {
    await container().create();
    await uploadMany(KNOWN);
    await nextSecond();
    const first = await start();
    const listed = (): boolean => listings(requests()).length >= Math.ceil(KNOWN / PAGE);
    await eventually(() => Promise.resolve(listed() ? true : undefined), TIMEOUT_MS);
    const cost = await costOfNew(first, 'a');
    expect(listings(cost)).toEqual([]);
    expect(cost.length).toBeLessThanOrEqual(NEW * REQUESTS_PER_BLOB);

    await listener?.stop();
    await upload('new-down-0');
    const second = await start();
    await second.called(1, isNew);
    const after = await costOfNew(second, 'b');
    expect(listings(after)).toEqual([]);
    expect(after.length).toBeLessThanOrEqual((NEW + 1) * REQUESTS_PER_BLOB);
    expect(
      new Set(second.calls.filter(isNew).map(({ invocation }) => JSON.stringify(invocation.triggerMetadata))).size,
    ).toBe(second.calls.filter(isNew).length);
  },
  TIMEOUT_MS,
);
