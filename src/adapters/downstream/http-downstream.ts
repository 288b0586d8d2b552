/**
 * The fulfilment service over HTTP (O2): a POST of the order as it came, with an `Idempotency-Key`
 * (https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/), over connections that are kept.
 */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Delivered, Downstream, OrderDelivery } from '../../ports/downstream';

export interface HttpDownstreamOptions {
  readonly url: string;
  /** For the whole exchange. */
  readonly timeoutMs: number;
  /** Connections at most. */
  readonly connections: number;
}

/** Of an answer that explains itself. */
const ANSWER_BYTES = 500;
/** Statuses that mean "another time" besides 5xx: timeout, conflict with the same key under way, too early, too many. */
const PASSING = new Set([408, 409, 425, 429]);

export function createHttpDownstream(options: HttpDownstreamOptions): Downstream {
  const url = new URL(options.url);
  const secure = url.protocol === 'https:';
  const agentOptions = { keepAlive: true, maxSockets: options.connections };
  const agent = secure ? new HttpsAgent(agentOptions) : new HttpAgent(agentOptions);
  const send = secure ? httpsRequest : httpRequest;

  function post(delivery: OrderDelivery): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const body = Buffer.from(delivery.text);
      const request = send(url, {
        method: 'POST',
        agent,
        signal: AbortSignal.timeout(options.timeoutMs),
        headers: {
          'content-type': 'application/json',
          'content-length': body.length,
          'idempotency-key': delivery.idempotencyKey,
          ...(delivery.traceparent ? { traceparent: delivery.traceparent } : {}),
        },
      });
      request.once('response', resolve).once('error', reject).end(body);
    });
  }

  return {
    async deliver(delivery): Promise<Delivered> {
      try {
        const answer = await post(delivery);
        const text = await beginning(answer);
        const status = answer.statusCode ?? 0;
        if (status >= 200 && status < 300) return { kind: 'delivered' };
        const reason = `The downstream service answered ${status}${text === '' ? '' : `: ${text}`}`;
        if (status < 500 && !PASSING.has(status)) return { kind: 'refused', reason };
        const retryAfterMs = retryAfter(answer.headers['retry-after']);
        return { kind: 'unavailable', reason, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
      } catch (error) {
        const { name, code, message } = error as NodeJS.ErrnoException;
        const cause =
          name === 'TimeoutError' || code === 'ABORT_ERR' ? `no answer within ${options.timeoutMs} ms` : message;
        return {
          kind: 'unavailable',
          reason: `The downstream service cannot be reached: ${code ?? ''} ${cause}`.trim(),
        };
      }
    },
  };
}

/** Reads the answer to its end, so that the connection can be used again, and keeps its beginning. */
async function beginning(answer: IncomingMessage): Promise<string> {
  let text = '';
  answer.setEncoding('utf8');
  for await (const chunk of answer as AsyncIterable<string>)
    if (text.length < ANSWER_BYTES) text += chunk.slice(0, ANSWER_BYTES - text.length);
  return text.replace(/[\p{Cc}\p{Cf}]+/gu, ' ').trim();
}

/** Seconds, or a date (RFC 9110, 10.2.3); at most an hour. */
function retryAfter(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), 60 * 60_000);
}
