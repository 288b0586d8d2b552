/**
 * The text of a BlobCreated event, in either of Event Grid's schemas, as it is written to a Storage queue: one event per
 * message, not an array. Shape: azure-rest-api-specs, specification/eventgrid/data-plane/Microsoft.Storage (the example
 * blob_created.json of 2018-01-01), and CloudEvents 1.0 in its JSON format.
 */
import { createHash } from 'node:crypto';
import type { NewVersion } from '../storage/blob-watch/watcher';
import { BLOB_CREATED, subjectOf, type EventSubscription } from './subscription';

export function blobCreatedEvent(news: NewVersion, subscription: Pick<EventSubscription, 'topic' | 'schema'>): string {
  const { version, account } = news;
  const topic =
    subscription.topic ??
    `/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local/providers/Microsoft.Storage/storageAccounts/${account}`;
  const subject = subjectOf(version.container, version.blob);
  // The same for each delivery of one version, so that a receiver can tell a repeated delivery from a new event.
  const id = guidOf(`event|${topic}|${subject}|${version.etag}`);
  const time = new Date(version.lastModified).toISOString().replace('Z', '0000Z');
  const data = {
    api: news.api,
    clientRequestId: guidOf(`client|${topic}|${subject}|${version.etag}`),
    requestId: `${id.slice(0, -6)}000000`,
    eTag: version.etag,
    contentType: version.contentType,
    contentLength: version.contentLength,
    blobType: version.blobType,
    url: news.url,
    sequencer: sequencerOf(news.sequence),
    storageDiagnostics: { batchId: guidOf(`batch|${topic}`) },
  };
  return JSON.stringify(
    subscription.schema === 'EventGridSchema'
      ? { topic, subject, eventType: BLOB_CREATED, id, data, dataVersion: '', metadataVersion: '1', eventTime: time }
      : { source: topic, subject, type: BLOB_CREATED, time, id, data, specversion: '1.0' },
  );
}

/** 48 hexadecimal digits, compared as text: the shape of Azure's, where only the last 16 count within an account. */
export function sequencerOf(sequence: number): string {
  return '1'.padStart(32, '0') + sequence.toString(16).padStart(16, '0');
}

/** A GUID by name: version 5 layout over SHA-256 in place of SHA-1. */
function guidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
