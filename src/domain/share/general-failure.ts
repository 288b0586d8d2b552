/**
 * Is a failure the file's own, so that it counts as one of its tries, or would any file have met it? Then nothing is wrong with
 * the file, and it waits (C7). What is known of neither is the file's own, so that somebody is told of it.
 */

/** What this machine, its disk or the network lacks, by the system's codes. */
const MACHINE: ReadonlySet<string> = new Set([
  ...['ENOSPC', 'EDQUOT', 'EROFS', 'EMFILE', 'ENFILE', 'ENOMEM', 'ENODEV', 'EAGAIN', 'EBUSY'],
  ...['ETIMEDOUT', 'ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ENOTCONN', 'ESHUTDOWN', 'ENOTFOUND'],
  ...['EAI_AGAIN', 'EHOSTDOWN', 'EHOSTUNREACH', 'ENETDOWN', 'ENETUNREACH'],
]);

/** What the staging disk can have against one file's path or length, and not against another's. */
const OWN_OF_STAGING: ReadonlySet<string> = new Set([
  ...['EISDIR', 'ENOTDIR', 'EEXIST', 'ENOTEMPTY', 'ENAMETOOLONG', 'ELOOP', 'EINVAL', 'EILSEQ', 'EFBIG'],
]);

/** No access, too much at once, or no such container: the same for every blob. */
const STATUSES: ReadonlySet<number> = new Set([401, 403, 408, 429]);

/** Of the share; one that says nothing of the sort may still be in trouble as a whole, and is asked. */
export function isMachineTrouble(code: string): boolean {
  return MACHINE.has(code);
}

/** Of the staging folder. */
export function isStagingTrouble(code: string): boolean {
  return !OWN_OF_STAGING.has(code);
}

/**
 * Of storage: no answer, 401, 403, 408, 429, 5xx, an identity that gives no token or no access that gets in, a container that is not there
 * (https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes).
 */
export function isStorageTrouble(error: unknown): boolean {
  const { name, statusCode, code } = (error ?? {}) as { name?: unknown; statusCode?: unknown; code?: unknown };
  const [called, coded] = [name, code].map((word) => (typeof word === 'string' ? word : '')) as [string, string];
  if (/Credential|Authentication|ShareAccessRefused/.test(called) || /^(Container|Account)/.test(coded)) return true;
  if (typeof statusCode === 'number') return STATUSES.has(statusCode) || statusCode >= 500;
  return called === 'RestError' || called === 'AbortError' || called === 'TimeoutError' || MACHINE.has(coded);
}
