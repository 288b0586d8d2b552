/** Parameters of `GET /v1/items`. */
import { lookup } from './item';

export interface ItemQuery {
  /** One of those that `lookupsOf` gives. */
  readonly lookup: string;
  /** Undefined: of all tenants. */
  readonly tenantId: string | undefined;
  readonly limit: number;
}

const KINDS = [
  ['name', 'name'],
  ['orderId', 'order'],
  ['traceId', 'trace'],
] as const;
const LONGEST = 2_048;
/** In one answer. */
export const MOST_ITEMS = 1_000;
const USUAL = 100;
/** A trace id, or a W3C traceparent that it stands in. */
const TRACE = /^(?:[0-9a-f]{2}-)?([0-9a-f]{32})(?:-[0-9a-f]{16}-[0-9a-f]{2})?$/;

export function parseItemQuery(query: {
  get(name: string): string | null;
}): { readonly kind: 'query'; readonly query: ItemQuery } | { readonly kind: 'rejected'; readonly detail: string } {
  const given = KINDS.flatMap(([parameter, by]) => {
    const value = query.get(parameter);
    return value === null ? [] : [{ parameter, by, value }];
  });
  const [one, ...more] = given;
  if (!one || more.length > 0) return rejected('Say one of name, orderId and traceId, as in ?name=invoice.pdf');
  const { parameter, by } = one;
  const value = by === 'trace' ? TRACE.exec(one.value.toLowerCase())?.[1] : one.value;
  if (value === undefined) return rejected('traceId is 32 hexadecimal digits, or a traceparent.');
  if (value === '' || value.length > LONGEST) return rejected(`${parameter} may have 1 to ${LONGEST} characters.`);
  const limit = query.get('limit') ?? String(USUAL);
  if (!/^\d{1,4}$/.test(limit) || Number(limit) < 1 || Number(limit) > MOST_ITEMS)
    return rejected(`limit is a whole number from 1 to ${MOST_ITEMS}.`);
  const tenantId = query.get('tenantId') ?? undefined;
  return { kind: 'query', query: { lookup: lookup(by, value), tenantId, limit: Number(limit) } };
}

function rejected(detail: string): { readonly kind: 'rejected'; readonly detail: string } {
  return { kind: 'rejected', detail };
}
