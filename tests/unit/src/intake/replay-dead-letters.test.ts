import { deadLetterId, type DeadLetterWithBody } from '../../../../src/domain/dead-letter';
import { createReplayer } from '../../../../src/intake/replay-dead-letters';
import { memoryDeadLetters, memoryQueue, silentLogger } from '../../../fakes/memory-stores';
import { TestClock } from '../../../fakes/test-clock';

function world() {
  const deadLetters = memoryDeadLetters();
  const queue = memoryQueue();
  const clock = new TestClock();
  const sleep = async (ms: number): Promise<void> => clock.advance(ms);
  const replayer = createReplayer({ deadLetters, queue, clock, sleep, logger: silentLogger });
  const add = async (ms: number, over: Partial<DeadLetterWithBody> = {}): Promise<string> => {
    const id = deadLetterId(ms, 'x');
    const base = { id, pipeline: 'media', code: 'COPY_FAILED', error: 'why', attempts: 1 } as const;
    const keys = { queue: 'jobqueue' };
    await deadLetters.add({ ...base, keys, createdAt: '2026-01-01', state: 'open', message: `m${ms}`, ...over });
    return id;
  };
  return { clock, deadLetters, queue, replayer, add };
}

it('sends the message, and then closes the letter', async () => {
  const w = world();
  const id = await w.add(1);
  expect(await w.replayer.one(id, { dryRun: false })).toEqual({ id, outcome: 'replayed', queue: 'jobqueue' });
  expect(w.queue.sent).toEqual([{ queue: 'jobqueue', text: 'm1' }]);
  expect(await w.replayer.one(id, { dryRun: false })).toEqual({ id, outcome: 'closed' });
});

it('leaves a letter open whose message could not be sent', async () => {
  const w = world();
  const id = await w.add(1);
  const { send } = w.queue;
  w.queue.send = async () => {
    throw new Error('queue is away');
  };
  await expect(w.replayer.one(id, { dryRun: false })).rejects.toThrow('queue is away');
  expect(await w.replayer.many({}, { dryRun: false, limit: 10, rate: 1000 })).toEqual([
    { id, outcome: 'failed', error: 'queue is away' },
  ]);
  expect((await w.deadLetters.get(id))?.state).toBe('open');
  w.queue.send = send;
  expect(await w.replayer.one(id, { dryRun: false })).toMatchObject({ outcome: 'replayed' });
});

it('says what it would do, and does nothing, on a dry run', async () => {
  const w = world();
  const id = await w.add(1);
  expect(await w.replayer.one(id, { dryRun: true })).toEqual({ id, outcome: 'would-replay', queue: 'jobqueue' });
  expect(w.queue.sent).toEqual([]);
  expect((await w.deadLetters.get(id))?.state).toBe('open');
});

it('lets nothing out of quarantine in a replay of many that does not name its code', async () => {
  const w = world();
  const quarantined = await w.add(1, { pipeline: 'ingestion', code: 'CONTENT_QUARANTINED' });
  const failed = await w.add(2, { pipeline: 'ingestion', code: 'INDEX_FAILED' });
  const many = { dryRun: false, limit: 10, rate: 1000 };
  expect(await w.replayer.many({ pipeline: 'ingestion' }, many)).toEqual([
    { id: failed, outcome: 'replayed', queue: 'jobqueue' },
    { id: quarantined, outcome: 'by-code-only' },
  ]);
  expect((await w.deadLetters.get(quarantined))?.state).toBe('open');
  expect(await w.replayer.many({ code: 'CONTENT_QUARANTINED' }, many)).toEqual([
    { id: quarantined, outcome: 'replayed', queue: 'jobqueue' },
  ]);
});

it('replays as many as asked for, newest first, over pages', async () => {
  const w = world();
  for (let ms = 1; ms <= 250; ms++) await w.add(ms);
  expect(await w.replayer.many({}, { dryRun: false, limit: 220, rate: 1000 })).toHaveLength(220);
  expect(w.queue.sent.slice(0, 2).map((m) => m.text)).toEqual(['m250', 'm249']);
  expect(await w.replayer.many({}, { dryRun: false, limit: 1000, rate: 1000 })).toHaveLength(30);
});

it('knows what it cannot replay', async () => {
  const w = world();
  const id = await w.add(1, { keys: {} });
  expect(await w.replayer.one(id, { dryRun: false })).toEqual({ id, outcome: 'unsupported' });
  expect(await w.replayer.one('no', { dryRun: false })).toEqual({ id: 'no', outcome: 'not-found' });
});

it('discards an open one: it stays to be read, and cannot be replayed or discarded any more', async () => {
  const w = world();
  const id = await w.add(1);
  expect(await w.replayer.discard(id, { dryRun: true })).toEqual({ id, outcome: 'would-discard' });
  expect((await w.deadLetters.get(id))?.state).toBe('open');
  expect(await w.replayer.discard(id, { dryRun: false })).toEqual({ id, outcome: 'discarded' });
  expect(await w.deadLetters.get(id)).toMatchObject({ state: 'discarded', message: 'm1' });
  expect(await w.replayer.discard(id, { dryRun: false })).toEqual({ id, outcome: 'closed' });
  expect(await w.replayer.one(id, { dryRun: false })).toEqual({ id, outcome: 'closed' });
  expect(await w.replayer.many({}, { dryRun: false, limit: 10, rate: 10 })).toEqual([]);
  expect(w.queue.sent).toEqual([]);
  expect(await w.replayer.discard('no', { dryRun: false })).toEqual({ id: 'no', outcome: 'not-found' });
});

it('replays no more a second than it is told to, and is quick to say what it would do', async () => {
  const w = world();
  for (let n = 1; n <= 21; n++) await w.add(n);
  const began = w.clock.now();
  await w.replayer.many({}, { dryRun: true, limit: 100, rate: 10 });
  expect(w.clock.now()).toBe(began);
  const times: number[] = [];
  const { send } = w.queue;
  w.queue.send = async (...message) => {
    times.push(w.clock.now() - began);
    return send(...message);
  };
  await w.replayer.many({}, { dryRun: false, limit: 100, rate: 10 });
  expect(times).toEqual(Array.from({ length: 21 }, (_, n) => n * 100));
});
