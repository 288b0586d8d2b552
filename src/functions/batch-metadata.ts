/** Reads what a trigger with cardinality many says of its events: one array a field, as long as the batch. */
import type { InvocationContext } from '@azure/functions';
import { rawText } from '../domain/queue-message';

type Metadata = InvocationContext['triggerMetadata'];

/** The field of each event; undefined where the host left it out. */
export function fieldOfEach(metadata: Metadata, name: string): (index: number) => unknown {
  const all = metadata?.[name];
  return (index) => (Array.isArray(all) ? (all as unknown[])[index] : undefined);
}

/** Milliseconds since the epoch of what .NET writes, with or without a zone (UTC then); 0 for what is no time. */
export function timeOf(value: unknown): number {
  if (value instanceof Date) return value.getTime();
  if (typeof value !== 'string') return 0;
  const ms = Date.parse(/(Z|[+-]\d\d:?\d\d)$/i.test(value) ? value : `${value}Z`);
  return Number.isNaN(ms) ? 0 : ms;
}

/** The bodies of a batch as bytes, however the host hands them over. */
export function bodiesOf(input: unknown): readonly (Uint8Array | string)[] {
  return (Array.isArray(input) ? (input as unknown[]) : [input]).map((body) =>
    body instanceof Uint8Array ? body : rawText(body),
  );
}

/** A W3C `traceparent`, or undefined for anything else. */
export function traceparentOf(value: unknown): string | undefined {
  return typeof value === 'string' && /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(value)
    ? value
    : undefined;
}

/** `partition/offset`; what says nothing of it is told apart by the run and its place there. */
export function positionOf(
  partition: unknown,
  offset: unknown,
  { invocationId }: InvocationContext,
  i: number,
): string {
  return typeof offset === 'number' || typeof offset === 'string'
    ? `${String(partition)}/${offset}`
    : `${invocationId}/${i}`;
}
