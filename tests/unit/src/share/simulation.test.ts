/**
 * The share pipeline under seeded faults: real files, real operations, real block engine, real sweep, activity and story; only
 * the container, the tables and the clocks are in memory. A failing seed is printed; SIMULATION_SEED runs it alone.
 */
import { ShareWorld } from '../../../drivers/share-world';
import { isSoak } from '../../../drivers/scale';
import { SeededRandom } from '../../../fakes/seeded-random';

const RUNS = isSoak ? 1_000 : 40;
const first = Number(process.env.SIMULATION_SEED ?? 1);
const seeds = Array.from({ length: process.env.SIMULATION_SEED ? 1 : RUNS }, (_, i) => first + i);

async function simulate(seed: number): Promise<{ problems: string[]; story: readonly string[] }> {
  const random = new SeededRandom(seed * 7919);
  const world = new ShareWorld(random, 1 + random.below(3), random.chance(0.3));
  try {
    world.faults = random.pick([0, 0.02, 0.05, 0.15, 0.4]);
    world.mischief = random.pick([0, 0, 0.02, 0.1]);
    for (let i = 1 + random.below(6); i > 0; i--) drop(world, random);
    for (let step = 0; step < 30; step++) {
      world.advance(500 + random.below(4_000));
      if (random.chance(0.1)) drop(world, random);
      if (random.chance(0.05)) world.jump((random.chance(0.5) ? 1 : -1) * random.below(7_200_000));
      const host = random.below(world.hosts.length);
      if (random.chance(0.2)) world.light(host, random.below(120));
      if (random.chance(0.1)) world.releaseHung();
      await world.pass(host);
      if (random.chance(0.5)) await world.settle();
    }
    // The share and storage are well again: everything must come to an end without further ado.
    world.faults = 0;
    world.mischief = 0;
    world.releaseHung();
    await world.settle();
    const done = (): boolean => world.files('incoming').length + world.files('processing').length === 0;
    for (let step = 0; step < 400 && !done(); step++) {
      world.advance(5_000);
      await world.pass(step % world.hosts.length);
      await world.settle();
    }
    const problems = [...world.violations];
    for (const root of ['incoming', 'processing'] as const)
      for (const file of world.files(root)) problems.push(`${root}/${file} is left behind`);
    const buried = world.files('failed');
    for (const name of world.names()) {
      const there = world.blob(name)?.equals(world.latest(name));
      if (!there && !buried.some((file) => file.endsWith(`/${name}`)))
        problems.push(`${name} never arrived in its last state`);
    }
    for (const file of buried.filter((name) => !name.startsWith('reasons/'))) {
      const letter = [...world.deadLetters.all.values()].some(({ message }) => message.includes(file));
      if (!letter) problems.push(`${file} is in quarantine without a dead letter`);
    }
    return { problems, story: world.story };
  } finally {
    world.remove();
  }
}

function drop(world: ShareWorld, random: SeededRandom): void {
  const size = random.pick([0, 1, 5_000, 16_384, 70_000, 200_000]);
  world.drop(`file-${random.below(8)}`, Buffer.alloc(size, random.below(256)));
}

it(
  `loses nothing, shows nothing unfinished, and leaves nothing behind, in ${seeds.length} runs from seed ${first}`,
  async () => {
    for (const seed of seeds) {
      const { problems, story } = await simulate(seed);
      if (problems.length > 0) throw new Error(`seed ${seed}:\n${problems.join('\n')}\n\n${story.join('\n')}`);
    }
  },
  20 * 60_000,
);
