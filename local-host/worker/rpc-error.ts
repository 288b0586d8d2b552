import { inspect } from 'node:util';
import type { RpcError } from '../worker-protocol';

/** Anything thrown, as data. */
export function toRpcError(thrown: unknown): RpcError {
  if (thrown instanceof Error || (typeof thrown === 'object' && thrown !== null && 'message' in thrown)) {
    const { message, stack, name } = thrown as { message: unknown; stack?: unknown; name?: unknown };
    return {
      message: String(message),
      ...(typeof stack === 'string' ? { stack } : {}),
      ...(typeof name === 'string' ? { type: name } : {}),
    };
  }
  return { message: typeof thrown === 'string' ? thrown : inspect(thrown) };
}
