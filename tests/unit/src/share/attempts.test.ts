/** What counts as a try of a file, and that the count outlives the process: one dead letter, whatever restarts; and one run at a time. */
import { noItemNotes } from '../../../../src/intake/item-notes';
import { createBuryShareFile } from '../../../../src/activities/bury-share-file';
import { createTransferShareFiles } from '../../../../src/activities/transfer-share-files';
import { SHARE_INBOX, shareInboxKey, type TransferOutcome } from '../../../../src/domain/share/transfer';
import { createReplayShareFile } from '../../../../src/intake/replay-share-file';
import { ShareFlights } from '../../../../src/intake/share-flights';
import { transferShareStory } from '../../../../src/orchestrators/transfer-share';
import type { ShareBlobs } from '../../../../src/ports/share-blobs';
import type { Failed, ShareFiles } from '../../../../src/ports/share-files';
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
/** What storage says while it does not work: by default something about this blob. */
let refusal: unknown;
const ofTheBlob = Object.assign(new Error('409 LeaseIdMissing'), { statusCode: 409, code: 'LeaseIdMissing' });
/** What the share says of a copy, of a deletion, and of itself. */
let copies: Failed | Error | undefined;
let deletions: Failed | Error | undefined;
let problems: string[] = [];
let stored = 0;
let removed = 0;
/** By the clock that never jumps. */
let at = 0;
/** What happens while a step is under way. */
let meanwhile: (step: 'stage' | 'store') => void = () => undefined;

const share = {
  stage: async (files: readonly unknown[]) => {
    meanwhile('stage');
    if (copies instanceof Error) throw copies;
    return files.map(() => copies ?? { ...staged, blockSize: 65_536 });
  },
  check: async () => problems,
  remove: async (files: readonly unknown[]) => {
    if (deletions instanceof Error) throw deletions;
    if (deletions) return files.map(() => deletions);
    removed += files.length;
    return files.map(() => ({ kind: 'removed' }));
  },
  unstage: async () => undefined,
  restore: async () => ({ kind: 'moved' }),
} as unknown as ShareFiles;
const blobs: ShareBlobs = {
  async store() {
    if (!working) throw refusal;
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
    { share, blobs, inbox, flights, items: noItemNotes, clock, logger: silentLogger, monotonic },
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
  const { calls } = await runStory(transferShareStory, input, activities, {
    startMs: clock.now(),
    instanceId: `instance ${runs}`,
  });
  return calls.map(({ name }) => name);
}

beforeEach(async () => {
  await inbox.forget(SHARE_INBOX, shareInboxKey(PATH));
  deadLetters.all.clear();
  [working, refusal, copies, deletions, problems] = [false, ofTheBlob, undefined, undefined, []];
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
  expect(outcomes[0]).toMatchObject({ kind: 'postponed', error: expect.stringMatching(/ran out/) as string });
  expect([stored, removed]).toEqual(expected);
});

it('deletes nothing when another run took the claim over while it was sending, by a clock that went ahead', async () => {
  working = true;
  const taken: string[] = [];
  meanwhile = (now) => {
    if (now !== 'store') return;
    clock.advance(3_600_000);
    void inbox.claimAll(SHARE_INBOX, [shareInboxKey(PATH)], 'another run', 60_000).then(([claim]) => {
      taken.push(claim!.kind);
    });
  };
  const files = [{ path: PATH, size: 1, failures: 0 }];
  const { outcomes } = await process().transfer({ instanceId: 'i', run: 'a run', files });
  expect(taken).toEqual(['claimed']);
  expect(outcomes[0]).toMatchObject({
    kind: 'postponed',
    error: expect.stringMatching(/took the claim over/) as string,
  });
  expect([stored, removed]).toEqual([1, 0]);
  const [claim] = await inbox.claimAll(SHARE_INBOX, [shareInboxKey(PATH)], 'a third', 60_000);
  expect(claim).toMatchObject({ kind: 'held', by: 'another run' });
});

const answered = (statusCode: number, code = 'X') =>
  Object.assign(new Error(code), { name: 'RestError', statusCode, code });
const unanswered = Object.assign(new Error('connect ECONNREFUSED'), { name: 'RestError', code: 'ECONNREFUSED' });
const system = (code: string, staging = false): Failed => ({
  kind: 'failed',
  code,
  error: code,
  ...(staging ? { staging } : {}),
});
const hang = Object.assign(new Error('The share did not answer'), { name: 'ShareTimeout', code: 'ETIMEDOUT' });

it.each<[string, () => unknown]>([
  ['no answer from storage', () => (refusal = unanswered)],
  ...[401, 403, 408, 429, 500, 502, 503, 504].map((status): [string, () => unknown] => [
    `storage answers ${status}`,
    () => (refusal = answered(status)),
  ]),
  ['no such container', () => (refusal = answered(404, 'ContainerNotFound'))],
  ['no access that gets in', () => (refusal = Object.assign(new Error('x'), { name: 'ShareAccessRefused' }))],
  ['no token', () => (refusal = Object.assign(new Error('x'), { name: 'AggregateAuthenticationError' }))],
  ['a request that took too long', () => (refusal = Object.assign(new Error('x'), { name: 'AbortError' }))],
  ['too many open files', () => (refusal = Object.assign(new Error('x'), { code: 'EMFILE' }))],
  ['a full staging disk', () => (copies = system('ENOSPC', true))],
  ['a staging disk that fails', () => (copies = system('EIO', true))],
  ['a share that hangs, on copying', () => (copies = hang)],
  ['a share that hangs, on deleting', () => ([working, deletions] = [true, hang])],
  ['a share that is shut as a whole', () => ([copies, problems] = [system('EACCES'), ['no rights on the share']])],
  ['a stale mount, on deleting', () => ([working, deletions, problems] = [true, system('ESTALE'), ['replaced']])],
])('counts no try for %s', async (_what, fails) => {
  fails();
  for (let i = 0; i < 3 * MOST; i++) {
    expect(await run()).not.toContain('bury-share-file');
    clock.advance(60_001);
  }
  expect([deadLetters.all.size, removed]).toEqual([0, 0]);
  // Its own failures count from the first.
  [working, refusal, copies, deletions, problems] = [false, ofTheBlob, undefined, undefined, []];
  for (let i = 1; i <= MOST; i++) expect([i, (await run()).includes('bury-share-file')]).toEqual([i, i === MOST]);
});

it.each<[string, () => unknown]>([
  ['a lease on the blob', () => undefined],
  ['a name that storage refuses', () => (refusal = answered(400, 'InvalidResourceName'))],
  ['no rights on this file', () => (copies = system('EACCES'))],
  ['a file that the disk under the share cannot read', () => (copies = system('EIO'))],
  ['a folder where the staged copy must go', () => (copies = system('EISDIR', true))],
  ['an error nobody thought of', () => (refusal = new TypeError('x is not a function'))],
])('counts a try for %s', async (_what, fails) => {
  fails();
  for (let i = 1; i <= MOST; i++) expect([i, (await run()).includes('bury-share-file')]).toEqual([i, i === MOST]);
});

it('keeps the count of own failures through an outage between them', async () => {
  await run();
  refusal = unanswered;
  for (let i = 0; i < 5; i++) await run();
  refusal = ofTheBlob;
  for (let i = 2; i <= MOST; i++) expect([i, (await run()).includes('bury-share-file')]).toEqual([i, i === MOST]);
});

it('leaves the other files of a transfer at once when storage fails', async () => {
  refusal = unanswered;
  let asked = 0;
  meanwhile = () => asked++;
  const files = Array.from({ length: 100 }, (_, i) => ({ path: `20260102/s/${i}`, size: 1, failures: 0 }));
  const { outcomes } = await process().transfer({ instanceId: 'i', run: 'a run', files });
  expect(outcomes.map((one) => one.kind === 'postponed' && one.tried)).toEqual(files.map((_, i) => i === 0));
  expect(asked).toBe(1);
});
