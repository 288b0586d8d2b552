import type { KeyRing, KeyScope } from '../keys/key-ring';
import type { HostHttpRequest, HostHttpResponse } from '../worker-protocol';
import { json, status } from './json-response';

/**
 * `…/keys` and `…/keys/{name}` of the host (`/admin/host/keys`, `/admin/host/systemkeys`) or of a function.
 * @param self address of the collection
 */
export function handleKeys(
  request: HostHttpRequest,
  ring: KeyRing,
  scope: KeyScope,
  name: string | undefined,
  self: string,
): HostHttpResponse {
  if (name === undefined) {
    if (request.method !== 'GET') return status(405);
    const keys = Object.entries(keysIn(ring, scope)).map(([key, value]) => ({ name: key, value }));
    return json({ keys, links: [{ rel: 'self', href: self }] });
  }
  const one = (value: string, code: number): HostHttpResponse =>
    json({ name, value, links: [{ rel: 'self', href: `${self}/${name}` }] }, code);
  const existing = keysIn(ring, scope)[name];
  switch (request.method) {
    case 'GET':
      return existing === undefined ? status(404) : one(existing, 200);
    case 'PUT': {
      const value = givenValue(request.body);
      if (value === undefined) return status(400);
      return one(ring.set(scope, name, value), existing === undefined ? 201 : 200);
    }
    case 'POST':
      return one(ring.set(scope, name), existing === undefined ? 201 : 200);
    case 'DELETE':
      return status(ring.remove(scope, name) ? 204 : 404);
    default:
      return status(405);
  }
}

function keysIn(ring: KeyRing, scope: KeyScope): Readonly<Record<string, string>> {
  if (scope.kind === 'host') return ring.hostKeys;
  return scope.kind === 'system' ? ring.systemKeys : ring.keysOf(scope.functionName);
}

function givenValue(body: Uint8Array): string | undefined {
  try {
    const { value } = JSON.parse(Buffer.from(body).toString('utf8')) as { value?: unknown };
    return typeof value === 'string' && value !== '' ? value : undefined;
  } catch {
    return undefined;
  }
}
