import type { Config } from '../../src/config/config';
import type { PipelineRow } from './pipeline-table';

/** One row a pipeline of SPEC, those that are still to be built included. `states`: what is known of their demos. */
export function pipelineRows(
  config: Config,
  states: { readonly media: string; readonly nfs: string },
): readonly PipelineRow[] {
  const off = (trigger: string, pipeline: string): PipelineRow => ({
    pipeline,
    trigger,
    state: 'not built yet',
    enabledBy: '-',
  });
  return [
    {
      pipeline: 'media',
      trigger: 'POST /upload, queue jobqueue',
      state: config.pipelines.has('media') ? states.media : 'off',
      enabledBy: 'PIPELINES',
    },
    off('timer, RabbitMQ or queue', 'blob-events'),
    {
      pipeline: 'nfs',
      trigger: 'NFS share sweep',
      state: config.pipelines.has('nfs') ? states.nfs : 'off',
      enabledBy: 'APP_AZURE_ACCOUNT_URL, APP_AZURE_CONTAINER',
    },
    off('blob snippet-input', 'text'),
    off('Kafka, Event Hubs or queue', 'orders'),
  ];
}
