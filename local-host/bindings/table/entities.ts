import type { TableEntity } from '@azure/data-tables';
import type { RpcData } from '../../rpc-data';

export interface DefaultKeys {
  readonly partitionKey: string | undefined;
  readonly rowKey: string | undefined;
}

/**
 * The entities that a returned value stands for: an object, an array of them, or either as JSON text. `PartitionKey` and
 * `RowKey` are taken in any spelling of case; nested objects are stored as JSON text.
 * @throws Error when a value is no object or lacks a key that the binding does not give either.
 */
export function entitiesOf(data: RpcData, defaults: DefaultKeys): TableEntity[] {
  const text = 'json' in data ? data.json : 'string' in data ? data.string : undefined;
  if (text === undefined) throw new Error('A table output takes an object or an array of objects.');
  const value: unknown = JSON.parse(text);
  return (Array.isArray(value) ? value : [value]).map((one) => entityOf(one, defaults));
}

function entityOf(value: unknown, defaults: DefaultKeys): TableEntity {
  if (typeof value !== 'object' || value === null)
    throw new Error('A table output takes an object or an array of objects.');
  const properties: Record<string, unknown> = {};
  let { partitionKey, rowKey } = defaults;
  for (const [name, property] of Object.entries(value) as [string, unknown][]) {
    if (name.toLowerCase() === 'partitionkey') partitionKey = String(property);
    else if (name.toLowerCase() === 'rowkey') rowKey = String(property);
    else if (property !== null) properties[name] = typeof property === 'object' ? JSON.stringify(property) : property;
  }
  if (partitionKey === undefined || rowKey === undefined) {
    throw new Error('A table entity needs PartitionKey and RowKey, in itself or in the binding.');
  }
  return { ...properties, partitionKey, rowKey };
}

/** An entity as functions get it: `PartitionKey`, `RowKey` and the properties, without what the SDK adds. */
export function plainEntity(entity: object): Record<string, unknown> {
  const { partitionKey, rowKey, etag: _etag, timestamp, ...rest } = entity as Record<string, unknown>;
  const properties = Object.entries(rest).filter(([name]) => !name.startsWith('odata.'));
  return {
    ...{ PartitionKey: partitionKey, RowKey: rowKey },
    ...(timestamp === undefined ? {} : { Timestamp: timestamp }),
    ...Object.fromEntries(properties.map(([name, value]) => [name, typeof value === 'bigint' ? Number(value) : value])),
  };
}
