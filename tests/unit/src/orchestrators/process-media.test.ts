import { memoryItems } from '../../../fakes/memory-items';
import { createBuryMedia } from '../../../../src/activities/bury-media';
import { createCheckCopy } from '../../../../src/activities/check-copy';
import { createClaimMedia } from '../../../../src/activities/claim-media';
import { createCopyMedia } from '../../../../src/activities/copy-media';
import { createInspectMedia } from '../../../../src/activities/inspect-media';
import { createSettleMedia } from '../../../../src/activities/settle-media';
import { createTypeCopy } from '../../../../src/activities/type-copy';
import { createVerifyMedia } from '../../../../src/activities/verify-media';
import { mediaId, type MediaItem } from '../../../../src/domain/media/media-event';
import { mediaInboxKey } from '../../../../src/domain/media/process-media';
import { processMediaStory } from '../../../../src/orchestrators/process-media';
import { png } from '../../../drivers/raw-http';
import type { SignatureReader } from '../../../../src/ports/signature';
import { runStory } from '../../../drivers/story-driver';
import { MemoryBlobStore } from '../../../fakes/memory-blob-store';
import { memoryDeadLetters, memoryDirectUploads, memoryInbox, memoryMediaRecords } from '../../../fakes/memory-stores';
import { TestClock } from '../../../fakes/test-clock';

const pngOrNothing: SignatureReader = {
  detect: async (bytes) => (bytes[0] === 0x89 ? { mime: 'image/png', extension: 'png' } : undefined),
};
const source = { container: 'rawfiles', name: 'lock.png' };
const destination = { container: 'processed', name: 'media/lock.png' };

function world(verify: 'read' | 'service' = 'read') {
  const clock = new TestClock();
  const blobs = new MemoryBlobStore();
  const inbox = memoryInbox(clock);
  const records = memoryMediaRecords();
  const uploads = memoryDirectUploads();
  const deadLetters = memoryDeadLetters();
  const copyMedia = createCopyMedia({ blobs });
  const items = memoryItems();
  const activities = {
    'claim-media': createClaimMedia({ inbox, records, uploads, clock }),
    'inspect-media': createInspectMedia({ blobs, signatures: pngOrNothing }, { allowedTypes: ['image/*'] }),
    'copy-media': copyMedia,
    'check-copy': createCheckCopy({ blobs, copyMedia }),
    'type-copy': createTypeCopy({ blobs }),
    'verify-media': createVerifyMedia({ blobs, verify }),
    'settle-media': createSettleMedia({ inbox, records, items, clock }),
    'bury-media': createBuryMedia({ deadLetters, records, inbox }),
  };
  const item = (etag: string, sequencer: string): MediaItem => ({
    ...source,
    id: mediaId('rawfiles', 'lock.png'),
    etag,
    sequencer,
  });
  const run = (it: MediaItem) =>
    runStory(processMediaStory, { item: it, message: '{"the":"event"}', maxAttempts: 3 }, activities);
  return { clock, blobs, items, inbox, records, uploads, deadLetters, activities, item, run };
}

describe('process_media', () => {
  it('copies a blob, verifies the bytes and marks the version done', async () => {
    const w = world();
    const etag = w.blobs.put(source, 'water', { traceparent: 't' });
    const { result } = await w.run(w.item(etag, '01'));
    expect(result).toEqual({ outcome: 'processed' });
    expect(w.blobs.text(destination)).toBe('water');
    expect(w.blobs.blobs.get('processed/media/lock.png')?.facts.metadata).toEqual({
      traceparent: 't',
      sluice_source_etag: etag,
      sluice_sequencer: '01',
    });
    expect(w.records.all.get(w.item(etag, '').id)).toMatchObject({
      state: 'processed',
      verifiedBy: 'read',
      destination: 'processed/media/lock.png',
      size: 5,
    });
    expect(await w.inbox.look(mediaInboxKey(w.item(etag, '')))).toEqual({ kind: 'done', outcome: 'processed' });
    expect(w.items.items()).toMatchObject([
      { name: 'rawfiles/lock.png', state: 'done', detail: 'processed/media/lock.png' },
    ]);
  });

  it('does nothing for a version that is done', async () => {
    const w = world();
    const etag = w.blobs.put(source, 'water');
    await w.run(w.item(etag, '01'));
    w.blobs.lose(destination);
    const again = await w.run(w.item(etag, '01'));
    expect(again.result).toEqual({ outcome: 'duplicate' });
    expect(again.calls.map((c) => c.name)).toEqual(['claim-media']);
    expect(w.blobs.text(destination)).toBeUndefined();
  });

  it('polls a copy that storage does in the background, ever more slowly', async () => {
    const w = world();
    const etag = w.blobs.put(source, 'water');
    w.blobs.copyStatus = 'pending';
    let looks = 0;
    w.blobs.before = (operation, ref) => {
      if (operation === 'describe' && ref.container === 'processed' && ++looks === 4) w.blobs.finishCopies('success');
    };
    const { result, sleeps } = await w.run(w.item(etag, '01'));
    expect(result).toEqual({ outcome: 'processed' });
    expect(sleeps.length).toBeGreaterThanOrEqual(2);
    expect(sleeps.slice(0, 2)).toEqual([1000, 1000]);
  });

  it('gives a copy up that storage never ends, and keeps its history short', async () => {
    const w = world();
    const etag = w.blobs.put(source, 'water');
    w.blobs.copyStatus = 'pending';
    const { result, sleeps } = await w.run(w.item(etag, '01'));
    expect(result).toEqual({ outcome: 'failed' });
    expect([...w.deadLetters.all.values()][0]).toMatchObject({
      code: 'COPY_FAILED',
      error: expect.stringMatching(/15 days/),
    });
    expect(sleeps.length).toBeLessThan(600);
  });

  describe('for a file that went straight into storage', () => {
    const announced = (w: ReturnType<typeof world>, size: number) =>
      w.uploads.put({ id: w.item('', '').id, blob: 'lock.png', size, contentType: 'image/png', announcedAt: 'x' });

    it('copies what is as long as announced and of a type that is accepted', async () => {
      const w = world();
      await announced(w, png.length);
      const etag = w.blobs.put(source, png);
      expect((await w.run(w.item(etag, '01'))).result).toEqual({ outcome: 'processed' });
    });

    it('gives the copy the type of its content, whatever its client sent', async () => {
      const w = world();
      await announced(w, png.length);
      const etag = w.blobs.put(source, png);
      await w.blobs.setContentType({ ...source, ifMatch: etag }, 'application/x-www-form-urlencoded');
      const { etag: sent } = (await w.blobs.describe(source))!;
      expect((await w.run(w.item(sent, '01'))).result).toEqual({ outcome: 'processed' });
      expect(await w.blobs.describe(destination)).toMatchObject({ contentType: 'image/png' });
    });

    it.each([
      ['another length', 'FILE_SIZE_WRONG', png.length + 1, png],
      ['another type, whatever it calls itself', 'FILE_TYPE_REFUSED', 7, Buffer.from('MZ\u0000exe!')],
    ])('makes a dead letter of %s, and copies nothing', async (_, code, size, content) => {
      const w = world();
      await announced(w, size);
      const etag = w.blobs.put(source, content);
      expect((await w.run(w.item(etag, '01'))).result).toEqual({ outcome: 'failed' });
      expect([...w.deadLetters.all.values()]).toEqual([expect.objectContaining({ code })]);
      expect(w.blobs.text(destination)).toBeUndefined();
    });

    it('notes one that vanished, or was overwritten, before it was looked at', async () => {
      const w = world();
      await announced(w, png.length);
      const etag = w.blobs.put(source, png);
      w.blobs.put(source, png);
      expect((await w.run(w.item(etag, '01'))).result).toEqual({ outcome: 'superseded' });
      w.blobs.lose(source);
      expect((await w.run(w.item('"0xgone"', '02'))).result).toEqual({ outcome: 'vanished' });
    });
  });

  it('verifies a large blob part by part, and finds a difference in the last one', async () => {
    const w = world();
    const activities = {
      ...w.activities,
      'verify-media': createVerifyMedia({ blobs: w.blobs, verify: 'read', partBytes: 2 }),
    };
    const etag = w.blobs.put(source, 'water');
    const input = { item: w.item(etag, '01'), message: '{}', maxAttempts: 1 };
    const { result, calls } = await runStory(processMediaStory, input, activities);
    expect(result).toEqual({ outcome: 'processed' });
    expect(calls.filter((c) => c.name === 'verify-media')).toHaveLength(3);

    const changed = w.blobs.put(source, 'mater');
    w.blobs.before = (operation, ref) => {
      if (operation !== 'hash' || ref.container !== 'processed') return;
      const stored = w.blobs.blobs.get('processed/media/lock.png')!;
      w.blobs.blobs.set('processed/media/lock.png', { ...stored, bytes: Buffer.from('mates') });
    };
    const second = { ...input, item: w.item(changed, '02') };
    expect((await runStory(processMediaStory, second, activities)).result).toEqual({ outcome: 'failed' });
    expect([...w.deadLetters.all.values()][0]).toMatchObject({ code: 'VERIFY_FAILED' });
  });

  it.each(['aborted', 'failed'] as const)(
    'makes a dead letter of a copy that storage reports as %s',
    async (status) => {
      const w = world();
      const etag = w.blobs.put(source, 'water');
      w.blobs.copyStatus = status;
      const { result } = await w.run(w.item(etag, '01'));
      expect(result).toEqual({ outcome: 'failed' });
      const [letter] = [...w.deadLetters.all.values()];
      expect(letter).toMatchObject({
        pipeline: 'media',
        code: 'COPY_FAILED',
        message: '{"the":"event"}',
        state: 'open',
        attempts: 1,
      });
      expect(letter?.keys).toMatchObject({ queue: 'jobqueue', blob: 'rawfiles/lock.png', instanceId: 'instance-1' });
      expect(w.records.all.get(w.item('', '').id)).toMatchObject({ state: 'failed', deadLetterId: letter?.id });
    },
  );

  it('never overwrites a newer version by an older one, in whatever order the events come', async () => {
    const w = world();
    const older = w.blobs.put(source, 'old');
    const newer = w.blobs.put(source, 'new');
    expect((await w.run(w.item(newer, '02'))).result).toEqual({ outcome: 'processed' });
    expect((await w.run(w.item(older, '01'))).result).toEqual({ outcome: 'superseded' });
    expect(w.blobs.text(destination)).toBe('new');
    const id = w.item('', '').id;
    expect(w.records.all.get(id)).toMatchObject({ etag: newer, state: 'processed' });
    expect(w.records.all.get(`${id} ${older}`)).toMatchObject({ state: 'superseded' });
  });

  it('copies nothing for a version that was overwritten, whose successor has an event of its own', async () => {
    const w = world();
    const older = w.blobs.put(source, 'old');
    w.blobs.put(source, 'new');
    expect((await w.run(w.item(older, '01'))).result).toEqual({ outcome: 'superseded' });
    expect(w.blobs.text(destination)).toBeUndefined();
  });

  it('replaces an older version by a newer one', async () => {
    const w = world();
    const older = w.blobs.put(source, 'old');
    await w.run(w.item(older, '01'));
    const newer = w.blobs.put(source, 'new');
    expect((await w.run(w.item(newer, '02'))).result).toEqual({ outcome: 'processed' });
    expect(w.blobs.text(destination)).toBe('new');
  });

  it('notes a blob that vanished before the copy', async () => {
    const w = world();
    const etag = w.blobs.put(source, 'water');
    w.blobs.lose(source);
    expect((await w.run(w.item(etag, '01'))).result).toEqual({ outcome: 'vanished' });
    expect(w.deadLetters.all.size).toBe(0);
  });

  it('finds bytes that differ although length and status look right', async () => {
    const w = world();
    const etag = w.blobs.put(source, 'water');
    w.blobs.before = (operation, ref) => {
      if (operation !== 'hash' || ref.container !== 'processed') return;
      const stored = w.blobs.blobs.get('processed/media/lock.png')!;
      w.blobs.blobs.set('processed/media/lock.png', { ...stored, bytes: Buffer.from('wafer') });
    };
    expect((await w.run(w.item(etag, '01'))).result).toEqual({ outcome: 'failed' });
    expect([...w.deadLetters.all.values()][0]).toMatchObject({ code: 'VERIFY_FAILED' });
    expect(await w.inbox.look(mediaInboxKey(w.item(etag, '')))).toEqual({ kind: 'released' });
  });

  it('copies once more when the copy is found wanting, and then it stands', async () => {
    const w = world();
    const etag = w.blobs.put(source, 'water');
    let spoiled = 0;
    w.blobs.before = (operation, ref) => {
      if (operation !== 'hash' || ref.container !== 'processed' || spoiled++ > 0) return;
      const stored = w.blobs.blobs.get('processed/media/lock.png')!;
      w.blobs.blobs.set('processed/media/lock.png', { ...stored, bytes: Buffer.from('wafer') });
    };
    expect((await w.run(w.item(etag, '01'))).result).toEqual({ outcome: 'processed' });
    expect(w.blobs.text(destination)).toBe('water');
    expect(w.deadLetters.all.size).toBe(0);
  });

  it('does not take an earlier note of the upload for news', async () => {
    const w = world();
    const etag = w.blobs.put(source, 'water');
    await w.run(w.item(etag, '01'));
    const id = w.item('', '').id;
    const late = { id, ...source, etag, sequencer: '', state: 'stored' as const, updatedAt: 'x', md5: 'abc' };
    await w.records.put(late);
    expect(w.records.all.get(id)).toMatchObject({ state: 'processed', md5: 'abc' });
  });

  it('says so when the source was gone before its bytes could be compared', async () => {
    const w = world();
    const etag = w.blobs.put(source, 'water');
    w.blobs.before = (operation, ref) => {
      if (operation === 'hash' && ref.container === 'rawfiles') w.blobs.lose(source);
    };
    expect((await w.run(w.item(etag, '01'))).result).toEqual({ outcome: 'processed' });
    expect(w.records.all.get(w.item('', '').id)).toMatchObject({ verifiedBy: 'service' });
  });

  it('gives up after its attempts, and a replay then succeeds', async () => {
    const w = world();
    const etag = w.blobs.put(source, 'water');
    let down = true;
    w.blobs.before = () => {
      if (down) throw new Error('storage is away');
    };
    const { result, calls } = await w.run(w.item(etag, '01'));
    expect(result).toEqual({ outcome: 'failed' });
    expect(calls.filter((c) => c.name === 'copy-media')).toHaveLength(3);
    expect([...w.deadLetters.all.values()][0]).toMatchObject({ error: 'storage is away' });
    down = false;
    expect((await w.run(w.item(etag, '01'))).result).toEqual({ outcome: 'processed' });
    expect(w.blobs.text(destination)).toBe('water');
  });

  it('reads nothing again with VERIFY=service', async () => {
    const w = world('service');
    const etag = w.blobs.put(source, 'water');
    w.blobs.before = (operation) => {
      if (operation === 'hash') throw new Error('hash was called');
    };
    expect((await w.run(w.item(etag, '01'))).result).toEqual({ outcome: 'processed' });
    expect(w.records.all.get(w.item('', '').id)).toMatchObject({ verifiedBy: 'service' });
  });

  it.each(['claim-media', 'copy-media', 'verify-media', 'settle-media'] as const)(
    'ends with one verified copy when the process dies right after %s',
    async (step) => {
      const w = world();
      const etag = w.blobs.put(source, 'water');
      const survivors = { ...w.activities };
      const died = {
        ...survivors,
        [step]: async (input: never) => {
          await (survivors[step] as (i: never) => Promise<unknown>)(input);
          throw new Error('killed');
        },
      };
      const never = { ...died, 'bury-media': () => new Promise<never>(() => undefined) };
      // The first run never comes back from its crash; the second is what recovery starts.
      void runStory(processMediaStory, { item: w.item(etag, '01'), message: '{}', maxAttempts: 1 }, never);
      await new Promise((resolve) => setImmediate(resolve));
      const { result } = await w.run(w.item(etag, '01'));
      expect(['processed', 'duplicate']).toContain(result.outcome);
      expect(w.blobs.text(destination)).toBe('water');
      expect(await w.inbox.look(mediaInboxKey(w.item(etag, '')))).toEqual({ kind: 'done', outcome: 'processed' });
    },
  );
});
