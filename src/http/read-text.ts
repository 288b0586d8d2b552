import type { HttpRequest } from '@azure/functions';
import { problem } from '../domain/problem';
import { ProblemError } from './endpoint';

/**
 * The request's body as text, at most `limit` bytes of it held.
 * @throws ProblemError BODY_TOO_LARGE
 */
export async function readText(request: HttpRequest, limit: number): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (request.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > limit) {
      const detail = `The body may hold ${limit} bytes. Send less.`;
      throw new ProblemError(problem('BODY_TOO_LARGE', detail, { maxBytes: limit }));
    }
    parts.push(chunk);
  }
  return Buffer.concat(parts).toString('utf8');
}
