import { appendFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  AccessLogTail,
  type AccessLogTailOptions,
  type LogPosition,
} from '../../../../local-host/storage/access-log-tail';
import { VirtualClock } from '../../../../local-host/virtual-clock';
import { temporaryFolder } from '../temporary-folder';

const folder = temporaryFolder();
const file = join(folder, 'access.log');
let tail: AccessLogTail | undefined;

interface Followed {
  readonly clock: VirtualClock;
  readonly lines: string[];
  readonly positions: LogPosition[];
  gaps: number;
  /** Moves time past one look and waits until it has ended: a look without news answers nothing, so the file is asked twice. */
  look(): Promise<void>;
}

async function follow(options: Partial<AccessLogTailOptions> = {}): Promise<Followed> {
  const clock = new VirtualClock(0);
  const state: Followed = {
    clock,
    lines: [],
    positions: [],
    gaps: 0,
    async look() {
      const due = clock.nextDue() ?? 0;
      await clock.advance(due - clock.now());
      // The look is done when it has armed the clock again.
      while (clock.nextDue() === undefined) await new Promise((resolve) => setImmediate(resolve));
    },
  };
  tail = new AccessLogTail({
    clock,
    findFile: () => file,
    onLines: (lines, position) => {
      state.lines.push(...lines);
      state.positions.push(position);
    },
    onGap: () => void (state.gaps += 1),
    ...options,
  });
  await tail.start();
  while (clock.nextDue() === undefined) await new Promise((resolve) => setImmediate(resolve));
  return state;
}

afterEach(async () => {
  await tail?.stop();
  rmSync(file, { force: true });
});

describe('following the access log', () => {
  test('begins at its end and yields whole lines', async () => {
    writeFileSync(file, 'old\n');
    const log = await follow();
    appendFileSync(file, 'one\ntwo\nthr');
    await log.look();
    expect(log.lines).toEqual(['one', 'two']);
    appendFileSync(file, 'ee\n');
    await log.look();
    expect(log.lines).toEqual(['one', 'two', 'three']);
    expect(log.gaps).toBe(0);
  });

  test('goes on where an earlier reader stopped', async () => {
    writeFileSync(file, 'one\ntwo\n');
    const log = await follow({ from: { inode: String(statSync(file, { bigint: true }).ino), offset: 4 } });
    expect(log.lines).toEqual(['two']);
    expect(log.gaps).toBe(0);
  });

  test('tells of a gap when the file was emptied, and reads it from its start', async () => {
    writeFileSync(file, 'one\ntwo\n');
    const log = await follow();
    truncateSync(file, 0);
    appendFileSync(file, 'new\n');
    await log.look();
    expect(log.lines).toEqual(['new']);
    expect(log.gaps).toBe(1);
  });

  test('tells of a gap when another file stands in its place, however long', async () => {
    writeFileSync(file, 'one\n');
    const log = await follow();
    renameSync(file, `${file}.1`);
    writeFileSync(file, 'a longer line\n');
    await log.look();
    expect(log.lines).toEqual(['a longer line']);
    expect(log.gaps).toBe(1);
  });

  test('waits for a file that does not exist yet', async () => {
    let found = undefined as string | undefined;
    const log = await follow({ findFile: () => found });
    expect(tail?.available).toBe(false);
    writeFileSync(file, 'before\n');
    found = file;
    await log.look();
    appendFileSync(file, 'after\n');
    await log.look();
    expect(tail?.available).toBe(true);
    expect(log.lines).toEqual(['after']);
  });

  test('empties a file that grew too large, once all of it is read, and tells of the gap', async () => {
    writeFileSync(file, '');
    const log = await follow({ emptyAboveBytes: 10 });
    appendFileSync(file, 'a line of many bytes\nand a half');
    await log.look();
    expect(statSync(file).size).toBeGreaterThan(10);
    appendFileSync(file, '\n');
    await log.look();
    expect(log.lines).toEqual(['a line of many bytes', 'and a half']);
    expect(statSync(file).size).toBe(0);
    expect(log.gaps).toBe(1);
  });

  test('reads a large backlog in parts, without losing a line at their borders', async () => {
    writeFileSync(file, '');
    const log = await follow();
    const lines = Array.from({ length: 60_000 }, (_, i) => `line number ${i} of a long log that does not fit one part`);
    writeFileSync(file, lines.join('\n') + '\n', { flag: 'a' });
    await log.look();
    expect(log.lines).toEqual(lines);
    expect(log.positions.length).toBeGreaterThan(2);
  });
});
