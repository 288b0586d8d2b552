import type { Config } from '../../src/config/config';
import type { Pipeline } from '../../src/domain/dead-letter';
import type { PipelineRow } from './pipeline-table';

/** One row a pipeline. `states`: what is known of their demos. */
export function pipelineRows(
  config: Config,
  states: Readonly<Partial<Record<Pipeline, string>>>,
): readonly PipelineRow[] {
  const row = (pipeline: Pipeline, trigger: string, enabledBy: string): PipelineRow => ({
    pipeline,
    trigger,
    state: config.pipelines.has(pipeline) ? (states[pipeline] ?? 'running') : 'off',
    enabledBy,
  });
  return [
    row('media', 'POST /upload, queue jobqueue', 'PIPELINES'),
    row('blob-events', blobEventsTrigger(config), 'PIPELINES'),
    row('nfs', 'NFS share sweep', 'APP_AZURE_ACCOUNT_URL, APP_AZURE_CONTAINER'),
    row('ingestion', `blob in ${config.ingestion.container}`, 'PIPELINES, COSMOS_ENDPOINT, AZURE_OPENAI_ENDPOINT'),
    row('orders', ordersTrigger(config), 'PIPELINES, BACKEND_MODE'),
  ];
}

function blobEventsTrigger({ blobEvents: { broker } }: Config): string {
  return broker.kind === 'rabbitmq' ? `timer, RabbitMQ ${broker.describes}` : 'timer, queue blob-events';
}

function ordersTrigger({ orders: { backends } }: Config): string {
  const trigger = (backend: string): string =>
    backend === 'kafka'
      ? `Kafka topic ${backends.kafka?.topic}`
      : backend === 'eventhub'
        ? `event hub ${backends.eventHub?.hub}`
        : 'queue orders';
  return [trigger(backends.mode), ...(backends.drain ? [`drains ${trigger(backends.drain)}`] : [])].join(', ');
}
