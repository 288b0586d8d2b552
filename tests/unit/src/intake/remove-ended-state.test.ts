import { createRemoveEndedState } from '../../../../src/intake/remove-ended-state';
import { silentLogger } from '../../../fakes/memory-stores';
import { TestClock } from '../../../fakes/test-clock';

it('removes each kind by its own age, and one that fails holds up no other', async () => {
  const clock = new TestClock();
  const asked: [string, number][] = [];
  const failures: string[] = [];
  const kind = (name: string, days: number, fails = false) => ({
    retained: {
      name,
      removeEnded: (before: number) => {
        asked.push([name, (clock.now() - before) / 86_400_000]);
        return fails ? Promise.reject(new Error('away')) : Promise.resolve({ removed: 1, kept: 2 });
      },
    },
    days,
  });
  const logger = { ...silentLogger, error: (message: string) => void failures.push(message) };
  await createRemoveEndedState({ clock, logger })([kind('a', 7), kind('b', 30, true), kind('c', 90)]);
  expect(asked).toEqual([
    ['a', 7],
    ['b', 30],
    ['c', 90],
  ]);
  expect(failures).toEqual(['Ended state could not be removed; the next day goes on']);
});
