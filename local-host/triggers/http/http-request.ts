import { isUtf8 } from 'node:buffer';
import type { RpcData, RpcHttp } from '../../rpc-data';
import { isValidHost } from './host-header';
import { decodePath } from './request-path';
import { parseQuery } from './query-string';
import type { RouteValues } from './route-template';

/** A request's head, read once; the body is not touched. */
export interface RequestHead {
  readonly method: string;
  /** Decoded; see request-path.ts. */
  readonly path: string;
  /** With its `?`, as received; empty when there is none. */
  readonly rawQuery: string;
  readonly query: ReadonlyMap<string, readonly string[]>;
  /** Lower-case names; repeated ones joined by commas. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Reads a request's head, or undefined where the answer is 400: NUL in the path, header bytes that are not UTF-8 and a missing
 * host as in Kestrel; a header with characters beyond Latin-1 because `@azure/functions` cannot put it into a `Headers` (on
 * Azure the same request fails with 500 before the handler is called).
 */
export function readHead(method: string, url: string, rawHeaders: readonly string[]): RequestHead | undefined {
  const target = url.startsWith('/') ? url : originForm(url);
  if (target === undefined) return undefined;
  const mark = target.indexOf('?');
  const path = decodePath(mark < 0 ? target : target.slice(0, mark));
  const headers = joinHeaders(rawHeaders);
  if (path === undefined || headers === undefined || !isValidHost(headers['host'])) return undefined;
  const rawQuery = mark < 0 ? '' : target.slice(mark);
  return { method, path, rawQuery, query: parseQuery(rawQuery.slice(1)), headers };
}

/** `GET http://host/path` is legal; `OPTIONS *` has no path to route by. */
function originForm(url: string): string | undefined {
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) return undefined;
  const rest = url.replace(/^[a-z]+:\/\/[^/?]*/i, '');
  return rest.startsWith('/') ? rest : `/${rest}`;
}

function joinHeaders(raw: readonly string[]): Record<string, string> | undefined {
  const headers: Record<string, string> = Object.create(null) as Record<string, string>;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = (raw[i] ?? '').toLowerCase();
    const value = decodeHeader(raw[i + 1] ?? '');
    if (value === undefined) return undefined;
    const before = headers[name];
    headers[name] = before === undefined ? value : name === 'cookie' ? `${before}; ${value}` : `${before},${value}`;
  }
  return headers;
}

// eslint-disable-next-line no-control-regex -- the test is for ASCII
const ASCII = /^[\x00-\x7f]*$/;

// eslint-disable-next-line no-control-regex -- what a `Headers` can hold
const LATIN_1 = /^[\x00-\xff]*$/;

function decodeHeader(received: string): string | undefined {
  if (ASCII.test(received)) return received;
  const bytes = Buffer.from(received, 'latin1');
  if (!isUtf8(bytes)) return undefined;
  const text = bytes.toString('utf8');
  return LATIN_1.test(text) ? text : undefined;
}

/** The form in which a buffered request goes to the programming model. */
export function rpcHttpRequest(head: RequestHead, url: string, params: RouteValues, body: Uint8Array): RpcHttp {
  return {
    method: head.method,
    url,
    nullableHeaders: wrapped(Object.entries(head.headers)),
    nullableQuery: wrapped([...head.query].map(([name, values]) => [name, values.join(',')])),
    nullableParams: wrapped(Object.entries(params)),
    ...(body.length > 0 ? { body: { bytes: body } } : {}),
  };
}

function wrapped(entries: readonly (readonly [string, string])[]): Record<string, { value: string }> {
  const result = Object.create(null) as Record<string, { value: string }>;
  for (const [name, value] of entries) result[name] = { value };
  return result;
}

/**
 * Binding data of an HTTP trigger: fields of a JSON body, query parameters (the last of each name, never `code`), route
 * parameters; later ones win. The stream path shows it to the handler as `request.params`; binding expressions use it.
 */
export function bindingData(
  head: RequestHead,
  params: RouteValues,
  jsonBody: Uint8Array | undefined,
): Record<string, RpcData> {
  // Without a prototype: names come from the client, and one of them may be `__proto__`.
  const data = Object.create(null) as Record<string, RpcData>;
  for (const [name, value] of jsonFields(jsonBody)) data[name] = value;
  for (const [name, values] of head.query)
    if (name.toLowerCase() !== 'code' && name !== '') data[name] = { string: values.at(-1) ?? '' };
  for (const [name, value] of Object.entries(params)) data[name] = { string: value };
  return data;
}

function jsonFields(body: Uint8Array | undefined): [string, RpcData][] {
  if (!body || body.length === 0) return [];
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'));
  } catch {
    return [];
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return [];
  return Object.entries(parsed as Record<string, JsonValue>).flatMap(([name, value]): [string, RpcData][] => {
    if (value === null || Array.isArray(value)) return [];
    if (typeof value === 'object') {
      const json = jsonOf(value);
      return json === undefined ? [] : [[name, { json }]];
    }
    return [[name, { string: typeof value === 'boolean' ? (value ? 'True' : 'False') : String(value) }]];
  });
}

/** Undefined for what is nested deeper than it can be written, which is then no parameter. */
function jsonOf(value: object): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

type JsonValue = null | boolean | number | string | readonly unknown[] | Readonly<Record<string, unknown>>;
