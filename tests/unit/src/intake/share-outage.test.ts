/** Storage, the share or the machine fails: transfers wait together, longer each time, and go on by themselves. */
import type { TransferOutcome } from '../../../../src/domain/share/transfer';
import { ShareFlights } from '../../../../src/intake/share-flights';
import { createWatchSession } from '../../../../src/intake/watch-session';
import { memoryWatch, silentLogger } from '../../../fakes/memory-stores';

const START = Date.parse('2026-01-02T00:00:00Z');
const away: TransferOutcome = {
  kind: 'postponed',
  code: 'UPLOAD_FAILED',
  error: 'No answer from storage',
  tried: true,
};
const done: TransferOutcome = { kind: 'done', blob: 'b', bytes: 1, md5: '' };
let now = 0;
let flights: ShareFlights;
let transfers = 0;

beforeEach(() => {
  now = 1_000_000;
  flights = new ShareFlights({
    ...{ maxQueueSize: 1_000, slots: 2, smallBytes: 10, monotonic: () => now, random: () => 1 },
    now: () => START + now - 1_000_000,
  });
});

const status = () =>
  createWatchSession({
    ...{ watch: memoryWatch(), flights, view: () => ({ found: undefined, trouble: undefined }) },
    ...{ clock: { now: () => now }, uuid: () => '', logger: silentLogger },
  }).status();

function depart() {
  flights.wakeDue();
  return flights.depart(() => `transfer ${++transfers}`);
}

/** The next transfer, ended like this; its files. */
async function fly(outcome: TransferOutcome): Promise<readonly string[]> {
  const next = depart();
  if (!next) return [];
  const flight = await flights.board(next.id, next.files);
  now += 10;
  flight.land(next.files.map(() => outcome));
  return next.files.map(({ path }) => path);
}

it('starts nothing for 2, 4, 8 … and at most 60 s, says why in the status, and goes on when a file arrives', async () => {
  for (const name of ['a', 'b']) flights.enqueue(name, 100);
  const waits: number[] = [];
  for (let tries = 1; tries <= 8; tries++) {
    while (flights.queued().files === 0) {
      now += 500;
      flights.wakeDue();
    }
    expect(await fly(away)).toHaveLength(1);
    const { outage, processed_err } = await status();
    expect([outage, processed_err]).toMatchObject([
      { code: 'UPLOAD_FAILED', reason: 'No answer from storage', since: '2026-01-02T00:00:00.010Z', tries },
      0,
    ]);
    waits.push(outage!.next_try_in_seconds);
    flights.enqueue('waits', 100);
    expect(depart()).toBeUndefined();
    now += outage!.next_try_in_seconds * 1_000 - 1;
    expect(depart()).toBeUndefined();
    now += 1;
  }
  expect(waits).toEqual([2, 4, 8, 16, 32, 60, 60, 60]);
  await fly(done);
  expect((await status()).outage).toBeNull();
  now += 60_000;
  while ((await fly(done)).length > 0);
  expect([flights.known(), (await status()).processed_ok]).toEqual([0, 3]);
});

it('counts what was under way at once as one try', async () => {
  for (const name of ['a', 'b']) flights.enqueue(name, 100);
  const both = await Promise.all(
    [depart()!, depart()!].map(async ({ id, files }) => ({ flight: await flights.board(id, files), files })),
  );
  now += 1_000;
  for (const { flight, files } of both) flight.land(files.map(() => away));
  expect(flights.outage()).toMatchObject({ tries: 1 });
});

it('puts what was not tried back into the queue, and lets what met the trouble wait on', async () => {
  for (const name of ['a', 'b', 'c']) flights.enqueue(name, 1);
  const { id, files } = depart()!;
  const flight = await flights.board(id, files);
  flight.land([away, { ...away, tried: false }, { ...away, tried: false }] as TransferOutcome[]);
  expect([flights.queued().files, flights.resting()]).toEqual([2, 1]);
});

it('lets each file go by itself after the share hung with several', async () => {
  for (const name of ['a', 'b', 'c']) flights.enqueue(name, 1);
  expect(await fly({ ...away, hung: true })).toEqual(['a', 'b', 'c']);
  now += 60_000;
  expect([await fly(done), await fly(done), await fly(done)]).toEqual([['a'], ['b'], ['c']]);
});
