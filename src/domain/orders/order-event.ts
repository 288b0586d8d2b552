/** An order event as every backend carries it (O1): JSON, `schemaVersion` 1.x, fields that we do not know kept as they are. */
import { z } from 'zod';
import { sha256Hex } from '../digest';

/** Bytes of a payload; Event Hubs and Kafka both stop at about a mebibyte by default. */
export const LARGEST_ORDER = 1024 * 1024;

/**
 * Anything that a log, a header or a table can carry without harm. Half a surrogate pair is not text: all of them become the
 * same replacement character, and with that two orders one.
 */
const id = z
  .string()
  .min(1)
  .max(200)
  .refine((text) => !/[\p{Cc}\p{Cf}\p{Cs}]/u.test(text), 'holds control or format characters, or half a character');

/** W3C Trace Context, version 00. */
const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

const schema = z.object({
  schemaVersion: z.string(),
  tenantId: id,
  orderId: id,
  requestId: id,
  /** Counts the events of one order: 1, 2, 3 … Absent: the order of arrival. */
  sequence: z.int().min(1).optional(),
  status: z.string().max(200).optional(),
  /** For backends whose messages have no headers, such as the storage queue. What is none makes no order invalid. */
  traceparent: z.string().regex(TRACEPARENT).optional().catch(undefined),
});

export type OrderEvent = Readonly<z.infer<typeof schema>>;

export type ParsedOrder =
  | { readonly kind: 'order'; readonly order: OrderEvent }
  | { readonly kind: 'rejected'; readonly code: OrderRejection; readonly reason: string };

export type OrderRejection = 'MESSAGE_UNPARSABLE' | 'ORDER_INVALID' | 'SCHEMA_UNSUPPORTED';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The text of a payload, or undefined when it is not UTF-8. A byte order mark is left out. */
export function orderText(payload: Uint8Array): string | undefined {
  try {
    return utf8.decode(payload);
  } catch {
    return undefined;
  }
}

/** Never throws, whatever the text is. */
export function parseOrder(text: string): ParsedOrder {
  if (text.length > LARGEST_ORDER)
    return rejected('ORDER_INVALID', `The event is longer than ${LARGEST_ORDER} characters.`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return rejected('MESSAGE_UNPARSABLE', `The event is not JSON: ${JSON.stringify(text.slice(0, 100))}`);
  }
  const version = versionOf(json);
  if (version !== undefined && !/^1\.\d{1,6}$/.test(version)) {
    return rejected('SCHEMA_UNSUPPORTED', `schemaVersion ${JSON.stringify(version.slice(0, 50))} is not 1.x.`);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return { kind: 'order', order: parsed.data };
  const [issue] = parsed.error.issues;
  const where = issue?.path.join('.') ?? '';
  return rejected('ORDER_INVALID', `${where === '' ? 'The event' : where}: ${issue?.message ?? 'not valid'}.`);
}

function versionOf(json: unknown): string | undefined {
  if (typeof json !== 'object' || json === null) return undefined;
  const { schemaVersion } = json as { schemaVersion?: unknown };
  return typeof schemaVersion === 'string' ? schemaVersion : undefined;
}

function rejected(code: OrderRejection, reason: string): ParsedOrder {
  return { kind: 'rejected', code, reason };
}

/** What an event is known under: the same for every delivery of it, on every backend. */
export interface OrderKey {
  /** SHA-256 of tenant and order, hexadecimal: the events of one order share it. */
  readonly order: string;
  /** SHA-256 of tenant, order and request, hexadecimal: the idempotency key. */
  readonly event: string;
}

export function orderKey({
  tenantId,
  orderId,
  requestId,
}: Partial<OrderEvent> & Pick<OrderEvent, 'tenantId' | 'orderId' | 'requestId'>): OrderKey {
  // Lengths keep apart what a separator inside an id could confuse.
  const order = `${tenantId.length}:${tenantId}${orderId.length}:${orderId}`;
  return { order: sha256Hex(order), event: sha256Hex(`${order}${requestId}`) };
}
