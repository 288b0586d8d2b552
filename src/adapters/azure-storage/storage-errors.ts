/** HTTP status of an error from a storage SDK, or undefined when the request got no answer. */
export function statusOf(error: unknown): number | undefined {
  const status = (error as { statusCode?: unknown } | undefined)?.statusCode;
  return typeof status === 'number' ? status : undefined;
}

/** Storage's own code, for example `BlobNotFound`. */
export function codeOf(error: unknown): string {
  const e = error as { code?: unknown; details?: { errorCode?: unknown; odataError?: { code?: unknown } } } | undefined;
  const code = e?.details?.errorCode ?? e?.details?.odataError?.code ?? e?.code;
  return typeof code === 'string' ? code : '';
}
