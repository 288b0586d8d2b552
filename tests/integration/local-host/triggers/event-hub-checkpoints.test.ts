import { BlobCheckpointStore } from '@azure/eventhubs-checkpointstore-blob';
import { ForwardCheckpoints } from '../../../../local-host/triggers/event-hubs/checkpoints';
import { azuriteUnderTest, type AzuriteUnderTest } from '../storage/azurite-under-test';

const hub = { fullyQualifiedNamespace: 'Ns.example', eventHubName: 'Orders', consumerGroup: '$Default' };
const list = [hub.fullyQualifiedNamespace, hub.eventHubName, hub.consumerGroup] as const;

let storage: AzuriteUnderTest;
beforeAll(async () => {
  storage = await azuriteUnderTest();
  await container().createIfNotExists();
});
afterAll(() => storage.stop());

const container = () => storage.connection.blobs().getContainerClient('azure-webjobs-eventhub');
const sdkStore = () => new BlobCheckpointStore(container());

/** As a host does that begins to read a partition. */
async function host(partitionId: string) {
  const store = new ForwardCheckpoints(container(), sdkStore());
  await store.listCheckpoints(...list);
  store.begin(partitionId);
  return {
    store,
    reads: (sequenceNumber: number) =>
      store.updateCheckpoint({ ...hub, partitionId, sequenceNumber, offset: `at ${sequenceNumber}` }),
  };
}

/** What the SDK, and with it everybody else, finds. */
async function found(partitionId: string): Promise<unknown> {
  const all = await sdkStore().listCheckpoints(...list);
  const one = all.find((checkpoint) => checkpoint.partitionId === partitionId);
  return one && [one.sequenceNumber, one.offset];
}

describe('the checkpoint of a partition', () => {
  test('lies where the SDK has it, from the first to the last', async () => {
    const one = await host('0');
    expect(await found('0')).toBeUndefined();
    await one.reads(0);
    expect(await found('0')).toEqual([0, 'at 0']);
    await one.reads(7);
    expect(await found('0')).toEqual([7, 'at 7']);
    const next = await host('0');
    await next.reads(8);
    expect(await found('0')).toEqual([8, 'at 8']);
  });

  test.each([5, undefined])('is not set back by a host that stood still, having written %p itself', async (written) => {
    const id = written === undefined ? '1' : '2';
    await (await host(id)).reads(2);
    const slept = await host(id);
    if (written !== undefined) await slept.reads(written);
    const other = await host(id);
    await other.reads(9);
    await slept.reads(7);
    await slept.reads(8);
    expect(await found(id)).toEqual([9, 'at 9']);
    await slept.reads(12);
    expect(await found(id)).toEqual([12, 'at 12']);
    await other.reads(11);
    expect(await found(id)).toEqual([12, 'at 12']);
  });

  test('is not set back by what was read before the partition was lost and begun once more', async () => {
    await (await host('5')).reads(2);
    const slept = await host('5');
    await slept.reads(3);
    await (await host('5')).reads(9);
    await slept.store.listCheckpoints(...list);
    const late = slept.reads(7);
    slept.store.begin('5');
    await late;
    expect(await found('5')).toEqual([9, 'at 9']);
    await slept.reads(10);
    expect(await found('5')).toEqual([10, 'at 10']);
  });

  test('goes back with a hub that was made anew', async () => {
    await (await host('3')).reads(5_000);
    const anew = await host('3');
    await anew.reads(1);
    expect(await found('3')).toEqual([1, 'at 1']);
  });

  test('is written again when somebody removed it', async () => {
    const one = await host('4');
    await one.reads(1);
    await container().getBlobClient('ns.example/orders/$default/checkpoint/4').delete();
    await one.reads(2);
    expect(await found('4')).toEqual([2, 'at 2']);
  });
});
