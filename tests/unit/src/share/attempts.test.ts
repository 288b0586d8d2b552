/** How often a file failed outlives the process that counted: one dead letter, whatever restarts; and one run at a time. */
import { createBuryShareFile } from '../../../../src/activities/bury-share-file';
import { createTransferShareFiles } from '../../../../src/activities/transfer-share-files';
import { SHARE_INBOX, shareInboxKey, type TransferOutcome } from '../../../../src/domain/share/transfer';
import { createReplayShareFile } from '../../../../src/intake/replay-share-file';
import { ShareFlights } from '../../../../src/intake/share-flights';
import { transferShareStory } from '../../../../src/orchestrators/transfer-share';
import type { ShareBlobs } from '../../../../src/ports/share-blobs';
import type { ShareFiles } from '../../../../src/ports/share-files';
import { memoryDeadLetters, memoryGroupInbox, silentLogger } from '../../../fakes/memory-stores';
import { TestClock } from '../../../fakes/test-clock';
import { runStory } from '../../../drivers/story-driver';

const MOST = 3;
const PATH = '20260102/s/file';
const clock = new TestClock();
const inbox = memoryGroupInbox(clock, () => 0);
const deadLetters = memoryDeadLetters();
const staged = { kind: 'staged', state: { ino: '1', size: 1, mtimeNs: '0', ctimeNs: '0' }, md5: '', blockMd5s: [] };
let working = false;
let stored = 0;
let removed = 0;
/** By the clock that never jumps. */
let at = 0;
/** What happens while a step is under way. */
let meanwhile: (step: 'stage' | 'store') => void = () => undefined;

const share = {
  stage: async (files: readonly unknown[]) => {
    meanwhile('stage');
    return files.map(() => ({ ...staged, blockSize: 65_536 }));
  },
  remove: async (files: readonly unknown[]) => {
    removed += files.length;
    return files.map(() => ({ kind: 'removed' }));
  },
  unstage: async () => undefined,
  restore: async () => ({ kind: 'moved' }),
} as unknown as ShareFiles;
const blobs: ShareBlobs = {
  async store() {
    if (!working) throw new Error('storage says no');
    meanwhile('store');
    stored++;
    return { kind: 'stored', etag: '"1"', sentBytes: 1 };
  },
};

/** A process that has just started: it remembers nothing. */
function process() {
  const monotonic = (): number => at;
  const options = { maxQueueSize: 10, slots: 1, smallBytes: 0, monotonic, random: () => 0, now: () => clock.now() };
  const flights = new ShareFlights(options);
  const transfer = createTransferShareFiles(
    { share, blobs, inbox, flights, logger: silentLogger, monotonic },
    { blockSize: 65_536, concurrency: 1 },
  );
  const bury = createBuryShareFile({ deadLetters, inbox, share, logger: silentLogger }, { quarantine: false });
  return { flights, transfer, bury };
}

let runs = 0;
async function run(): Promise<readonly string[]> {
  const { transfer, bury } = process();
  const input = { run: `run ${++runs}`, files: [{ path: PATH, size: 1, failures: 0 }], maxAttempts: MOST };
  const activities = { 'transfer-share-files': transfer, 'bury-share-file': bury };
  const { calls } = await runStory(transferShareStory, input, activities, clock.now(), `instance ${runs}`);
  return calls.map(({ name }) => name);
}

beforeEach(async () => {
  await inbox.forget(SHARE_INBOX, shareInboxKey(PATH));
  deadLetters.all.clear();
  working = false;
  meanwhile = () => undefined;
  [stored, removed] = [0, 0];
});

it('becomes one dead letter after its last try, though the process restarts between any two', async () => {
  for (let i = 1; i <= 2 * MOST; i++) {
    const calls = await run();
    expect([i, calls.includes('bury-share-file')]).toEqual([i, i === MOST]);
  }
  expect([...deadLetters.all.values()].map(({ attempts }) => attempts)).toEqual([MOST]);
});

it('counts a run once, though its activity runs again after a crash', async () => {
  const input = { instanceId: 'i', run: 'the same', files: [{ path: PATH, size: 1, failures: 0 }] };
  const attempts: (number | undefined)[] = [];
  for (let i = 0; i < 3; i++) {
    const [outcome] = (await process().transfer(input)).outcomes as readonly Extract<
      TransferOutcome,
      { kind: 'failed' }
    >[];
    attempts.push(outcome!.attempts);
  }
  expect(attempts).toEqual([1, 1, 1]);
});

it('begins to count anew after a success, and after a replay', async () => {
  await run();
  await run();
  working = true;
  await run();
  working = false;
  await run();
  await run();
  expect(deadLetters.all.size).toBe(0);
  await run();
  expect(deadLetters.all.size).toBe(1);
  const { flights } = process();
  const replay = createReplayShareFile({ share, inbox, flights, recoverSoon: () => undefined, logger: silentLogger });
  await replay({ body: JSON.stringify({ path: PATH }) } as Parameters<typeof replay>[0]);
  for (let i = 0; i < MOST; i++) await run();
  expect(deadLetters.all.size).toBe(2);
});

it('leaves a file alone that another run holds', async () => {
  working = true;
  await inbox.claimAll(SHARE_INBOX, [shareInboxKey(PATH)], 'another run', 60_000);
  const { outcomes } = await process().transfer({
    instanceId: 'i',
    run: 'a run',
    files: [{ path: PATH, size: 1, failures: 0 }],
  });
  expect([outcomes[0]!.kind, stored]).toEqual(['held', 0]);
});

it.each([
  ['stage', [0, 0]],
  ['store', [1, 0]],
] as const)('sends and deletes nothing more when it stood still beyond its claim, in %s', async (step, expected) => {
  working = true;
  meanwhile = (now) => {
    if (now === step) at += 60_000;
  };
  const files = [{ path: PATH, size: 1, failures: 0 }];
  const { outcomes } = await process().transfer({ instanceId: 'i', run: 'a run', files });
  expect(outcomes[0]).toMatchObject({ kind: 'failed', error: expect.stringMatching(/ran out/) as string });
  expect([stored, removed]).toEqual(expected);
});
