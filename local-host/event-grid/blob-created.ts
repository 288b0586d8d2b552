/**
 * The text of a BlobCreated event, in either of Event Grid's schemas, as it is written to a Storage queue: one event per
 * message, not an array. Shape: azure-rest-api-specs, specification/eventgrid/data-plane/Microsoft.Storage (the example
 * blob_created.json of 2018-01-01), and CloudEvents 1.0 in its JSON format.
 */
import { createHash } from 'node:crypto';
import { BLOB_CREATED, subjectOf } from './subscription';

/** One version of a blob, as the service describes it. */
export interface BlobVersion {
  readonly container: string;
  readonly blob: string;
  /** Without quotes. */
  readonly etag: string;
  /** Milliseconds since the epoch; the service gives whole seconds. */
  readonly lastModified: number;
  /** Milliseconds since the epoch of the write of the content; undefined where the service does not say. */
  readonly createdOn: number | undefined;
  readonly contentLength: number;
  readonly contentType: string;
  /** Base64. */
  readonly contentMd5: string | undefined;
  readonly blobType: string;
}

export interface BlobCreatedFacts {
  readonly version: BlobVersion;
  readonly api: 'PutBlob' | 'PutBlockList' | 'CopyBlob';
  readonly topic: string;
  /** Address of the blob. */
  readonly url: string;
  /** Later events of a blob have a larger one. */
  readonly sequence: number;
}

export function blobCreatedEvent(facts: BlobCreatedFacts, schema: 'EventGridSchema' | 'CloudEventSchemaV1_0'): string {
  const { version, topic } = facts;
  const subject = subjectOf(version.container, version.blob);
  // The same for each delivery of one version, so that a receiver can tell a repeated delivery from a new event.
  const id = guidOf(`event|${topic}|${subject}|${version.etag}`);
  const time = new Date(version.lastModified).toISOString().replace('Z', '0000Z');
  const data = {
    api: facts.api,
    clientRequestId: guidOf(`client|${topic}|${subject}|${version.etag}`),
    requestId: `${id.slice(0, -6)}000000`,
    eTag: version.etag,
    contentType: version.contentType,
    contentLength: version.contentLength,
    blobType: version.blobType,
    url: facts.url,
    sequencer: sequencerOf(facts.sequence),
    storageDiagnostics: { batchId: guidOf(`batch|${topic}`) },
  };
  return JSON.stringify(
    schema === 'EventGridSchema'
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
