import { createLog } from '../../../../local-host/log';
import { HeldMessages } from '../../../../local-host/storage/held-messages';
import {
  FIRST_LEASE_MS,
  LEASE_MS,
  MessagePump,
  type Processed,
  type PumpOptions,
} from '../../../../local-host/storage/message-pump';
import { VirtualClock } from '../../../../local-host/virtual-clock';
import { temporaryFolder } from '../temporary-folder';
import { MemoryQueue, StorageFailure } from './memory-queue';

const state = temporaryFolder();
const clock = new VirtualClock(Date.parse('2026-01-01T00:00:00Z'));
const lines: string[] = [];
let held: HeldMessages;
let queue: MemoryQueue;
let poison: MemoryQueue;
let pump: MessagePump | undefined;

beforeEach(() => {
  held = new HeldMessages(state, 'test', () => undefined);
  queue = new MemoryQueue('jobs', clock);
  poison = new MemoryQueue('jobs-poison', clock, false);
  lines.length = 0;
});

afterEach(async () => {
  const stopped = pump?.stop();
  // Retries of a stopping pump wait for the clock.
  await clock.advance(60_000);
  await stopped;
  held.close();
  expect(clock.nextDue()).toBeUndefined();
});

/** Processing that ends when told. */
class Work {
  readonly started: string[] = [];
  readonly #ends = new Map<string, (result: Processed | Error) => void>();

  readonly process: PumpOptions['process'] = ({ messageText }) => {
    this.started.push(messageText);
    return new Promise((resolve, reject) => {
      this.#ends.set(messageText, (result) => (result instanceof Error ? reject(result) : resolve(result)));
    });
  };

  async end(text: string, result: Processed | Error): Promise<void> {
    this.#ends.get(text)?.(result);
    await clock.advance(0);
  }
}

function run(options: Partial<PumpOptions> & Pick<PumpOptions, 'process'>, hasPoison = true): MessagePump {
  pump = new MessagePump({
    ...{ batchSize: 4, newBatchThreshold: 2, maxDequeueCount: 3, visibilityTimeoutMs: 0, maxPollingIntervalMs: 2000 },
    ...{ queue: queue.client(), connection: 'AzureWebJobsStorage', clock, held },
    ...(hasPoison ? { poison: poison.client() } : {}),
    log: createLog((record) => lines.push(record.message)),
    ...options,
  });
  pump.start();
  return pump;
}

describe('the message pump', () => {
  test('deletes a message only after its processing succeeded', async () => {
    queue.put('a');
    const work = new Work();
    run(work);
    await clock.advance(0);
    expect(work.started).toEqual(['a']);
    expect(queue.texts()).toEqual(['a']);
    await work.end('a', 'done');
    expect(queue.texts()).toEqual([]);
  });

  test('tries a failed message again, and gives it to the poison queue after the last try', async () => {
    queue.put('a');
    const counts: number[] = [];
    run({ process: async ({ dequeueCount }) => (counts.push(dequeueCount), 'failed') });
    await clock.advance(1000);
    expect(counts).toEqual([1, 2, 3]);
    expect(queue.texts()).toEqual([]);
    expect(poison.texts()).toEqual(['a']);
    expect(lines).toEqual([`Message has reached MaxDequeueCount of 3. Moving message to queue 'jobs-poison'.`]);
  });

  test('takes a delivery that overtakes the answer to its give-back for the next one', async () => {
    queue.put('a');
    queue.put('b');
    const tries: string[] = [];
    const work = new Work();
    run({
      process: (message) => {
        tries.push(`${message.messageText}${message.dequeueCount}`);
        return work.process(message);
      },
    });
    await clock.advance(0);
    // The queue is looked at again before the answer to the first give-back is here.
    const overtaken = new Promise<void>((resolve) => {
      queue.beforeAnswer = async (call) => {
        if (call !== 'update') return;
        queue.beforeAnswer = () => undefined;
        pump?.wake();
        await clock.advance(0);
        resolve();
      };
    });
    await work.end('a', 'failed');
    await overtaken;
    await clock.advance(0);
    expect(tries).toEqual(['a1', 'b1', 'a2']);
    await work.end('a', 'failed');
    await work.end('a', 'failed');
    expect(tries).toEqual(['a1', 'b1', 'a2', 'a3']);
    await work.end('b', 'done');
    expect([queue.texts(), poison.texts()]).toEqual([[], ['a']]);
  });

  test('counts an exception as a failure', async () => {
    queue.put('a');
    run({ process: () => Promise.reject(new Error('boom')) });
    await clock.advance(1000);
    expect(poison.texts()).toEqual(['a']);
  });

  test('keeps a failed message invisible as long as it is told', async () => {
    const id = queue.put('a');
    const work = new Work();
    run({ process: work.process, visibilityTimeoutMs: 30_000 });
    await clock.advance(0);
    await work.end('a', 'failed');
    expect(queue.hiddenFor(id)).toBe(30_000);
    await clock.advance(32_000);
    expect(work.started).toEqual(['a', 'a']);
    await work.end('a', 'done');
  });

  test('moves a hopeless message at once', async () => {
    queue.put('a');
    run({ process: async () => 'hopeless' });
    await clock.advance(100);
    expect(poison.texts()).toEqual(['a']);
  });

  test('never gives up a message of a queue that has no poison queue', async () => {
    queue.put('a');
    let tries = 0;
    run({ visibilityTimeoutMs: 1000, process: async () => (++tries < 9 ? 'failed' : 'done') }, false);
    await clock.advance(60_000);
    expect(tries).toBe(9);
    expect(queue.texts()).toEqual([]);
  });

  test('fetches more while no more than the threshold are in work', async () => {
    for (let i = 0; i < 10; i++) queue.put(`m${i}`);
    const work = new Work();
    run(work);
    await clock.advance(5000);
    expect(work.started).toHaveLength(4);
    await work.end('m0', 'done');
    expect(work.started).toHaveLength(4);
    await work.end('m1', 'done');
    expect(work.started).toHaveLength(8);
    for (let i = 2; i < 8; i++) await work.end(`m${i}`, 'done');
    for (let i = 8; i < 10; i++) await work.end(`m${i}`, 'done');
    expect(queue.texts()).toEqual([]);
  });

  test('renews the lease at half its life for as long as the work takes', async () => {
    const id = queue.put('a');
    const work = new Work();
    run(work);
    await clock.advance(0);
    expect(queue.hiddenFor(id)).toBe(FIRST_LEASE_MS);
    for (let minutes = 0; minutes < 30; minutes++) {
      await clock.advance(60_000);
      expect(queue.hiddenFor(id)).toBeGreaterThanOrEqual(LEASE_MS / 2);
    }
    expect(work.started).toEqual(['a']);
    await work.end('a', 'done');
    expect(queue.texts()).toEqual([]);
  });

  test('looks at an empty queue less and less often, and at once when woken', async () => {
    const work = new Work();
    const running = run(work);
    await clock.advance(60_000);
    const looks = queue.calls.length;
    expect(looks).toBeLessThan(45);
    queue.put('a');
    running.wake();
    await clock.advance(0);
    expect(work.started).toEqual(['a']);
    await work.end('a', 'done');
  });

  test('takes a queue that does not exist for an empty one, without a word', async () => {
    queue.exists = false;
    const work = new Work();
    run(work);
    await clock.advance(10_000);
    queue.exists = true;
    queue.put('a');
    await clock.advance(3000);
    expect(work.started).toEqual(['a']);
    expect(lines).toEqual([]);
    await work.end('a', 'done');
  });

  test('tells of an outage once, and of its end', async () => {
    queue.failure = new StorageFailure(undefined, 'ECONNREFUSED');
    const work = new Work();
    run(work);
    await clock.advance(120_000);
    queue.failure = undefined;
    await clock.advance(3000);
    expect(lines).toEqual([
      `Queue 'jobs' cannot be read; trying until it can. ECONNREFUSED. Nothing answers there: start the storage that the setting 'AzureWebJobsStorage' names (for development storage: Azurite), or correct the setting.`,
      `Queue 'jobs' answers again.`,
    ]);
  });

  test('deletes a message whose work ended during an outage once the storage is back, without a second run', async () => {
    queue.put('a');
    const work = new Work();
    run(work);
    await clock.advance(0);
    queue.failure = new StorageFailure(503, 'ServerBusy');
    await work.end('a', 'done');
    await clock.advance(300_000);
    expect(queue.texts()).toEqual(['a']);
    queue.failure = undefined;
    await clock.advance(5000);
    expect(queue.texts()).toEqual([]);
    expect(work.started).toEqual(['a']);
  });

  test('does not run a message twice at a time when its lease ended in an outage', async () => {
    queue.put('a');
    const work = new Work();
    run(work);
    await clock.advance(0);
    queue.failure = new StorageFailure(undefined, 'ECONNREFUSED');
    await clock.advance(300_000);
    queue.failure = undefined;
    await clock.advance(60_000);
    expect(work.started).toEqual(['a']);
    await work.end('a', 'done');
    expect(queue.texts()).toEqual([]);
  });

  test('sends one copy to the poison queue, however often the delete after it fails', async () => {
    queue.put('a');
    run({
      process: async () => {
        queue.failure = new StorageFailure(503, 'ServerBusy');
        return 'hopeless';
      },
    });
    await clock.advance(20_000);
    queue.failure = undefined;
    await clock.advance(5000);
    expect(poison.texts()).toEqual(['a']);
    expect(queue.texts()).toEqual([]);
  });

  test('keeps a poison message until the poison queue has its copy', async () => {
    const id = queue.put('a');
    poison.exists = true;
    poison.failure = new StorageFailure(503, 'ServerBusy');
    run({ process: async () => 'hopeless' });
    await clock.advance(20_000);
    expect(queue.texts()).toEqual(['a']);
    expect(queue.hiddenFor(id)).toBeGreaterThan(0);
    poison.failure = undefined;
    await clock.advance(5000);
    expect([queue.texts(), poison.texts()]).toEqual([[], ['a']]);
  });

  test('stops after the work in hand, and takes nothing new', async () => {
    queue.put('a');
    const work = new Work();
    const running = run(work);
    await clock.advance(0);
    queue.put('b');
    let stopped = false;
    const stopping = running.stop().then(() => (stopped = true));
    await clock.advance(5000);
    expect(stopped).toBe(false);
    await work.end('a', 'done');
    await stopping;
    expect(work.started).toEqual(['a']);
    expect(queue.texts()).toEqual(['b']);
  });

  test('stops even when the storage is gone, and leaves the message to the next start', async () => {
    queue.put('a');
    const work = new Work();
    const running = run(work);
    await clock.advance(0);
    queue.failure = new StorageFailure(undefined, 'ECONNREFUSED');
    const stopping = running.stop();
    await work.end('a', 'done');
    await clock.advance(10_000);
    await stopping;
    expect(queue.texts()).toEqual(['a']);
  });
});
