import { memoryItems } from '../../../fakes/memory-items';
import { createBuryBlobEvent } from '../../../../src/activities/bury-blob-event';
import { createMoveBlob } from '../../../../src/activities/move-blob';
import { bareEtag, blobEventOf, parseBlobEvent, versionId } from '../../../../src/domain/blob-events/blob-event';
import { ledgerKey } from '../../../../src/domain/blob-events/ledger-key';
import { NEVER } from '../../../../src/domain/blob-events/publication';
import type { MoveBlobInput } from '../../../../src/domain/blob-events/move-blob';
import { moveBlobStory } from '../../../../src/orchestrators/move-blob';
import { runStory } from '../../../drivers/story-driver';
import { memoryBlobEventLedger, memoryBroker } from '../../../fakes/memory-blob-events';
import { MemoryBlobStore } from '../../../fakes/memory-blob-store';
import { memoryDeadLetters, silentLogger } from '../../../fakes/memory-stores';
import { TestClock } from '../../../fakes/test-clock';

const name = 'dir/a b ü.txt';
const source = { container: 'incoming', name };

function world(limits: Partial<Parameters<typeof createMoveBlob>[0]> = {}) {
  const blobs = new MemoryBlobStore();
  const [ledger, broker, clock, deadLetters] = [
    memoryBlobEventLedger(),
    memoryBroker(),
    new TestClock(),
    memoryDeadLetters(),
  ];
  const items = memoryItems();
  const etag = blobs.put(source, 'water', { by: 'tester' });
  const activities = {
    'move-blob': createMoveBlob({ blobs, items, clock, account: 'account', ...limits }),
    'bury-blob-event': createBuryBlobEvent({ deadLetters, ledger, broker, clock, logger: silentLogger }),
  };
  const inputFor = (version: string, named = true): MoveBlobInput => {
    const text = JSON.stringify(blobEventOf(versionId('account', 'incoming', name, version), name, 0));
    const parsed = parseBlobEvent(text);
    if (parsed.kind !== 'move') throw new Error(parsed.reason);
    return {
      move: parsed.move,
      message: `{"headers":{},"message":${text}}`,
      text,
      ...(named ? { etag: bareEtag(version) } : {}),
    };
  };
  const destinationOf = (version: string) => ({
    container: 'processed',
    name: `${versionId('account', 'incoming', name, version)}-a b ü.txt`,
  });
  const run = (version = etag, named = true) => runStory(moveBlobStory, inputFor(version, named), activities);
  return {
    blobs,
    ledger,
    broker,
    items,
    deadLetters,
    activities,
    etag,
    destination: destinationOf(etag),
    destinationOf,
    run,
  };
}

/** Runs `act` before the operation of the store, the given time that it is called. */
function at(blobs: MemoryBlobStore, operation: string, time: number, act: () => void): void {
  let calls = 0;
  blobs.before = (called) => {
    if (called === operation && ++calls === time) act();
  };
}

describe('the move of a blob', () => {
  it.each([true, false])(
    'ends with its bytes, its metadata and its origin at the destination (ETag named: %s)',
    async (named) => {
      const { blobs, items, destination, etag, run } = world();
      const { result, calls } = await run(etag, named);
      expect(result).toEqual({ outcome: 'moved' });
      expect(items.items()).toMatchObject([
        { name: `incoming/${source.name}`, state: 'done', detail: `processed/${destination.name}` },
      ]);
      expect(calls).toHaveLength(1);
      expect([blobs.text(source), blobs.text(destination)]).toEqual([undefined, 'water']);
      expect((await blobs.describe(destination))?.metadata).toEqual({
        ...{ by: 'tester', sluice_source_etag: bareEtag(etag) },
        sluice_source: 'dir/a%20b%20%C3%BC.txt',
      });
    },
  );

  it.each(['hash', 'startCopy', 'remove', 'describe'] as const)(
    'is done once, whatever dies, before or after %s',
    async (operation) => {
      for (const when of ['before', 'after'] as const)
        for (let time = 1; time <= 2; time++) {
          const { blobs, destination, run } = world();
          const real = blobs[operation].bind(blobs) as (...args: unknown[]) => Promise<unknown>;
          let calls = 0;
          Object.assign(blobs, {
            async [operation](...args: unknown[]) {
              const dies = ++calls === time;
              if (dies && when === 'before') throw new Error('killed');
              const answer = await real(...args);
              if (dies) throw new Error('killed');
              return answer;
            },
          });
          expect((await run()).result).toEqual({ outcome: 'moved' });
          expect([...blobs.blobs.keys()]).toEqual([`processed/${destination.name}`]);
          // And its message again, once all is over.
          expect((await run()).result).toEqual({ outcome: 'moved' });
          expect(blobs.text(destination)).toBe('water');
        }
    },
  );

  it.each([
    ['before it is copied', 'startCopy'],
    ['before it is read', 'hash'],
  ])('leaves a version that was overwritten %s to the newer one’s message', async (_, operation) => {
    const { blobs, etag, destinationOf, run } = world();
    let newer = '';
    at(blobs, operation, 1, () => (newer = blobs.put(source, 'wine')));
    expect((await run(etag)).result).toEqual({ outcome: 'superseded' });
    expect(blobs.text(source)).toBe('wine');
    expect((await run(newer)).result).toEqual({ outcome: 'moved' });
    expect([...blobs.blobs.keys()]).toEqual([`processed/${destinationOf(newer).name}`]);
  });

  it.each([
    ['while the copy is read back', 'hash', 2],
    ['just before it is deleted', 'remove', 1],
  ])('does not delete what was overwritten after the copy, %s', async (_, operation, time) => {
    const { blobs, destination, run } = world();
    at(blobs, operation, time, () => blobs.put(source, 'wine'));
    expect((await run()).result).toEqual({ outcome: 'moved' });
    expect([blobs.text(source), blobs.text(destination)]).toEqual(['wine', 'water']);
  });

  it('does not delete the source of a copy whose bytes differ, and tries at 1, 2 and 4 s', async () => {
    const { blobs, broker, deadLetters, destination, run } = world();
    const copy = blobs.startCopy;
    blobs.startCopy = async (from, to, metadata) => {
      const started = await copy(from, to, metadata);
      const stored = blobs.blobs.get(`processed/${destination.name}`)!;
      blobs.blobs.set(`processed/${destination.name}`, { ...stored, bytes: Buffer.from('wader') });
      return started;
    };
    const { result, sleeps } = await run();
    expect(result).toEqual({ outcome: 'failed' });
    expect(sleeps).toEqual([1_000, 2_000, 4_000]);
    expect([blobs.text(source), blobs.text(destination)]).toEqual(['water', undefined]);
    expect([...deadLetters.all.values()]).toMatchObject([{ code: 'VERIFY_FAILED', attempts: 4 }]);
    expect(broker.errors).toHaveLength(1);
  });

  it('compares a large blob part by part, to the last one', async () => {
    for (const wrongAt of [undefined, 0, 2, 4]) {
      const { blobs, destination, run } = world({ partBytes: 2 });
      const copy = blobs.startCopy;
      blobs.startCopy = async (from, to, metadata) => {
        const started = await copy(from, to, metadata);
        const stored = blobs.blobs.get(`processed/${destination.name}`)!;
        const bytes = Buffer.from(stored.bytes);
        if (wrongAt !== undefined) bytes[wrongAt] = 0;
        blobs.blobs.set(`processed/${destination.name}`, { ...stored, bytes });
        return started;
      };
      expect((await run()).result).toEqual({ outcome: wrongAt === undefined ? 'moved' : 'failed' });
      expect(blobs.text(source)).toBe(wrongAt === undefined ? undefined : 'water');
    }
  });

  it('reads smaller parts where storage is too slow for one call, and keeps to them', async () => {
    // 5 bytes of either side, of which a call can read 3 in all.
    let read = 0;
    let tooLate = new AbortController();
    const { blobs, destination, run, activities } = world({
      ...{ partBytes: 8, leastPartBytes: 1 },
      longestCall: () => (tooLate = new AbortController()).signal,
    });
    const { hash } = blobs;
    blobs.hash = async (at, part, signal) => {
      const bytes = Math.min(part!.length, 5 - part!.from);
      if ((read += bytes) > 3) tooLate.abort(new Error('too late'));
      return hash(at, part, signal);
    };
    const move = activities['move-blob'];
    const stages: unknown[] = [];
    activities['move-blob'] = (input) => {
      read = 0;
      stages.push(input.stage);
      return move(input);
    };
    expect((await run()).result).toEqual({ outcome: 'moved' });
    expect([blobs.text(source), blobs.text(destination)]).toEqual([undefined, 'water']);
    expect(stages).toMatchObject([
      ...[
        undefined,
        { kind: 'slower', partBytes: 4 },
        { kind: 'slower', partBytes: 2 },
        { kind: 'slower', partBytes: 1 },
      ],
      ...[1, 2, 3, 4].map((from) => ({ kind: 'comparing', from, partBytes: 1 })),
    ]);
  });

  it('goes on from the part that took too long', async () => {
    let calls = 0;
    const { blobs, run, activities } = world({
      ...{ partBytes: 2, leastPartBytes: 1 },
      longestCall: () => (++calls === 2 ? AbortSignal.abort(new Error('too late')) : new AbortController().signal),
    });
    const move = activities['move-blob'];
    const parts: unknown[] = [];
    activities['move-blob'] = (input) => {
      const { stage } = input;
      parts.push(stage?.kind === 'comparing' ? [stage.from, stage.partBytes] : stage);
      return move(input);
    };
    expect((await run()).result).toEqual({ outcome: 'moved' });
    expect(parts).toEqual([undefined, [2, undefined], [2, 1], [3, 1], [4, 1]]);
    expect(blobs.text(source)).toBeUndefined();
  });

  it('is given up, and says why, where storage is too slow for the smallest part', async () => {
    const { blobs, deadLetters, run } = world({
      ...{ partBytes: 8, leastPartBytes: 4 },
      longestCall: () => AbortSignal.abort(new Error('too late')),
    });
    const { result, calls } = await run();
    expect(result).toEqual({ outcome: 'failed' });
    // Once with 8, and then each retry with 4.
    expect(calls).toHaveLength(6);
    expect([...deadLetters.all.values()]).toMatchObject([
      { code: 'MOVE_FAILED', error: expect.stringContaining('Storage is too slow: 4 bytes of incoming/') as string },
    ]);
    expect(blobs.text(source)).toBe('water');
  });

  it('waits for a copy that storage has not finished', async () => {
    const { blobs, destination, run, activities } = world();
    blobs.copyStatus = 'pending';
    const real = activities['move-blob'];
    let looks = 0;
    activities['move-blob'] = async (input) => {
      if (++looks === 3) blobs.finishCopies('success');
      return real(input);
    };
    const { result, sleeps } = await run();
    expect(result).toEqual({ outcome: 'moved' });
    expect(sleeps).toEqual([1_000, 1_000]);
    expect([blobs.text(source), blobs.text(destination)]).toEqual([undefined, 'water']);
  });

  it.each(['overwritten', 'deleted'])(
    'leaves nothing in processed of a copy whose source was %s under it',
    async (how) => {
      const { blobs, run, activities } = world();
      blobs.copyStatus = 'pending';
      const real = activities['move-blob'];
      let looks = 0;
      activities['move-blob'] = async (input) => {
        looks++;
        if (looks === 2) {
          if (how === 'overwritten') blobs.put(source, 'wine');
          else blobs.lose(source);
        }
        // As storage ends such a copy, some time after.
        if (looks === 4) blobs.finishCopies('failed');
        return real(input);
      };
      expect((await run()).result).toEqual({ outcome: how === 'overwritten' ? 'superseded' : 'vanished' });
      expect([...blobs.blobs.keys()]).toEqual(how === 'overwritten' ? [`incoming/${name}`] : []);
    },
  );

  it('reads nothing while storage is still copying', async () => {
    const { blobs, run, activities } = world();
    blobs.copyStatus = 'pending';
    const read: string[] = [];
    blobs.before = (operation, { container }) => {
      if (operation === 'hash') read.push(container);
    };
    const real = activities['move-blob'];
    let looks = 0;
    activities['move-blob'] = async (input) => {
      if (++looks === 6) blobs.finishCopies('success');
      return real(input);
    };
    expect((await run()).result).toEqual({ outcome: 'moved' });
    // Before the copy, to know what it must be; and both sides after it.
    expect(read).toEqual(['incoming', 'incoming', 'processed']);
  });

  it('takes what was moved before for done, and what somebody deleted for gone', async () => {
    const { blobs, etag, destination, run } = world();
    await run();
    expect((await run(etag, false)).result).toEqual({ outcome: 'moved' });
    blobs.lose(destination);
    expect((await run()).result).toEqual({ outcome: 'vanished' });
  });

  it('gives up a message whose blob never was', async () => {
    const { blobs, deadLetters, run, etag } = world();
    blobs.lose(source);
    expect((await run(etag, false)).result).toEqual({ outcome: 'failed' });
    expect([...deadLetters.all.values()]).toMatchObject([{ code: 'BLOB_UNKNOWN', attempts: 1 }]);
  });

  it('takes no ETag on trust that does not make the id of the message', async () => {
    const { blobs, activities, run, etag } = world();
    const real = activities['move-blob'];
    activities['move-blob'] = (input) => real({ ...input, etag: '0xFORGED' });
    expect((await run(etag)).result).toEqual({ outcome: 'moved' });
    expect(blobs.text(source)).toBeUndefined();
  });

  it('becomes a dead letter and a copy in the error queue after its retries, and its version rests', async () => {
    const { blobs, ledger, broker, deadLetters, etag, run } = world();
    const version = bareEtag(etag);
    await ledger.claim([{ key: ledgerKey(name), version, replaces: undefined }], 1, 1);
    blobs.before = (operation) => {
      if (operation === 'remove') throw new Error('There is currently a lease on the blob.\nRequestId: 1');
    };
    const { result, calls } = await run();
    expect(result).toEqual({ outcome: 'failed' });
    expect(calls.map((call) => call.name)).toEqual([...Array<string>(4).fill('move-blob'), 'bury-blob-event']);
    const [letter] = [...deadLetters.all.values()];
    expect(letter).toMatchObject({
      ...{ pipeline: 'blob-events', code: 'MOVE_FAILED', attempts: 4, state: 'open' },
      keys: { queue: 'blob-event-replays', blob: `incoming/${name}` },
    });
    expect(letter?.error).toContain('lease on the blob');
    expect(letter?.stack).toContain('at ');
    expect(JSON.parse(letter!.message)).toMatchObject({ message: { blob: 'a b ü.txt' } });
    const [copy] = broker.errors;
    expect(copy?.headers).toMatchObject({ retries: 3, dead_letter_id: letter?.id });
    expect(JSON.parse(copy!.text)).toMatchObject({
      ...{ container: 'incoming', path: 'dir/', blob: 'a b ü.txt', dead_letter_id: letter?.id },
      ...{ error: expect.stringContaining('lease'), stacktrace: expect.stringContaining('at ') },
    });
    expect(ledger.all.get(ledgerKey(name))).toMatchObject({ dueMs: NEVER });
    expect(blobs.text(source)).toBe('water');
  });
});
