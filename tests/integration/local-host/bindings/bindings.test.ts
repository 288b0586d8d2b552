import { blobBinding } from '../../../../local-host/bindings/blob';
import { queueBinding } from '../../../../local-host/bindings/queue';
import { tableBinding } from '../../../../local-host/bindings/table';
import type { BindingDefinition } from '../../../../local-host/function-definition';
import type { RpcData } from '../../../../local-host/rpc-data';
import { azuriteUnderTest, type AzuriteUnderTest } from '../storage/azurite-under-test';
import { listenerHost } from '../storage/listener-host';

let storage: AzuriteUnderTest;
beforeAll(async () => {
  storage = await azuriteUnderTest();
});
afterAll(() => storage.stop());

const metadata: Record<string, RpcData> = { key: { string: 'k1' }, n: { int: 2 } };
const context = () => listenerHost({ ...storage, values: { ...storage.values, OUT: 'out' } }).context;
const binding = (options: Record<string, unknown>, direction: 'in' | 'out' = 'out'): BindingDefinition => ({
  ...{ name: 'x', type: 'x', direction },
  ...options,
});

describe('the queue output', () => {
  test('makes its queue and sends each element of an array, in order', async () => {
    await queueBinding.output?.(
      binding({ queueName: '%OUT%-{key}' }),
      { json: '["one",{"k":2}]' },
      metadata,
      context(),
    );
    const { receivedMessageItems } = await storage.connection
      .queues()
      .getQueueClient('out-k1')
      .receiveMessages({ numberOfMessages: 5 });
    expect(receivedMessageItems.map(({ messageText }) => Buffer.from(messageText, 'base64').toString())).toEqual([
      'one',
      '{\n  "k": 2\n}',
    ]);
  });

  test('fails the invocation when a value of its name is missing', async () => {
    const output = queueBinding.output?.(binding({ queueName: '{missing}' }), { string: 'x' }, metadata, context());
    await expect(output).rejects.toThrow("Error while accessing 'missing'");
  });
});

describe('the blob binding', () => {
  test('writes, overwrites and reads, making its container', async () => {
    const path = { path: 'results/{key}/a.json' };
    await blobBinding.output?.(binding(path), { string: 'first and longer' }, metadata, context());
    await blobBinding.output?.(binding(path), { json: '{"a":1}' }, metadata, context());
    expect(await blobBinding.input?.(binding(path, 'in'), metadata, context())).toEqual({ string: '{"a":1}' });
    expect(await blobBinding.input?.(binding({ ...path, dataType: 'binary' }, 'in'), metadata, context())).toEqual({
      bytes: Buffer.from('{"a":1}'),
    });
  });

  test('hands over nothing for a blob that does not exist', async () => {
    expect(await blobBinding.input?.(binding({ path: 'results/none' }, 'in'), metadata, context())).toEqual({});
  });

  test('refuses a path without a name', async () => {
    await expect(blobBinding.input?.(binding({ path: 'results' }, 'in'), metadata, context())).rejects.toThrow(
      "Paths must be in the format 'container/blob'",
    );
  });
});

describe('the table binding', () => {
  test('inserts entities, making its table, and reads one, some or none', async () => {
    const table = { tableName: 'Things', partitionKey: '{key}' };
    const entities = JSON.stringify([
      { RowKey: '1', size: 1.5 },
      { RowKey: '2', size: 2 },
      { RowKey: '3', size: 3 },
    ]);
    await tableBinding.output?.(binding(table), { json: entities }, metadata, context());
    const read = async (options: Record<string, unknown>): Promise<unknown> => {
      const data = (await tableBinding.input?.(binding({ ...table, ...options }, 'in'), metadata, context())) ?? {};
      return 'json' in data ? JSON.parse(data.json) : data;
    };
    expect(await read({ rowKey: '{n}' })).toMatchObject({ PartitionKey: 'k1', RowKey: '2', size: 2 });
    expect(await read({ rowKey: '9' })).toEqual({});
    expect(await read({ filter: 'size gt 1.7' })).toMatchObject([{ RowKey: '2' }, { RowKey: '3' }]);
    expect(await read({ take: 1 })).toHaveLength(1);
    expect(await read({ tableName: 'Nothing' })).toEqual([]);
  });

  test('fails the invocation for an entity that exists already', async () => {
    const table = { tableName: 'Once', partitionKey: 'p', rowKey: 'r' };
    await tableBinding.output?.(binding(table), { json: '{"a":1}' }, metadata, context());
    await expect(tableBinding.output?.(binding(table), { json: '{"a":1}' }, metadata, context())).rejects.toThrow();
  });
});
