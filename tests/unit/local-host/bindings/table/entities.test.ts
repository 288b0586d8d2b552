import { entitiesOf, plainEntity } from '../../../../../local-host/bindings/table/entities';

const none = { partitionKey: undefined, rowKey: undefined };

describe('what a table output writes', () => {
  test('is one entity, or several', () => {
    const json = JSON.stringify([{ PartitionKey: 'p', rowkey: 1, a: true, nested: { b: 1 }, no: null }]);
    expect(entitiesOf({ json }, none)).toEqual([{ partitionKey: 'p', rowKey: '1', a: true, nested: '{"b":1}' }]);
    expect(entitiesOf({ string: json }, none)).toHaveLength(1);
  });

  test('takes its keys from the binding where it has none', () => {
    expect(entitiesOf({ json: '{"x":1,"rowKey":"r"}' }, { partitionKey: 'p', rowKey: 'other' })).toEqual([
      { partitionKey: 'p', rowKey: 'r', x: 1 },
    ]);
  });

  test.each([{ json: '{"x":1}' }, { json: '"text"' }, { json: '[1]' }, { int: 1 }])('cannot be %j', (data) => {
    expect(() => entitiesOf(data, none)).toThrow(/A table (entity|output)/);
  });
});

test('an entity is handed over without what the SDK adds', () => {
  const entity = { 'odata.metadata': 'm', etag: 'e', partitionKey: 'p', rowKey: 'r', timestamp: 't', big: 5n, a: 'b' };
  expect(plainEntity(entity)).toEqual({ PartitionKey: 'p', RowKey: 'r', Timestamp: 't', big: 5, a: 'b' });
});
