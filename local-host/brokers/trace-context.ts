const TRACE_PARENT = /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/;

/** The W3C trace context that a message carries in its headers, as text or bytes; undefined when it carries none. */
export function traceOf(
  traceParent: unknown,
  traceState: unknown,
): { readonly traceParent: string; readonly traceState?: string } | undefined {
  const parent = asText(traceParent);
  if (parent === undefined || !TRACE_PARENT.test(parent)) return undefined;
  const state = asText(traceState);
  return { traceParent: parent, ...(state === undefined ? {} : { traceState: state }) };
}

function asText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return Buffer.isBuffer(value) ? value.toString('utf8') : undefined;
}
