/** One JSON request over a connection that is kept, with nothing tried again. */
import { Agent as HttpAgent, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

export interface Exchange {
  /** @throws Error when no whole answer came within the time, or the answer is larger than {@link LARGEST_ANSWER}. */
  post(body: string, headers: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<ExchangeAnswer>;
  close(): void;
}

export interface ExchangeAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Some 2,000 vectors of 3,072 dimensions in base64. */
export const LARGEST_ANSWER = 64 * 2 ** 20;

/** `timeoutMs`: for the whole exchange. */
export function createExchange(url: URL, timeoutMs: number): Exchange {
  const secure = url.protocol === 'https:';
  const agent = secure ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
  const begin = secure ? httpsRequest : httpRequest;

  function send(
    body: Buffer,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const request = begin(url, {
        method: 'POST',
        agent,
        signal,
        headers: { ...headers, 'content-type': 'application/json', 'content-length': body.length },
      });
      request.once('response', resolve).once('error', reject).end(body);
    });
  }

  return {
    async post(body, headers, signal) {
      const timeout = AbortSignal.timeout(timeoutMs);
      try {
        const answer = await send(Buffer.from(body), headers, signal ? AbortSignal.any([signal, timeout]) : timeout);
        return { status: answer.statusCode ?? 0, headers: answer.headers, text: await whole(answer) };
      } catch (error) {
        signal?.throwIfAborted();
        if (timeout.aborted) throw new Error(`${url.host} gave no answer within ${timeoutMs} ms.`, { cause: error });
        const { code, message } = error as NodeJS.ErrnoException;
        throw new Error(`${url.host} cannot be reached: ${code ?? ''} ${message}`.replace('  ', ' '), { cause: error });
      }
    },
    close: () => agent.destroy(),
  };
}

async function whole(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > LARGEST_ANSWER) throw new Error(`The answer is larger than ${LARGEST_ANSWER} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
