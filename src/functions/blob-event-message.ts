/** Messages of blob events as the hosts hand them over: as bytes, since the worker would parse JSON and fail at what is none. */
import type { InvocationContext } from '@azure/functions';
import { fromEnvelope, knownHeaders, toEnvelope, withoutMark } from '../domain/blob-events/delivery';
import { queueMessageText } from '../domain/queue-message';
import type { ReceivedBlobEvent } from '../intake/blob-events/receive-blob-event';
import { queueMessageOf } from './queue-message';

export function queuedBlobEvent(body: unknown, context: InvocationContext): ReceivedBlobEvent {
  const { id, insertedMs, dequeueCount } = queueMessageOf(body, context);
  const raw = queueMessageText(textOf(body));
  return { ...fromEnvelope(raw), id, raw, insertedMs, redelivered: dequeueCount > 1 };
}

/** The fields of a JSON body are copied over the trigger's metadata by the host, so nothing there is taken on trust. */
export function rabbitBlobEvent(body: unknown, context: InvocationContext): ReceivedBlobEvent {
  const { headers, messageId } = objectOf(context.triggerMetadata?.['basicProperties']);
  // When in doubt, yes: that costs a look.
  const redelivered = context.triggerMetadata?.['redelivered'] !== false;
  const text = withoutMark(textOf(body));
  const plain = Object.fromEntries(Object.entries(objectOf(headers)).map(([name, value]) => [name, headerOf(value)]));
  const known = knownHeaders(plain);
  const id = typeof messageId === 'string' && messageId !== '' ? messageId.slice(0, 200) : context.invocationId;
  return { headers: known, text, id, raw: envelopeOf(text, plain), insertedMs: Date.now(), redelivered };
}

/** With its headers, where both are what they should be. */
function envelopeOf(text: string, headers: Readonly<Record<string, unknown>>): string {
  try {
    JSON.parse(text);
  } catch {
    return text;
  }
  const plain = Object.entries(headers).filter(
    (entry): entry is [string, string | number] => typeof entry[1] === 'string' || typeof entry[1] === 'number',
  );
  return toEnvelope(text, Object.fromEntries(plain));
}

/** Texts in headers come as base64. */
function headerOf(value: unknown): unknown {
  return typeof value === 'string' ? Buffer.from(value, 'base64').toString('utf8') : value;
}

/** What is no UTF-8 is told as base64, so that nothing of it is lost; it is no JSON either way. */
function textOf(body: unknown): string {
  if (!Buffer.isBuffer(body)) return typeof body === 'string' ? body : JSON.stringify(body);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    return `base64:${body.toString('base64')}`;
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
