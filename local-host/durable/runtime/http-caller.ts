import { Buffer } from 'node:buffer';
import type { HttpCall } from '../engine/history-event';

/** What `callHttp` gives back, as the library reads it (`DurableHttpResponse`). */
interface HttpAnswer {
  readonly statusCode: number;
  readonly content: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface HttpResult {
  /** JSON text of the answer. */
  readonly result: string;
  readonly pollAgain?: { readonly uri: string; readonly afterMs: number };
}

/**
 * One HTTP call of an orchestration. Content goes out as `text/plain`, unless the app's headers say otherwise, as recorded
 * (`durable.callHttp.post`).
 * @throws when no answer came.
 */
export async function callHttp(call: HttpCall, pollDelayMs: number, signal: AbortSignal): Promise<HttpResult> {
  const headers = new Headers();
  for (const [name, value] of Object.entries(call.headers ?? {})) headers.set(name, value);
  const hasBody = call.content !== undefined && !['GET', 'HEAD'].includes(call.method.toUpperCase());
  if (hasBody && !headers.has('content-type')) headers.set('content-type', 'text/plain');
  const response = await fetch(call.uri, {
    method: call.method.toUpperCase(),
    headers,
    redirect: 'manual',
    signal,
    // As bytes, because text gets a charset that the recorded host does not send.
    ...(hasBody ? { body: Buffer.from(call.content ?? '') } : {}),
  });
  const answer: HttpAnswer = {
    statusCode: response.status,
    content: await response.text(),
    headers: Object.fromEntries(response.headers),
  };
  const result = JSON.stringify(answer);
  const location = response.headers.get('location');
  if (!call.polling || response.status !== 202 || !location) return { result };
  return {
    result,
    pollAgain: { uri: new URL(location, call.uri).href, afterMs: retryAfterMs(response.headers) ?? pollDelayMs },
  };
}

function retryAfterMs(headers: Headers): number | undefined {
  const seconds = Number(headers.get('retry-after') ?? NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
}
