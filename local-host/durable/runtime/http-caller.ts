import { Buffer } from 'node:buffer';
import type { HttpCall } from '../engine/history-event';
import { retryAfterSeconds } from './retry-after';

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

export interface HttpCallOptions {
  /** Between two polls when the answer names no time. */
  readonly pollDelayMs: number;
  /** How long one request may take, its answer included. @default 100 s, as .NET's HttpClient, which the extension uses */
  readonly timeoutMs?: number;
  readonly signal: AbortSignal;
  /** The token for a resource; undefined when there is none to be had. */
  readonly token: (resource: string) => Promise<string | undefined>;
}

const TIMEOUT_MS = 100_000;

/**
 * One HTTP call of an orchestration. Content goes out as `text/plain`, unless the app's headers say otherwise, as recorded
 * (`durable.callHttp.post`); redirects are followed. An answer 202 with a `Location` asks to poll that address.
 * @throws when no answer came in time, or the content is multipart, which the extension refuses.
 */
export async function callHttp(call: HttpCall, options: HttpCallOptions): Promise<HttpResult> {
  const headers = new Headers();
  for (const [name, value] of Object.entries(call.headers ?? {})) headers.set(name, value);
  if (headers.get('content-type')?.includes('multipart'))
    throw new Error('Multipart content is not supported with CallHttpAsync.');
  const hasBody = call.content !== undefined && !['GET', 'HEAD'].includes(call.method.toUpperCase());
  if (hasBody && !headers.has('content-type')) headers.set('content-type', 'text/plain');
  if (call.tokenResource !== undefined) {
    const token = await options.token(call.tokenResource);
    if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
  }
  const response = await request(call, headers, hasBody, options);
  const answered = Object.fromEntries(response.headers);
  const location = response.headers.get('location');
  const polls = call.polling && response.status === 202 && location !== null && location !== '';
  const seconds = polls ? retryAfterSeconds(response.headers.get('retry-after'), Date.now()) : undefined;
  if (polls) {
    // The library reads the header as well, and knows only seconds.
    if (seconds === undefined) delete answered['retry-after'];
    else answered['retry-after'] = String(seconds);
  }
  const answer: HttpAnswer = { statusCode: response.status, content: response.content, headers: answered };
  const result = JSON.stringify(answer);
  if (!polls) return { result };
  const afterMs = seconds === undefined ? options.pollDelayMs : seconds * 1000;
  return { result, pollAgain: { uri: new URL(location, call.uri).href, afterMs } };
}

async function request(
  call: HttpCall,
  headers: Headers,
  hasBody: boolean,
  { signal, timeoutMs = TIMEOUT_MS }: HttpCallOptions,
): Promise<{ status: number; headers: Headers; content: string }> {
  const late = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(call.uri, {
      method: call.method.toUpperCase(),
      headers,
      signal: AbortSignal.any([signal, late]),
      // As bytes, because text gets a charset that the recorded host does not send.
      ...(hasBody ? { body: Buffer.from(call.content ?? '') } : {}),
    });
    return { status: response.status, headers: response.headers, content: await response.text() };
  } catch (error) {
    if (!late.aborted) throw error;
    throw new Error(
      `The request was canceled due to the configured HttpClient.Timeout of ${timeoutMs / 1000} seconds elapsing.`,
      { cause: error },
    );
  }
}
