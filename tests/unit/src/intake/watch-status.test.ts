/** Bytes a second, what is left and the ETA of `GET /v1/status`, on a clock that the test moves. */
import { ShareFlights } from '../../../../src/intake/share-flights';
import { createWatchSession } from '../../../../src/intake/watch-session';
import type { WatchStore } from '../../../../src/ports/watch-store';
import { createLogger } from '../../../../src/telemetry/logger';

const MiB = 1024 * 1024;
let now = 0;
let flights: ShareFlights;

const watch: WatchStore = {
  read: () => Promise.resolve(undefined),
  change: () => Promise.resolve(undefined),
  totals: () => Promise.resolve({ processedOk: 0, processedErr: 0, bytes: 0, lastError: null }),
  add: () => Promise.resolve(),
};

const status = () =>
  createWatchSession({
    ...{
      watch,
      flights,
      view: () => ({ found: undefined, trouble: undefined }),
      clock: { now: () => 0 },
      uuid: () => '',
    },
    logger: createLogger('error'),
  }).status();

beforeEach(() => {
  now = 1_000_000;
  flights = new ShareFlights({
    ...{ maxQueueSize: 10, slots: 1, smallBytes: 0, monotonic: () => now, random: () => 0, now: () => 0 },
  });
});

it('has nothing to estimate when nothing is on its way', async () => {
  expect(await status()).toMatchObject({ bytes_per_second: 0, remaining_bytes: 0, eta_seconds: 0, in_flight: [] });
});

it('knows no ETA before the first byte', async () => {
  flights.enqueue('20310131/s/a', 50 * MiB);
  expect(await status()).toMatchObject({ bytes_per_second: 0, remaining_bytes: 50 * MiB, eta_seconds: null });
});

it('estimates from the last ten seconds what is queued and what is in the air', async () => {
  flights.enqueue('20310131/s/a', 50 * MiB);
  flights.enqueue('20310131/s/b', 30 * MiB);
  const parcel = flights.depart(() => 'id');
  const flight = await flights.board('id', parcel?.files ?? []);
  flight.phase('uploading');
  for (let second = 0; second < 20; second++) {
    flight.sent('20310131/s/a', second < 10 ? MiB : 2 * MiB);
    now += 1_000;
  }
  // The last ten seconds had 2 MiB each; 30 of 50 are gone.
  const { bytes_per_second, eta_seconds, ...rest } = await status();
  expect(bytes_per_second / MiB).toBeCloseTo(2, 0);
  expect(eta_seconds).toBe(Math.ceil((50 * MiB) / bytes_per_second));
  expect(rest).toMatchObject({
    remaining_bytes: 50 * MiB,
    queued_files: 1,
    in_flight: [{ session: 's', file: 'a', size: 50 * MiB, sent: 30 * MiB, phase: 'uploading' }],
  });
});

it('forgets the rate of a transfer that stands still', async () => {
  flights.enqueue('20310131/s/a', 50 * MiB);
  const parcel = flights.depart(() => 'id');
  (await flights.board('id', parcel?.files ?? [])).sent('20310131/s/a', MiB);
  now += 11_000;
  expect(await status()).toMatchObject({ bytes_per_second: 0, remaining_bytes: 49 * MiB, eta_seconds: null });
});
