import type { Config } from '../../src/config/config';
import type { PipelineRow } from './pipeline-table';

/** One row a pipeline of SPEC, those that are still to be built included. `media`: what is known of its demo. */
export function pipelineRows(config: Config, media: string): readonly PipelineRow[] {
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
      state: config.pipelines.has('media') ? media : 'off',
      enabledBy: 'PIPELINES',
    },
    off('timer, RabbitMQ or queue', 'blob-events'),
    off('NFS share sweep', 'nfs'),
    off('blob snippet-input', 'text'),
    off('Kafka, Event Hubs or queue', 'orders'),
  ];
}
