import type { IHeaders, Message } from 'kafkajs';
import type { RpcData } from '../../rpc-data';
import { messagesOf } from '../../output-messages';

/** The parts that make text an event rather than a value. */
const PARTS = ['Offset', 'Partition', 'Topic', 'Timestamp', 'Value', 'Headers'] as const;

/**
 * The records that a returned value stands for. Text that is a JSON object with all of {@link PARTS} is an event with a key and
 * headers; anything else is the value itself.
 */
export function kafkaMessages(data: RpcData): Message[] {
  return messagesOf(data).map((message) =>
    typeof message === 'string' ? (eventOf(message) ?? { value: message }) : { value: Buffer.from(message) },
  );
}

function eventOf(text: string): Message | undefined {
  const event = objectOf(text);
  if (event === undefined || !PARTS.every((part) => Object.hasOwn(event, part))) return undefined;
  const { Value: value, Key: key, Headers: headers } = event;
  return {
    value: typeof value === 'string' ? value : JSON.stringify(value),
    ...(key === undefined || key === null ? {} : { key: typeof key === 'string' ? key : JSON.stringify(key) }),
    headers: headersOf(headers),
  };
}

function headersOf(given: unknown): IHeaders {
  const headers: IHeaders = {};
  for (const header of Array.isArray(given) ? (given as unknown[]) : []) {
    if (typeof header !== 'object' || header === null) continue;
    const { Key: name, Value: value } = header as { readonly Key?: unknown; readonly Value?: unknown };
    if (typeof name === 'string' && typeof value === 'string') headers[name] = value;
  }
  return headers;
}

function objectOf(text: string): Readonly<Record<string, unknown>> | undefined {
  if (!/^\s*\{/.test(text)) return undefined;
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}
