/** What text ingestion keeps in the storage account: working copies, and the circuit breaker that all instances share. */
import { createSharedBreaker } from '../../../../src/adapters/azure-storage/shared-breaker';
import { createWorkingBlobs } from '../../../../src/adapters/azure-storage/working-blobs';
import { tables, WORKING_CONTAINER } from '../../../../src/domain/storage-layout';
import { workingBlobsContract } from '../../../contracts/ingestion-stores';
import { startStorage, type StorageUnderTest } from '../../../drivers/storage-under-test';
import { memoryWorkingBlobs } from '../../../fakes/memory-working-blobs';
import { TestClock } from '../../../fakes/test-clock';

let storage: StorageUnderTest;
beforeAll(async () => {
  storage = await startStorage();
});
afterAll(() => storage.stop());

workingBlobsContract('memory', memoryWorkingBlobs);
workingBlobsContract('Azure Storage', () => createWorkingBlobs(storage.clients, WORKING_CONTAINER));

describe('the shared breaker', () => {
  let names = 0;
  function instances(count: number) {
    const clock = new TestClock();
    const place = { table: tables.breakers, name: `breaker-${++names}` };
    const settings = { threshold: 5, openMs: 30_000 };
    const of = Array.from({ length: count }, () => createSharedBreaker({ ...storage, clock }, place, settings));
    return { clock, of: of as [(typeof of)[0], (typeof of)[0], ...typeof of] };
  }

  it('opens after failures in a row over all instances, and keeps all of them back', async () => {
    const { of, clock } = instances(3);
    for (let n = 0; n < 4; n++) expect(await of[n % 3]!.failed()).toEqual({ open: false });
    expect(await of[0].admit()).toEqual({ admitted: true });
    expect(await of[1].failed()).toEqual({ open: true });
    // An instance may trust what it knew for a second.
    clock.advance(1_001);
    for (const breaker of of) expect(await breaker.admit()).toEqual({ admitted: false, retryAfterMs: 28_999 });
    expect(await of[2]!.look()).toMatchObject({ kind: 'open', failures: 5 });
  });

  it('counts only failures in a row', async () => {
    const { of } = instances(2);
    for (let n = 0; n < 20; n++) {
      for (let m = 0; m < 4; m++) expect(await of[m % 2]!.failed()).toEqual({ open: false });
      await of[n % 2]!.succeeded();
    }
    expect(await of[0].look()).toMatchObject({ kind: 'closed', failures: 0 });
  });

  it('lets one of many at once try when its time is over, and closes for all when that succeeds', async () => {
    const { of, clock } = instances(8);
    for (let n = 0; n < 5; n++) await of[0].failed();
    clock.advance(30_000);
    const admitted = await Promise.all(of.map((breaker) => breaker.admit()));
    expect(admitted.filter((one) => one.admitted)).toHaveLength(1);
    for (const one of admitted) if (!one.admitted) expect(one.retryAfterMs).toBeLessThanOrEqual(2_000);
    expect(await of[3]!.look()).toMatchObject({ kind: 'half-open' });
    await of[admitted.findIndex((one) => one.admitted)]!.succeeded();
    for (const breaker of of) expect(await breaker.admit()).toEqual({ admitted: true });
  });

  it('opens again when that one fails, and lets another try when it never came back', async () => {
    const { of, clock } = instances(2);
    for (let n = 0; n < 5; n++) await of[0].failed();
    clock.advance(30_000);
    expect(await of[0].admit()).toEqual({ admitted: true });
    expect(await of[0].failed()).toEqual({ open: true });
    expect(await of[1].admit()).toEqual({ admitted: false, retryAfterMs: 30_000 });
    clock.advance(30_000);
    expect(await of[1].admit()).toEqual({ admitted: true });
    clock.advance(30_000);
    expect(await of[0].admit()).toEqual({ admitted: true });
  });

  it('is not closed by a success that began before it opened, nor kept open longer by a late failure', async () => {
    const { of, clock } = instances(2);
    for (let n = 0; n < 5; n++) await of[0].failed();
    await of[1].succeeded();
    clock.advance(20_000);
    await of[1].failed();
    expect(await of[0].admit()).toEqual({ admitted: false, retryAfterMs: 10_000 });
  });
});
