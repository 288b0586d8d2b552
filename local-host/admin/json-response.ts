import type { HostHttpResponse } from '../worker-protocol';

export const status = (code: number): HostHttpResponse => ({ status: code });

export function json(body: unknown, code = 200): HostHttpResponse {
  return { status: code, headers: { 'content-type': 'application/json; charset=utf-8' }, body: JSON.stringify(body) };
}

export const unauthorized: HostHttpResponse = { status: 401, headers: { 'www-authenticate': 'Bearer' } };
