import { TestClock } from '../../../../fakes/test-clock';
import { memoryItems } from '../../../../fakes/memory-items';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { LONGEST_CALL_MS, longestCallMs } from '../../../../../src/activities/move-blob';
import { runMsOf } from '../../../../../src/config/run-time';
import { blobEventOf, versionId } from '../../../../../src/domain/blob-events/blob-event';
import { knownHeaders } from '../../../../../src/domain/blob-events/delivery';
import type { GivenUp } from '../../../../../src/domain/blob-events/given-up';
import { moveInstanceId } from '../../../../../src/domain/blob-events/move-blob';
import {
  createReceiveBlobEvent,
  LONGEST_STAY_MS,
  longestStayMs,
} from '../../../../../src/intake/blob-events/receive-blob-event';
import { createReplayBlobEvent } from '../../../../../src/intake/blob-events/replay-blob-event';
import { memoryBroker } from '../../../../fakes/memory-blob-events';
import { memoryOrchestrations, silentLogger } from '../../../../fakes/memory-stores';

const traceparent = `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`;
const id = versionId('account', 'incoming', 'a', '0x1');
const instance = moveInstanceId(id);
const text = JSON.stringify(blobEventOf(id, 'a', 0));
const message = {
  id,
  text,
  raw: text,
  insertedMs: 5,
  redelivered: false,
  headers: { traceparent, etag: '0x1', retries: 0 },
};
const again = { ...message, redelivered: true };

function world({ forEver = false } = {}) {
  const orchestrations = memoryOrchestrations();
  const items = memoryItems();
  const buried: GivenUp[] = [];
  const broker = memoryBroker();
  let looks = 0;
  let elapsed = 0;
  const receive = createReceiveBlobEvent({
    ...{ broker, items, clock: new TestClock() },
    monotonic: () => elapsed,
    bury: async (givenUp) => void buried.push(givenUp),
    async insist(_what, work) {
      for (;;)
        try {
          return await work();
        } catch {
          // Again.
        }
    },
    // Ends the orchestration at the third look.
    stopping: new AbortController().signal,
    async sleep(ms) {
      elapsed += ms;
      if (++looks < 3 || forEver) return;
      orchestrations.running.delete(instance);
      orchestrations.outputs.set(instance, { outcome: 'moved' });
    },
    logger: silentLogger,
  });
  return {
    orchestrations,
    items,
    buried,
    broker,
    elapsed: () => elapsed,
    receive: () => receive(message, orchestrations),
    receiveAgain: () => receive(again, orchestrations),
    receiveAny: receive,
    looks: () => looks,
  };
}

describe('a blob event', () => {
  it('starts its orchestration, in its trace, and is over when that ended', async () => {
    const { orchestrations, items, receive, looks } = world();
    await receive();
    expect(orchestrations.started).toMatchObject([
      { name: 'move_blob', id: instance, traceparent, input: { move: { id, name: 'a' }, etag: '0x1', text } },
    ]);
    expect(items.items()).toMatchObject([{ name: 'incoming/a', state: 'working', instanceId: instance }]);
    expect(items.notes[0]?.traceId).toBe(traceparent.split('-')[1]);
    expect(orchestrations.running.size).toBe(0);
    expect(looks()).toBe(3);
  });

  it('that is over when it was started takes one call', async () => {
    const { orchestrations, receive, looks } = world();
    const asked: string[] = [];
    orchestrations.look = async () => {
      asked.push('look');
      return { kind: 'unknown' };
    };
    orchestrations.run = async (_name, _id, _input, { waitMs }) => {
      asked.push(`run ${waitMs}`);
      return { kind: 'ended', output: { outcome: 'moved' } };
    };
    await receive();
    expect([asked, looks()]).toEqual([['run 30000'], 0]);
  });

  it.each(['the first time', 'again'])('that comes %s waits for the one that runs', async (time) => {
    const { orchestrations, receive, receiveAgain } = world();
    orchestrations.running.add(instance);
    await (time === 'again' ? receiveAgain() : receive());
    expect(orchestrations.started).toEqual([]);
    expect(orchestrations.running.size).toBe(0);
  });

  it.each(['moved', 'superseded', 'vanished'])('that comes again after it was %s starts nothing', async (outcome) => {
    const { orchestrations, receiveAgain } = world();
    orchestrations.outputs.set(instance, { outcome });
    await receiveAgain();
    expect(orchestrations.started).toEqual([]);
  });

  it.each([{ outcome: 'failed' }, undefined, null, 'text'])(
    'that comes again after %j is tried again',
    async (output) => {
      const { orchestrations, receiveAgain } = world();
      orchestrations.outputs.set(instance, output);
      await receiveAgain();
      expect(orchestrations.started).toHaveLength(1);
    },
  );

  it('that outlasts its handler is handed on, to wait for the move and never to begin another', async () => {
    const { orchestrations, receive, receiveAny, broker, elapsed } = world({ forEver: true });
    await receive();
    expect(elapsed()).toBeGreaterThanOrEqual(LONGEST_STAY_MS);
    expect(elapsed()).toBeLessThan(LONGEST_STAY_MS + 60_000);
    expect(broker.events).toEqual([
      { id, text, headers: { trace_id: '1'.repeat(32), ...message.headers, handed_on: 1 } },
    ]);
    const handedOn = { ...message, headers: knownHeaders(broker.events[0]!.headers) };
    expect(handedOn.headers).toEqual({ ...message.headers, handedOn: true });

    // While it still runs, once more.
    await receiveAny(handedOn, orchestrations);
    expect([orchestrations.started.length, broker.events.length]).toEqual([1, 2]);

    // Ended meanwhile, with a dead letter at that.
    orchestrations.running.clear();
    orchestrations.outputs.set(instance, { outcome: 'failed' });
    await receiveAny(handedOn, orchestrations);
    expect([orchestrations.started.length, broker.events.length]).toEqual([1, 2]);

    // Lost with its history.
    orchestrations.outputs.clear();
    await receiveAny(handedOn, orchestrations);
    expect(orchestrations.started).toHaveLength(2);
    expect((orchestrations.started[1]?.input as { message: string }).message).not.toContain('handed_on');
  });

  it('and each step of its move end well before the host’s functionTimeout', () => {
    const file = path.resolve(__dirname, '../../../../../../host.json');
    const { functionTimeout } = JSON.parse(readFileSync(file, 'utf8')) as { functionTimeout: string };
    const [hours = 0, minutes = 0] = functionTimeout.split(':').map(Number);
    const timeoutMs = (hours * 60 + minutes) * 60_000;
    expect(runMsOf({})).toBe(timeoutMs);
    for (const longest of [LONGEST_STAY_MS, LONGEST_CALL_MS]) expect(longest).toBeLessThan(timeoutMs * 0.75);
    expect([longestStayMs(timeoutMs), longestCallMs(timeoutMs)]).toEqual([LONGEST_STAY_MS, LONGEST_CALL_MS]);
  });

  it.each([
    ['00:05:00', 5],
    ['1.00:00:00', 1440],
    ['-1', Infinity],
    ['soon', 30],
  ])('and sooner where a setting lets runs take %s alone', (text, minutes) => {
    const runMs = runMsOf({ AzureFunctionsJobHost__functionTimeout: text });
    expect(runMs).toBe(minutes * 60_000);
    expect(runMsOf({ AZUREFUNCTIONSJOBHOST__FUNCTIONTIMEOUT: text })).toBe(runMs);
    for (const longest of [longestStayMs(runMs), longestCallMs(runMs)]) expect(longest).toBeLessThan(runMs * 0.75);
  });

  it('goes on when storage comes back, and throws nothing', async () => {
    const { orchestrations, receiveAgain } = world();
    const [look, run] = [orchestrations.look.bind(orchestrations), orchestrations.run.bind(orchestrations)];
    let calls = 0;
    const away = (): void => {
      if (++calls % 3 !== 0) throw new Error('storage is away');
    };
    orchestrations.look = async (of) => (away(), look(of));
    orchestrations.run = async (...args) => (away(), run(...args));
    await receiveAgain();
    expect(orchestrations.started).toHaveLength(1);
  });

  it('that is none becomes a dead letter as it came, the same at every delivery', async () => {
    const { buried, orchestrations, receiveAny } = world();
    const hostile = { ...message, text: 'no JSON', raw: 'no JSON' };
    await receiveAny(hostile, orchestrations);
    await receiveAny(hostile, orchestrations);
    expect(buried).toHaveLength(2);
    expect(buried[0]).toMatchObject({ code: 'MESSAGE_UNPARSABLE', message: 'no JSON', atMs: 5, attempts: 1 });
    expect(buried[1]).toEqual(buried[0]);
    expect(orchestrations.started).toEqual([]);
  });
});

describe('a replayed dead letter', () => {
  it('goes back under its id, with its trace and without its retries', async () => {
    const broker = memoryBroker();
    const envelope = JSON.stringify({ headers: { traceparent, etag: '0x1', retries: 3 }, message: JSON.parse(text) });
    await createReplayBlobEvent(broker)(envelope, 'queue-message');
    expect(broker.events).toEqual([
      { id, text, headers: { trace_id: '1'.repeat(32), traceparent, etag: '0x1', retries: 0 } },
    ]);
  });

  it('goes back as text where it is no JSON, so that it is told as such again', async () => {
    const broker = memoryBroker();
    await createReplayBlobEvent(broker)('no JSON', 'queue-message');
    expect(broker.events).toMatchObject([{ id: 'queue-message', text: '"no JSON"' }]);
  });
});
