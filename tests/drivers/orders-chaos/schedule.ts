/** What is done to the hosts of a run, and when: made from a seed, so that it can be had again. */
import type { SeededRandom } from '../seeded-random';
import type { Fleet, Part } from './fleet';

export interface Act {
  /** Share of the effects that have to be there first, 0 to 1. */
  readonly at: number;
  readonly says: string;
  readonly does: (fleet: Fleet) => Promise<void> | void;
}

const PARTS: readonly Part[] = ['both', 'app', 'host'];

/**
 * Three machines, of which `one` is there from the beginning, and one at least always works. In each round a machine joins or
 * comes back, one is killed, one sleeps and wakes up when much is done, and one leaves. The last that sleeps wakes up when
 * all is done.
 */
export function makeSchedule(random: SeededRandom, rounds: number): Act[] {
  const acts: Act[] = [];
  const names = ['one', 'two', 'three'];
  for (let round = 0; round < rounds; round++) {
    const from = round / rounds;
    const at = (within: number): number => from + (within / rounds) * 0.95;
    const [a = '', b = '', c = ''] = shuffled(names, random);
    const part = PARTS[(round + random.below(PARTS.length)) % PARTS.length] ?? 'both';
    const killed = random.next() < 0.6 ? 'host' : 'app';
    acts.push(
      { at: at(0.05), says: 'all run', does: (fleet) => startAll(fleet, names) },
      { at: at(0.25), says: `kill -9 ${killed} of ${a}`, does: (fleet) => fleet.kill(a, killed) },
      { at: at(0.4), says: `SIGSTOP ${part} of ${b}`, does: (fleet) => fleet.pause(b, part) },
      ...(killed === 'host' ? [{ at: at(0.5), says: `${a} comes back`, does: (fleet: Fleet) => fleet.start(a) }] : []),
      { at: at(0.6), says: `${c} leaves`, does: (fleet) => fleet.leave(c) },
      { at: round === rounds - 1 ? 1 : at(0.9), says: `SIGCONT ${b}`, does: (fleet) => fleet.wake(b) },
    );
  }
  return acts.sort((x, y) => x.at - y.at);
}

async function startAll(fleet: Fleet, names: readonly string[]): Promise<void> {
  const running = fleet.running();
  await Promise.all(names.filter((name) => !running.includes(name)).map((name) => fleet.start(name)));
}

function shuffled<T>(items: readonly T[], random: SeededRandom): T[] {
  const all = [...items];
  for (let i = all.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [all[i], all[j]] = [all[j]!, all[i]!];
  }
  return all;
}
