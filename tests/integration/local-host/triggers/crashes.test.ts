import { fork, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { azuriteUnderTest, type AzuriteUnderTest } from '../storage/azurite-under-test';

interface Told {
  readonly fn: string;
  readonly id: string | { readonly string: string };
}

const UPLOADS = 120;
const KILLS = 25;
/** Of both triggers, with the messages that a killed process may have sent twice. */
const MOST_IN_HAND = 60;

let storage: AzuriteUnderTest;
let child: ChildProcess | undefined;
beforeEach(async () => {
  storage = await azuriteUnderTest();
});
afterEach(async () => {
  if (child) {
    const ended = exit(child);
    child.kill('SIGKILL');
    await ended;
  }
  await storage.stop();
});

function exit(host: ChildProcess): Promise<unknown> {
  return new Promise((resolve) => host.once('exit', resolve));
}

/** Small and seeded, so that a failing run can be repeated. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

test(`a host killed ${KILLS} times runs a job and a blob trigger for every upload`, async () => {
  const subscriptions = path.join(storage.home, 'events.json');
  writeFileSync(
    subscriptions,
    JSON.stringify([
      {
        name: 'raw',
        properties: {
          filter: { subjectBeginsWith: '/blobServices/default/containers/raw/blobs/' },
          destination: { endpointType: 'StorageQueue', properties: { queueName: 'jobs' } },
          eventDeliverySchema: 'EventGridSchema',
        },
      },
    ]),
  );
  const container = storage.connection.blobs().getContainerClient('raw');
  await container.create();
  const counts = { job: new Map<string, number>(), blob: new Map<string, number>() };
  let calls = 0;
  let onCall: () => void = () => undefined;
  const start = (): ChildProcess => {
    const host = fork(
      path.join(__dirname, 'killed-host.js'),
      [storage.stateDir, storage.azurite.connectionString, subscriptions],
      {
        execArgv: ['--no-warnings'],
      },
    );
    host.on('message', (told: Told | 'subscribed') => {
      if (told === 'subscribed') return;
      const { fn, id } = told;
      const name =
        typeof id === 'string'
          ? (JSON.parse(id) as { subject: string }).subject.split('/blobs/')[1]
          : id.string.slice('raw/'.length);
      const count = fn === 'job' ? counts.job : counts.blob;
      count.set(name ?? '', (count.get(name ?? '') ?? 0) + 1);
      calls += 1;
      onCall();
    });
    return host;
  };
  const after = (more: number): Promise<void> => {
    const target = calls + more;
    return new Promise((resolve) => {
      onCall = () => {
        if (calls >= target) resolve();
      };
    });
  };
  const complete = (): boolean => counts.job.size === UPLOADS && counts.blob.size === UPLOADS;

  const next = random(20_261_122);
  child = start();
  // A subscription tells only of what is uploaded after it first started.
  await new Promise((resolve) => child?.once('message', resolve));
  const uploads = (async () => {
    for (let i = 0; i < UPLOADS; i++) await container.getBlockBlobClient(`file-${i}`).upload('x', 1);
  })();
  for (let kill = 0; kill < KILLS && !complete(); kill++) {
    // Some die while they start, some in the middle of a batch.
    if (next() < 0.2) await new Promise((resolve) => child?.once('spawn', resolve));
    else await Promise.race([after(1 + Math.floor(next() * 12)), new Promise((resolve) => setTimeout(resolve, 3000))]);
    const died = exit(child);
    child.kill('SIGKILL');
    await died;
    child = start();
  }
  await uploads;
  while (!complete()) await after(1);
  const repeated = [...counts.job.values(), ...counts.blob.values()].reduce((sum, n) => sum + n - 1, 0);
  // What a killed process had in hand runs again; nothing else does.
  expect(repeated).toBeLessThan(KILLS * MOST_IN_HAND);
  expect([...counts.job.keys()].sort()).toEqual([...counts.blob.keys()].sort());
}, 240_000);
