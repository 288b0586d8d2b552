/** What the sweep tells of files that it leaves where they are. */
import { ShareFlights } from '../../../../src/intake/share-flights';
import { createSweepShare } from '../../../../src/intake/sweep-share';
import type { ClaimOutcome, ShareFiles } from '../../../../src/ports/share-files';
import type { Logger } from '../../../../src/telemetry/logger';
import { memoryGroupInbox, memoryOrchestrations, memoryWatch, silentLogger } from '../../../fakes/memory-stores';
import { TestClock } from '../../../fakes/test-clock';

const HOUR_MS = 3_600_000;
const refused: ClaimOutcome = { kind: 'failed', code: 'EACCES', error: 'EACCES: permission denied, rename' };
let now = 0;
let warnings: unknown[] = [];
let claimed = 0;
/** What happens while the folder is looked at. */
let meanwhile: () => Promise<unknown> = async () => undefined;

function sweeperOf(names: readonly string[], outcome: ClaimOutcome) {
  const clock = new TestClock();
  const monotonic = (): number => now;
  const flights = new ShareFlights({
    ...{ maxQueueSize: 5_000, slots: 1, smallBytes: 0, monotonic, random: () => 0, now: () => clock.now() },
  });
  const files = names.map((name) => ({ name, ino: '1', size: 1, mtimeNs: '0' }));
  const share = {
    check: async () => [],
    claimed: async () => ({ files: [], strangers: [] }),
    sweep: async () => {
      await meanwhile();
      return { files, stable: files.length, stableBytes: 0, waiting: 0, skipped: {} };
    },
    claim: async (asked: readonly unknown[]) => {
      claimed += asked.length;
      return asked.map(() => outcome);
    },
    tidy: async () => undefined,
  } as unknown as ShareFiles;
  const watch = memoryWatch({
    ...{ date: '20260102', name: 's', encoded: 's', include: [], exclude: [], startedAt: '' },
    ...{ dryRun: false, recursive: true, enabled: true },
  });
  const logger: Logger = { ...silentLogger, warn: (_message, fields) => void warnings.push(fields?.['reason']) };
  const inbox = memoryGroupInbox(clock, monotonic);
  const ports = { share, watch, inbox, flights, logger, monotonic, now: () => clock.now() };
  const sweeper = createSweepShare(
    { ...ports, random: () => 0, unique: () => 'run' },
    { pollIntervalMs: 1_000, minFileAgeMs: 0, maxAttempts: 3, owner: 'host' },
  );
  return { pass: () => sweeper.pass(memoryOrchestrations()), watch };
}

beforeEach(() => {
  [now, warnings, claimed] = [HOUR_MS, [], 0];
  meanwhile = async () => undefined;
});

it.each([
  ['cannot be claimed', 'x', refused, /EACCES/],
  ['waits for an earlier one of its name', 'x', { kind: 'occupied' }, /an earlier file of its name/],
  ['no blob can be named after', 'x/'.repeat(600), refused, /its blob name would have/],
] as const)('tells of a file that %s once an hour, and in the status', async (_what, name, outcome, reason) => {
  const { pass, watch } = sweeperOf([name], outcome);
  for (let i = 0; i < 3; i++) await pass();
  expect(warnings).toHaveLength(1);
  expect((await watch.totals()).lastError).toMatch(reason);
  now += HOUR_MS;
  for (let i = 0; i < 3; i++) await pass();
  expect(warnings).toHaveLength(2);
});

it('tells of a thousand such files, and no more', async () => {
  const names = Array.from({ length: 3_000 }, (_, i) => `file-${i}`);
  const { pass } = sweeperOf(names, refused);
  for (let i = 0; i < 5; i++) {
    now += 1_000;
    await pass();
  }
  expect(warnings).toEqual(Array.from({ length: 1_000 }, () => (refused as { error: string }).error));
});

it.each([
  ['stopped', { enabled: false }],
  ['replaced by another', { startedAt: 'later' }],
])('claims nothing more for a session that was %s while the folder was looked at', async (_what, change) => {
  const { pass, watch } = sweeperOf(['a', 'b'], { kind: 'lost' });
  await pass();
  expect(claimed).toBe(2);
  meanwhile = () => watch.change((state) => state && { ...state, ...change });
  now += 1_000;
  await pass();
  expect(claimed).toBe(2);
});
