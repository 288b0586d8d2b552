import { createLog } from '../../../../local-host/log';
import {
  ReplicaSet,
  type InstanceEnd,
  type InstanceProcess,
  type ReplicaCounts,
} from '../../../../local-host/scaler/replica-set';
import { VirtualClock } from '../../../../local-host/virtual-clock';

/** A process that does what the test says. */
class FakeProcess implements InstanceProcess {
  readonly pid: number;
  readonly serves: Promise<void>;
  readonly ended: Promise<InstanceEnd>;
  drained = 0;
  /** It serves. */
  up: () => void = () => undefined;
  /** It has ended. */
  end: (code: number | string) => void = () => undefined;

  constructor(
    readonly number: number,
    pid: number,
  ) {
    this.pid = pid;
    this.serves = new Promise((resolve) => (this.up = resolve));
    this.ended = new Promise((resolve) => {
      this.end = (code) =>
        resolve(
          typeof code === 'number' ? { how: `exit code ${code}`, code } : { how: `signal ${code}`, code: undefined },
        );
    });
  }

  drain(): void {
    this.drained++;
  }
}

function run(startsAtOnce = 100) {
  const clock = new VirtualClock(0);
  const launched: FakeProcess[] = [];
  const lines: string[] = [];
  const hopeless: InstanceEnd[] = [];
  const set = new ReplicaSet({
    ...{ clock, startsAtOnce },
    log: createLog(({ level, message }) => level !== 'debug' && lines.push(`${level} ${message}`)),
    onHopeless: (end) => hopeless.push(end),
    launch: (number) => {
      const process = new FakeProcess(number, 100 + launched.length);
      launched.push(process);
      return process;
    },
  });
  /** Lets promises settle; time stands still. */
  const settle = (): Promise<void> => clock.advance(0);
  return {
    ...{ clock, launched, lines, hopeless, set, settle },
    numbers: () => launched.map(({ number }) => number),
    last: (number: number): FakeProcess => launched.findLast((process) => process.number === number)!,
    /** Scales and lets all that start serve. */
    async grow(wanted: number): Promise<void> {
      set.scaleTo(wanted);
      for (let seen = -1; seen !== launched.length;) {
        seen = launched.length;
        for (const process of launched) process.up();
        await settle();
      }
    },
  };
}

const counts = (of: Partial<ReplicaCounts>): ReplicaCounts => ({
  ...{ wanted: 0, ready: 0, starting: 0, draining: 0, restarts: 0 },
  ...of,
});

test('starts instance 1, and the others once it serves', async () => {
  const { set, numbers, last, settle } = run();
  set.scaleTo(4);
  await settle();
  expect(numbers()).toEqual([1]);
  last(1).up();
  await settle();
  expect(numbers()).toEqual([1, 2, 3, 4]);
  expect(set.counts).toEqual(counts({ wanted: 4, ready: 1, starting: 3 }));
});

test('starts only so many at a time; one that takes long holds up the others for 15 s', async () => {
  const { set, numbers, last, settle, clock } = run(2);
  set.scaleTo(6);
  last(1).up();
  await settle();
  expect(numbers()).toEqual([1, 2, 3]);
  last(3).up();
  await settle();
  expect(numbers()).toEqual([1, 2, 3, 4]);
  await clock.advance(15_000);
  expect(numbers()).toEqual([1, 2, 3, 4, 5, 6]);
});

test('drains the highest numbers, once, and waits for them', async () => {
  const { set, grow, last, settle, lines } = run();
  await grow(5);
  set.scaleTo(2);
  set.scaleTo(2);
  expect([1, 2, 3, 4, 5].map((number) => last(number).drained)).toEqual([0, 0, 1, 1, 1]);
  expect(set.counts).toEqual(counts({ wanted: 2, ready: 2, draining: 3 }));
  last(4).end(0);
  await settle();
  expect(set.counts).toEqual(counts({ wanted: 2, ready: 2, draining: 2 }));
  expect(lines).toContain('information Instance 4 has stopped.');
});

test('more are wanted while some drain: others are started, and no number is had twice', async () => {
  const { set, grow, last, numbers, settle } = run();
  await grow(4);
  set.scaleTo(2);
  set.scaleTo(4);
  await settle();
  expect(numbers()).toEqual([1, 2, 3, 4, 5, 6]);
  last(3).end(0);
  last(4).end(0);
  await settle();
  expect(set.counts).toEqual(counts({ wanted: 4, ready: 2, starting: 2 }));
});

test('down to zero and up again: instance 1 is waited for to end before it starts anew', async () => {
  const { set, grow, last, numbers, settle } = run();
  await grow(2);
  set.scaleTo(0);
  set.scaleTo(3);
  await settle();
  expect(numbers()).toEqual([1, 2]);
  last(1).end(0);
  await settle();
  expect(numbers()).toEqual([1, 2, 1]);
  last(1).up();
  await settle();
  // Number 2 still drains.
  expect(numbers()).toEqual([1, 2, 1, 3, 4]);
});

describe('one that dies', () => {
  test('is started again under its number, later each time', async () => {
    const { grow, last, launched, clock, set, lines, settle } = run();
    await grow(2);
    const waits = [250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000];
    for (const [index, wait] of waits.entries()) {
      last(2).end('SIGKILL');
      await settle();
      expect(set.counts).toMatchObject({ wanted: 2, ready: 1, starting: 1, restarts: index + 1 });
      const before = launched.length;
      await clock.advance(wait - 1);
      expect(launched.length).toBe(before);
      await clock.advance(1);
      expect(launched.length).toBe(before + 1);
      expect(last(2)).toBe(launched.at(-1));
    }
    expect(lines).toContain('error Instance 2 ended unasked (signal SIGKILL); it is started again in 0.25 s.');
    // One that lived for a minute begins anew.
    last(2).up();
    await clock.advance(60_000);
    last(2).end(1);
    await settle();
    const before = launched.length;
    await clock.advance(250);
    expect(launched.length).toBe(before + 1);
  });

  test('as instance 1 is started again like any other, with its work taken up meanwhile', async () => {
    const { grow, last, numbers, clock, settle } = run();
    await grow(3);
    last(1).end('SIGKILL');
    await settle();
    await clock.advance(250);
    expect(numbers()).toEqual([1, 2, 3, 1]);
  });

  test('while it drains is not started again, and its end is told', async () => {
    const { set, grow, last, numbers, clock, settle, lines } = run();
    await grow(2);
    set.scaleTo(1);
    last(2).end('SIGKILL');
    await settle();
    await clock.advance(120_000);
    expect(numbers()).toEqual([1, 2]);
    expect(set.counts).toEqual(counts({ wanted: 1, ready: 1 }));
    expect(lines).toContain(
      'warning Instance 2 ended while it drained (signal SIGKILL); what it had in hand is taken up by others.',
    );
  });

  test('and is wanted no more before it is started again is forgotten', async () => {
    const { set, grow, last, numbers, clock, settle } = run();
    await grow(2);
    last(2).end(1);
    await settle();
    set.scaleTo(1);
    await clock.advance(60_000);
    expect(numbers()).toEqual([1, 2]);
    expect(set.counts).toEqual(counts({ wanted: 1, ready: 1, restarts: 1 }));
  });

  test('for a reason that stays ends it all', async () => {
    const { set, last, settle, hopeless, numbers, clock } = run();
    set.scaleTo(1);
    last(1).end(98);
    await settle();
    await clock.advance(60_000);
    expect(hopeless).toEqual([{ how: 'exit code 98', code: 98 }]);
    expect(numbers()).toEqual([1]);
    await set.stop();
  });

  test('because its number is taken by one that was started by hand gives way to the next number', async () => {
    const { grow, set, last, numbers, settle, hopeless } = run();
    await grow(1);
    set.scaleTo(2);
    last(2).end(98);
    await settle();
    expect([numbers(), hopeless]).toEqual([[1, 2, 3], []]);
  });
});

test('says of one that drains for long that it is waited for', async () => {
  const { set, grow, clock, lines } = run();
  await grow(2);
  set.scaleTo(1);
  await clock.advance(120_000);
  expect(lines.filter((line) => line.includes('still has work'))).toEqual([
    'warning Instance 2 still has work in hand, 60 s after it was asked to stop; it is waited for.',
    'warning Instance 2 still has work in hand, 120 s after it was asked to stop; it is waited for.',
  ]);
});

test('a stop drains all, also those that start or wait, and waits for the last', async () => {
  const { set, grow, last, numbers, clock, settle } = run();
  await grow(3);
  last(3).end(1);
  await settle();
  set.scaleTo(4);
  await settle();
  let over = false;
  const stopped = set.stop().then(() => (over = true));
  await settle();
  last(4).end('SIGTERM');
  last(1).end(0);
  await settle();
  expect(over).toBe(false);
  last(2).end(0);
  await stopped;
  set.scaleTo(5);
  await clock.advance(60_000);
  expect(numbers()).toEqual([1, 2, 3, 4]);
  expect(set.counts).toEqual(counts({ restarts: 1 }));
});
