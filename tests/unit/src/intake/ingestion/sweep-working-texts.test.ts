/** Working texts that nobody will remove are removed, and no others, whatever happens meanwhile. */
import { planBlobOf, textBlobOf } from '../../../../../src/domain/ingestion/embeddings-input';
import { createSweepWorkingTexts } from '../../../../../src/intake/ingestion/sweep-working-texts';
import type { OrchestrationState } from '../../../../../src/ports/orchestrations';
import { memoryWorkingBlobs } from '../../../../fakes/memory-working-blobs';
import { SeededRandom } from '../../../../fakes/seeded-random';
import { TestClock } from '../../../../fakes/test-clock';

const container = 'snippet-input';
const HOUR = 60 * 60_000;
const seed = Number(process.env.SWEEP_SEED ?? Math.floor(Math.random() * 2 ** 31));

function world(mostLooks?: number) {
  const clock = new TestClock();
  const working = memoryWorkingBlobs(() => clock.now());
  const states = new Map<string, OrchestrationState['kind']>();
  const looks: string[] = [];
  let onLook: (run: string) => Promise<void> = async () => undefined;
  const orchestrations = {
    look: async (run: string): Promise<OrchestrationState> => {
      looks.push(run);
      await onLook(run);
      const kind = states.get(run) ?? 'unknown';
      return kind === 'ended' ? { kind, output: undefined } : { kind };
    },
  };
  const sweep = createSweepWorkingTexts(
    { working, clock },
    { container, ...(mostLooks === undefined ? {} : { mostLooks }) },
  );
  return {
    ...{ clock, working, states, looks },
    meanwhile: (work: typeof onLook) => (onLook = work),
    async put(run: string): Promise<void> {
      await working.put(textBlobOf(container, run), Buffer.from('text'));
      await working.put(planBlobOf(textBlobOf(container, run)), Buffer.from('plan'));
    },
    sweep: () => sweep(orchestrations),
    left: () => [...new Set([...working.all.keys()].map((name) => name.split('/')[1]))].sort(),
  };
}

it('removes the text of a start that was never made, and of a run that ended without its own end', async () => {
  const w = world();
  for (const run of ['never', 'ended', 'running']) await w.put(run);
  w.states.set('ended', 'ended').set('running', 'running');
  w.clock.advance(HOUR + 1);
  expect(await w.sweep()).toEqual({ looked: 3, removed: 4 });
  expect(w.left()).toEqual(['running']);
});

it('lets alone what is young, whoever owns it', async () => {
  const w = world();
  await w.put('never');
  w.clock.advance(HOUR - 1);
  expect(await w.sweep()).toEqual({ looked: 0, removed: 0 });
  expect(w.left()).toEqual(['never']);
});

it('lets alone what is written again while it is looked at', async () => {
  const w = world();
  await w.put('again');
  w.clock.advance(2 * HOUR);
  // The blob's event came once more: its text is written, and its run is about to be started.
  w.meanwhile(() => w.put('again'));
  expect(await w.sweep()).toEqual({ looked: 1, removed: 0 });
  expect(w.left()).toEqual(['again']);
});

it('lets alone what belongs to another container, or to nobody known', async () => {
  const w = world();
  await w.working.put('other-input/run/text', Buffer.from('x'));
  await w.working.put(`${container}-2/run/text`, Buffer.from('x'));
  await w.working.put(`${container}/stray`, Buffer.from('x'));
  await w.working.put(`${container}/../x?y/text`, Buffer.from('x'));
  w.clock.advance(2 * HOUR);
  expect(await w.sweep()).toEqual({ looked: 0, removed: 0 });
  expect(w.working.all.size).toBe(4);
});

it('removes nothing when the host cannot be asked', async () => {
  const w = world();
  await w.put('unknown');
  w.clock.advance(2 * HOUR);
  w.meanwhile(async () => {
    throw new Error('the host is away');
  });
  await expect(w.sweep()).rejects.toThrow('the host is away');
  expect(w.left()).toEqual(['unknown']);
});

it('asks about no more than so many runs at once, and comes to all of them', async () => {
  const w = world(4);
  for (let n = 0; n < 10; n++) {
    await w.put(`run${n}`);
    // The first ones would be asked about for ever.
    if (n < 5) w.states.set(`run${n}`, 'running');
  }
  w.clock.advance(2 * HOUR);
  expect(await w.sweep()).toEqual({ looked: 4, removed: 0 });
  expect(await w.sweep()).toEqual({ looked: 4, removed: 6 });
  expect(await w.sweep()).toEqual({ looked: 2, removed: 4 });
  expect(w.left()).toEqual(['run0', 'run1', 'run2', 'run3', 'run4']);
  expect(await w.sweep()).toEqual({ looked: 4, removed: 0 });
});

it(`never takes a text from a run that was not over, whatever happens between two looks (SWEEP_SEED=${seed})`, async () => {
  const random = new SeededRandom(seed);
  const w = world(3);
  const runs = Array.from({ length: 8 }, (_, n) => `run${n}`);
  /** Starts a run as the trigger does: its text first. */
  const start = async (run: string): Promise<void> => {
    if (w.states.get(run) === 'running') return;
    await w.put(run);
    w.clock.advance(random.below(HOUR / 2));
    w.states.set(run, 'running');
  };
  const happens = async (): Promise<void> => {
    const run = random.pick(runs);
    if (random.chance(0.4)) await start(run);
    else if (random.chance(0.3)) await w.put(run);
    // Ended by force: its text stays.
    else if (random.chance(0.5)) w.states.set(run, 'ended');
    else w.clock.advance(random.below(HOUR));
  };
  w.meanwhile(happens);
  for (let step = 0; step < 2_000; step++) {
    await happens();
    await w.sweep();
    const lost = runs.filter(
      (run) => w.states.get(run) === 'running' && !w.working.all.has(textBlobOf(container, run)),
    );
    expect([step, lost]).toEqual([step, []]);
  }
  // What is over goes in the end.
  w.meanwhile(async () => undefined);
  for (const run of runs) w.states.set(run, 'ended');
  w.clock.advance(2 * HOUR);
  for (let n = 0; n < 4; n++) await w.sweep();
  expect(w.left()).toEqual([]);
});
