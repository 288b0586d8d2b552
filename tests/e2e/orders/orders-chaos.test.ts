/**
 * Orders on real processes that crash (kill -9), stand still (SIGSTOP), join and leave, with a downstream service that fails
 * and loses answers: each order has one effect, each poison event a dead letter, nothing is missing, sequences hold (O2, O3).
 */
import { startMockDownstream, type DownstreamCall } from '../../../scripts/orders/mock-downstream';
import { createDeadLetterStore } from '../../../src/adapters/azure-storage/dead-letter-store';
import { createParkedOrders } from '../../../src/adapters/azure-storage/parked-orders';
import { DEAD_LETTER_CONTAINER, PARKED_CONTAINER, tables } from '../../../src/domain/storage-layout';
import { startBackend, triedBackends } from '../../drivers/order-backends';
import { Fleet } from '../../drivers/orders-chaos/fleet';
import { makeSchedule } from '../../drivers/orders-chaos/schedule';
import { faultsOf } from '../../drivers/orders-chaos/verdict';
import { makeWorkload } from '../../drivers/orders-chaos/workload';
import { isSoak } from '../../drivers/scale';
import { SeededRandom } from '../../drivers/seeded-random';
import { startStorage } from '../../drivers/storage-under-test';

/** By each backend; in `npm test` a tenth of them over all. */
const COUNT = isSoak ? 10_000 : 240;
const ROUNDS = isSoak ? 8 : 1;
/** Longer than all leases but those of storage queues. */
const STILL_MS = 20_000;
const seed = Number(process.env.ORDERS_SEED ?? Math.floor(Math.random() * 2 ** 31));

describe.each(triedBackends)('orders by %s', (name) => {
  it(`have one effect each, whatever happens to the processes (ORDERS_SEED=${seed}, ${COUNT} orders)`, async () => {
    console.info(`chaos on ${name}: ORDERS_SEED=${seed}`);
    const random = new SeededRandom(seed);
    const storage = await startStorage({ PIPELINES: 'orders' });
    const backend = await startBackend(name, storage);
    const workload = makeWorkload(random, { count: COUNT, duplicates: 0.05, poison: 0.01, bytes: backend.bytes });
    const schedule = makeSchedule(random, ROUNDS);

    const calls: DownstreamCall[] = [];
    const waits = new Set<() => void>();
    const answers = new SeededRandom(seed + 1);
    const downstream = await startMockDownstream(
      0,
      () => answers.next(),
      (call) => {
        calls.push(call);
        for (const look of [...waits]) look();
      },
    );
    downstream.behave({ failing: 0.015, losing: 0.005 });
    /** Until so many are there; or until nothing moves, since who stands still may have all that is left in hand. */
    const effects = (count: number): Promise<void> =>
      new Promise((resolve) => {
        let still: NodeJS.Timeout | undefined;
        const done = (): void => {
          clearTimeout(still);
          waits.delete(look);
          resolve();
        };
        const look = (): void => {
          clearTimeout(still);
          if (downstream.taken.size >= count) done();
          else still = setTimeout(done, STILL_MS);
        };
        waits.add(look);
        look();
      });

    const fleet = new Fleet({
      folder: storage.folder,
      calls: () => calls.length,
      settings: (callerPath) => ({
        ...storage.settings,
        ...backend.settings,
        ORDERS_CALLBACK_URL: new URL(callerPath, downstream.url).href,
        ORDERS_RESUME_SCHEDULE: '* * * * * *',
        ORDERS_LEASE_S: '10',
        LOG_LEVEL: 'warn',
      }),
    });
    const parked = createParkedOrders(storage.clients, tables.parked, PARKED_CONTAINER);
    const letters = createDeadLetterStore(storage.clients, tables.deadLetters, DEAD_LETTER_CONTAINER);
    const parkedCount = async (): Promise<number> =>
      [...(await parked.places()).values()].reduce((sum, places) => sum + places.length, 0);
    const began = performance.now();
    const say = (what: string): void =>
      void process.stderr.write(
        `  ${((performance.now() - began) / 1000).toFixed(1)} s, ${downstream.taken.size} effects: ${what}\n`,
      );
    try {
      const sent = backend.send(workload.events).then(() => say('all sent'));
      await fleet.start('one');
      say('one runs');
      for (const act of schedule) {
        await effects(Math.floor(COUNT * act.at));
        say(act.says);
        await act.does(fleet);
      }
      await sent;
      // Polled, since nobody tells when the last duplicate or dead letter is settled.
      const settled = async (): Promise<void> => {
        while ((await backend.backlog()) + (await parkedCount()) > 0)
          await new Promise((resolve) => setTimeout(resolve, 100));
      };
      await settled();
      say('all settled');
      await Promise.all(fleet.running().map((machine) => fleet.leave(machine)));
      // One that stood still may have parked, as its last act, what others had settled meanwhile.
      if ((await parkedCount()) > 0) {
        await fleet.start('last');
        await settled();
        say('parked late, settled too');
        await fleet.leave('last');
      }

      const found: { code: string; message: string }[] = [];
      for (let from: string | undefined, more = true; more;) {
        const page = await letters.list({ pipeline: 'orders' }, 500, from);
        for (const { id, code } of page.items) found.push({ code, message: (await letters.get(id))?.message ?? '' });
        from = page.continuation;
        more = from !== undefined;
      }
      const outcome = {
        calls,
        letters: found,
        parked: await parkedCount(),
        backlog: await backend.backlog(),
        disruptions: fleet.disruptions,
      };
      const faults = faultsOf(workload, outcome, backend);
      say(
        `${calls.length} calls, ${downstream.repeated()} for what was taken before, ${calls.filter((c) => c.outcome === 'lost').length} answers lost`,
      );
      if (faults.length > 0) for (const line of fleet.troubles().slice(-200)) say(line);
      for (const fault of faults.slice(0, 20)) say(`FAULT: ${fault}`);
      expect(faults.slice(0, 20)).toEqual([]);
    } finally {
      await fleet.end();
      await downstream.stop();
      await backend.stop();
      await storage.stop();
    }
  }, 1_800_000);
});
