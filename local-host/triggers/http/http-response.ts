import type { RpcData } from '../../rpc-data';
import { setCookie } from './set-cookie';
import type { RpcCookie } from './set-cookie';

/** What goes back to the client; header names may repeat. */
export interface PlainResponse {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array;
}

interface RpcHttpResponse {
  readonly statusCode?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookies?: readonly RpcCookie[];
  readonly body?: RpcData;
}

/** Headers that belong to the connection or follow from the body. */
const OWN_HEADERS = new Set(['content-length', 'transfer-encoding', 'connection', 'keep-alive', 'upgrade']);

const EMPTY = new Uint8Array();

export const internalError: PlainResponse = { status: 500, headers: [], body: EMPTY };

/**
 * The answer to a buffered request, from what the function returned for its HTTP output. A function whose return binding is
 * something else answers with the returned value itself; one that returned nothing answers 204.
 */
export function httpResponse(returned: RpcData | undefined): PlainResponse {
  if (!returned) return { status: 204, headers: [], body: EMPTY };
  if (!('http' in returned)) return plainValue(returned);
  const http = returned.http as RpcHttpResponse;
  const headers = Object.entries(http.headers ?? {}).filter(([name]) => !OWN_HEADERS.has(name.toLowerCase()));
  for (const cookie of http.cookies ?? []) headers.push(['set-cookie', setCookie(cookie)]);
  const status = Number(http.statusCode ?? 200);
  if (!Number.isInteger(status) || status < 100 || status > 999) return internalError;
  return { status, headers, body: http.body ? bodyBytes(http.body) : EMPTY };
}

function plainValue(value: RpcData): PlainResponse {
  const type =
    'json' in value
      ? 'application/json; charset=utf-8'
      : 'bytes' in value
        ? 'application/octet-stream'
        : 'text/plain; charset=utf-8';
  return { status: 200, headers: [['content-type', type]], body: bodyBytes(value) };
}

function bodyBytes(data: RpcData): Uint8Array {
  if ('bytes' in data) return data.bytes;
  if ('string' in data) return Buffer.from(data.string, 'utf8');
  if ('json' in data) return Buffer.from(data.json, 'utf8');
  if ('int' in data) return Buffer.from(String(data.int));
  if ('double' in data) return Buffer.from(String(data.double));
  return EMPTY;
}
