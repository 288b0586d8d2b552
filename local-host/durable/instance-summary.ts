import type { DurableClient } from './client/durable-client';
import type { RuntimeStatus } from './store/instance-table';

/** How an instance stands, with its values parsed. */
export interface InstanceSummary {
  readonly instanceId: string;
  readonly name: string;
  readonly runtimeStatus: RuntimeStatus;
  readonly input: unknown;
  /** Undefined while there is none. A failed instance has its error text here. */
  readonly output: unknown;
  readonly customStatus: unknown;
  readonly createdTime: Date;
  readonly lastUpdatedTime: Date;
}

/** Undefined when there is no such instance. */
export function instanceSummary(client: DurableClient, id: string): InstanceSummary | undefined {
  const row = client.get(id);
  if (!row) return undefined;
  const parse = (json: string | undefined): unknown => (json === undefined ? undefined : (JSON.parse(json) as unknown));
  return {
    instanceId: row.id,
    name: row.name,
    runtimeStatus: row.status,
    input: parse(client.input(id)),
    output: parse(row.output),
    customStatus: parse(row.customStatus),
    createdTime: new Date(row.created),
    lastUpdatedTime: new Date(row.updated),
  };
}
