/** Table input and output. */
import type { TableClient, TableEntity } from '@azure/data-tables';
import type { BindingDefinition } from '../../function-definition';
import type { BindingPlugin, HostContext } from '../../plugin';
import type { RpcData } from '../../rpc-data';
import { statusOf } from '../../storage/azure-sdk';
import { resolveExpression } from '../../storage/binding-expression';
import { storageConnection } from '../../storage/connection';
import { entitiesOf, plainEntity } from './entities';

type Metadata = Readonly<Record<string, RpcData>>;

/**
 * Input and output `table`. Options `tableName`, `partitionKey`, `rowKey`, `filter`, `take` (all with `%SETTING%` and
 * `{expression}`), `connection`. Input is one entity where both keys are given (`undefined` when it does not exist), else an
 * array. Output inserts; keys that an entity lacks come from the binding; the table is made when missing.
 */
export const tableBinding: BindingPlugin = {
  type: 'table',
  async input(binding, metadata, context) {
    const table = tableOf(binding, metadata, context);
    const partitionKey = option(binding, 'partitionKey', metadata, context);
    const rowKey = option(binding, 'rowKey', metadata, context);
    try {
      if (partitionKey !== undefined && rowKey !== undefined) {
        return { json: JSON.stringify(plainEntity(await table.getEntity(partitionKey, rowKey))) };
      }
      const filter = conditionOf(partitionKey, option(binding, 'filter', metadata, context));
      return { json: JSON.stringify(await read(table, filter, Number(binding['take'] ?? Infinity))) };
    } catch (error) {
      if (statusOf(error) !== 404) throw error;
      return rowKey === undefined ? { json: '[]' } : {};
    }
  },
  async output(binding, data, metadata, context) {
    const table = tableOf(binding, metadata, context);
    const partitionKey = option(binding, 'partitionKey', metadata, context);
    const rowKey = option(binding, 'rowKey', metadata, context);
    for (const entity of entitiesOf(data, { partitionKey, rowKey })) await insert(table, entity);
  },
};

async function insert(table: TableClient, entity: TableEntity): Promise<void> {
  try {
    await table.createEntity(entity);
  } catch (error) {
    if (statusOf(error) !== 404) throw error;
    await table.createTable();
    await table.createEntity(entity);
  }
}

async function read(table: TableClient, filter: string | undefined, take: number): Promise<object[]> {
  const found: object[] = [];
  const entities = table.listEntities(filter === undefined ? {} : { queryOptions: { filter } });
  for await (const entity of entities) {
    if (found.length >= take) break;
    found.push(plainEntity(entity));
  }
  return found;
}

/** OData; a quote within a text is doubled. */
function conditionOf(partitionKey: string | undefined, filter: string | undefined): string | undefined {
  const parts = [
    ...(partitionKey === undefined ? [] : [`PartitionKey eq '${partitionKey.replaceAll("'", "''")}'`]),
    ...(filter === undefined ? [] : [`(${filter})`]),
  ];
  return parts.length === 0 ? undefined : parts.join(' and ');
}

function option(binding: BindingDefinition, key: string, metadata: Metadata, context: HostContext): string | undefined {
  const given = binding[key];
  return typeof given === 'string' && given !== '' ? resolveExpression(given, metadata, context) : undefined;
}

function tableOf(binding: BindingDefinition, metadata: Metadata, context: HostContext): TableClient {
  const name = option(binding, 'tableName', metadata, context);
  if (name === undefined) throw new Error(`Table binding '${binding.name}' has no 'tableName'.`);
  const { connection } = binding;
  return storageConnection(context.settings, typeof connection === 'string' ? connection : undefined).table(name);
}
