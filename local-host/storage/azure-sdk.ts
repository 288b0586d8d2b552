/**
 * The Azure Storage SDKs, loaded when first needed: together they cost some 300 ms, which an app with HTTP triggers alone
 * should not pay at every start.
 */
import { runInThisContext } from 'node:vm';
import type * as Tables from '@azure/data-tables';
import type * as Identity from '@azure/identity';
import type * as Blobs from '@azure/storage-blob';
import type * as Queues from '@azure/storage-queue';

// Node's own `require`, also where a test runner puts one of its own in its place: Jest cannot load these packages, which
// depend on ES modules.
const load = (runInThisContext('process') as NodeJS.Process).getBuiltinModule('node:module').createRequire(__filename);

export const blobSdk = (): typeof Blobs => load('@azure/storage-blob') as typeof Blobs;
export const queueSdk = (): typeof Queues => load('@azure/storage-queue') as typeof Queues;
export const tableSdk = (): typeof Tables => load('@azure/data-tables') as typeof Tables;
export const identitySdk = (): typeof Identity => load('@azure/identity') as typeof Identity;

/** HTTP status of a failed storage call; undefined when the service did not answer at all. */
export function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { statusCode } = error as { statusCode?: unknown };
  return typeof statusCode === 'number' ? statusCode : undefined;
}

/** Error code of the storage service, such as `QueueNotFound`. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { code, details } = error as { code?: unknown; details?: { errorCode?: unknown } };
  if (typeof code === 'string') return code;
  return typeof details?.errorCode === 'string' ? details.errorCode : undefined;
}

export function messageOf(error: unknown): string {
  // Not by `instanceof`: the SDKs' errors come from outside of a test runner's own world.
  const message = (error as { message?: unknown } | undefined | null)?.message;
  return typeof message === 'string' ? message : String(error);
}
