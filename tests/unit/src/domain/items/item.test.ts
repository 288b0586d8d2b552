import { itemOf, lookupsOf, withNote, type ItemNote, type ItemRecord } from '../../../../../src/domain/items/item';
import { itemOfLetter } from '../../../../../src/domain/items/item-of-letter';
import { itemStates } from '../../../../../src/domain/items/item-states';
import { parseItemQuery } from '../../../../../src/domain/items/item-query';
import { orderKey } from '../../../../../src/domain/orders/order-event';

const note = (state: ItemNote['state'], atMs: number, more: Partial<ItemNote> = {}): ItemNote => ({
  ...{ pipeline: 'media', key: 'k', name: 'raw/a', state, atMs, ...more },
});
const made = (...notes: readonly ItemNote[]): ItemRecord | undefined =>
  notes.reduce<ItemRecord | undefined>(withNote, undefined);

it('is in the state of its latest note, whatever the order they come in', () => {
  const notes = [
    note('received', 1),
    note('working', 2, { instanceId: 'one', traceId: 't1' }),
    note('failed', 3, { deadLetterId: 'd', attempts: 4, detail: 'COPY_FAILED: away' }),
    note('replayed', 4),
    note('working', 5, { instanceId: 'two', traceId: 't2' }),
    note('done', 6, { detail: 'processed/a' }),
  ];
  const expected = itemOf(made(...notes)!);
  expect(expected).toMatchObject({ state: 'done', instanceId: 'two', traceId: 't2', attempts: 4, next: 'Nothing.' });
  expect(expected).not.toHaveProperty('deadLetterId');
  expect(expected.history.map(({ state }) => state)).toEqual(['received', 'failed', 'replayed', 'working', 'done']);
  expect(itemOf(made(...notes.toReversed())!)).toEqual(expected);
  expect(itemOf(made(...notes, ...notes)!)).toEqual(expected);
});

it('of two states of one moment is in the one that is nearer to its end', () => {
  expect(itemOf(made(note('done', 5), note('working', 5))!).state).toBe('done');
  expect(itemOf(made(note('working', 5), note('waiting', 5))!).state).toBe('waiting');
});

it('that failed names its dead letter and how to replay it; each other state says what to do', () => {
  expect(itemOf(made(note('failed', 1, { deadLetterId: 'd-1' }))!).next).toMatch(/show d-1\), then: .*replay d-1$/);
  for (const state of Object.keys(itemStates) as ItemNote['state'][])
    expect(itemOf(made(note(state, 1))!).next).not.toBe('');
});

it('is found by name, end of name, order and trace', () => {
  expect(lookupsOf({ name: 'c/d/e.txt', orderId: 'o', traceId: 't' })).toEqual([
    'name:c/d/e.txt',
    'name:e.txt',
    'order:o',
    'trace:t',
  ]);
  expect(lookupsOf({ name: 'plain' })).toEqual(['name:plain']);
  expect(lookupsOf({ name: 'folder/' })).toEqual(['name:folder/']);
});

it.each([
  ['name=a', { lookup: 'name:a', limit: 100 }],
  ['orderId=o-1&tenantId=t&limit=5', { lookup: 'order:o-1', tenantId: 't', limit: 5 }],
  [`traceId=${'AB'.repeat(16)}`, { lookup: `trace:${'ab'.repeat(16)}` }],
  [`traceId=00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`, { lookup: `trace:${'ab'.repeat(16)}` }],
])('is asked for by %s', (query, expected) => {
  expect(parseItemQuery(new URLSearchParams(query))).toMatchObject({ kind: 'query', query: expected });
});

it.each([
  '',
  'limit=3',
  'name=',
  'name=a&orderId=b',
  'traceId=xyz',
  'name=a&limit=0',
  'name=a&limit=1001',
  `name=${'x'.repeat(2_049)}`,
])('is not asked for by %j', (query) => {
  expect(parseItemQuery(new URLSearchParams(query)).kind).toBe('rejected');
});

describe('what a dead letter stands for', () => {
  const letter = { id: '1-x', message: '', keys: {} };
  const order = { tenantId: 't', orderId: 'o', requestId: 'r' };

  it('is the item that its pipeline notes', () => {
    const blob = { blob: 'raw/a', etag: '"0x1"', instanceId: 'i' };
    expect(itemOfLetter({ ...letter, pipeline: 'media', keys: blob })).toEqual({
      pipeline: 'media',
      key: 'raw/a 0x1',
      name: 'raw/a',
    });
    expect(itemOfLetter({ ...letter, pipeline: 'orders', keys: order })).toMatchObject({
      key: orderKey(order).event,
      ...order,
    });
    const share = { file: 'f', session: 's', date: 'd', instanceId: 'i' };
    expect(itemOfLetter({ ...letter, pipeline: 'nfs', keys: share })).toEqual({
      pipeline: 'nfs',
      key: 'd/s/f',
      name: 'f',
    });
  });

  it('is read from the message where the host gave it up', () => {
    const message = JSON.stringify({ schemaVersion: '1.0', ...order });
    expect(itemOfLetter({ ...letter, pipeline: 'orders', message })).toMatchObject(order);
    const text = { Type: 'BlobTrigger', ContainerName: 'texts', BlobName: 'b/c.md', ETag: '"0x2"' };
    expect(itemOfLetter({ ...letter, pipeline: 'ingestion', message: JSON.stringify(text) })).toEqual({
      ...{ pipeline: 'ingestion', key: 'texts/b/c.md 0x2', name: 'texts/b/c.md' },
    });
    const event = {
      ...{ id: 'e', eventType: 'Microsoft.Storage.BlobCreated', dataVersion: '', data: { eTag: '0x3' } },
      subject: '/blobServices/default/containers/rawfiles/blobs/d/e.png',
    };
    expect(itemOfLetter({ ...letter, pipeline: 'media', message: JSON.stringify([event]) })).toEqual({
      ...{ pipeline: 'media', key: 'rawfiles/d/e.png 0x3', name: 'rawfiles/d/e.png' },
    });
  });

  it('is an item of its own where nothing tells', () => {
    for (const pipeline of ['orders', 'blob-events', 'media'] as const)
      expect(itemOfLetter({ ...letter, pipeline, message: 'no JSON' })).toEqual({ pipeline, key: 'letter 1-x' });
  });
});
