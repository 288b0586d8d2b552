/**
 * Every span, metric, attribute and log event that Sluice emits. Messaging names follow OpenTelemetry's semantic
 * conventions (https://opentelemetry.io/docs/specs/semconv/messaging/). docs/telemetry.md is held to this file by a test.
 */
export const spans = {
  upload: 'upload receive',
  mediaEvent: 'process jobqueue',
  activity: 'activity',
  replay: 'dead-letter replay',
} as const;

export const metrics = {
  uploads: { name: 'sluice.uploads', unit: '{file}', description: 'Files stored through POST /upload.' },
  uploadBytes: { name: 'sluice.upload.bytes', unit: 'By', description: 'Bytes stored through POST /upload.' },
  uploadRefusals: { name: 'sluice.upload.refusals', unit: '{request}', description: 'Uploads refused, by code.' },
  events: { name: 'sluice.events', unit: '{event}', description: 'Events taken from queues, by pipeline and outcome.' },
  items: { name: 'sluice.items', unit: '{item}', description: 'Items that left a pipeline, by pipeline and outcome.' },
  deadLetters: {
    name: 'sluice.dead_letters',
    unit: '{message}',
    description: 'Dead letters written, by pipeline and code.',
  },
  replays: {
    name: 'sluice.dead_letters.replayed',
    unit: '{message}',
    description: 'Dead letters sent on their way again.',
  },
  activityDuration: {
    name: 'sluice.activity.duration',
    unit: 's',
    description: 'Duration of activities, by name and outcome.',
  },
} as const;

export const attributes = {
  pipeline: 'sluice.pipeline',
  blob: 'sluice.blob',
  outcome: 'sluice.outcome',
  code: 'sluice.code',
  instanceId: 'sluice.instance_id',
  activity: 'sluice.activity',
  messagingSystem: 'messaging.system',
  messagingDestination: 'messaging.destination.name',
  messagingOperation: 'messaging.operation.type',
} as const;
