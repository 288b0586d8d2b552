/**
 * A message with its headers. RabbitMQ carries both as they are; a storage queue, which knows no headers, carries
 * `{"headers":{…},"message":{…}}`, and so do dead letters, so that a replay belongs to the trace it came from.
 */
import { z } from 'zod';

export type Headers = Readonly<Record<string, string | number>>;

export interface Delivery {
  readonly headers: KnownHeaders;
  /** JSON, if it is what it should be. */
  readonly text: string;
}

/** Headers that we read; others are left alone, and ones that are not as they should be do not count. */
export interface KnownHeaders {
  /** W3C Trace Context. */
  readonly traceparent?: string;
  /** Bare ETag of the version that the message is about. */
  readonly etag?: string;
  /** Moves of this message that failed before. */
  readonly retries: number;
  /** Sent by a handler that could stay with the move no longer: to go on waiting for it, and never to begin another. */
  readonly handedOn?: true;
}

const traceparent = z.string().regex(/^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/);
const etag = z
  .string()
  .regex(/^[\x21\x23-\x7e]+$/)
  .max(128);
const HANDED_ON = 'handed_on';
const retries = z.coerce.number().int().nonnegative();

/** Takes what is of use from headers of any kind. */
export function knownHeaders(raw: unknown): KnownHeaders {
  const given: Readonly<Record<string, unknown>> =
    typeof raw === 'object' && raw !== null ? (raw as Record<string, unknown>) : {};
  const trace = traceparent.safeParse(given['traceparent']);
  const version = etag.safeParse(given['etag']);
  const tried = retries.safeParse(given['retries']);
  return {
    ...(trace.success ? { traceparent: trace.data } : {}),
    ...(version.success ? { etag: version.data } : {}),
    retries: tried.success ? tried.data : 0,
    ...(given[HANDED_ON] === undefined ? {} : { handedOn: true }),
  };
}

/** `text`: JSON. */
export function toEnvelope(text: string, headers: Headers): string {
  return `{"headers":${JSON.stringify(headers)},"message":${text}}`;
}

/** Characters of an envelope that is looked into; longer ones can only be rejected. */
const LONGEST_ENVELOPE = 256 * 1024;

/** Some writers begin JSON with a byte-order mark, which is none of it. */
export function withoutMark(text: string): string {
  return text.replace(/^\uFEFF/, '');
}

/** A text with headers around it, or without. Never throws. */
export function fromEnvelope(marked: string): Delivery {
  const text = withoutMark(marked);
  const bare: Delivery = { headers: { retries: 0 }, text };
  if (text.length > LONGEST_ENVELOPE) return bare;
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== 'object' || parsed === null || !('headers' in parsed) || !('message' in parsed)) return bare;
    return { headers: knownHeaders(parsed.headers), text: JSON.stringify(parsed.message) };
  } catch {
    return bare;
  }
}

/** Those of a message that takes the place of one that is in hand. */
export function handedOnHeaders(headers: Headers): Headers {
  return { ...headers, [HANDED_ON]: 1 };
}

/** The headers that a message is sent with, but that it was handed on. */
export function headersOf(
  { traceparent: trace, etag: version, retries: tried }: KnownHeaders,
  traceId: string,
): Headers {
  return {
    trace_id: traceId,
    ...(trace === undefined ? {} : { traceparent: trace }),
    ...(version === undefined ? {} : { etag: version }),
    retries: tried,
  };
}
