/** The embeddings API of Azure OpenAI on this machine: its checks, its errors, its two encodings; vectors count words. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RequestGate } from './request-gate';
import { wordVector } from '../fakes/memory-embedder';

export interface ServedRequest {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: {
    readonly model: string;
    readonly input: readonly string[];
    readonly dimensions?: number;
    readonly encoding_format?: 'float' | 'base64';
  };
}

/** What is answered in place of vectors; `hang`: nothing; `cut`: the connection ends amid the answer. */
export type Fault =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: unknown }
  | 'hang'
  | 'cut';

export interface AzureOpenAiServer {
  /** Asked about method and path. */
  readonly gate: RequestGate;
  readonly endpoint: string;
  readonly requests: readonly ServedRequest[];
  /** For the next requests, one each. */
  readonly faults: Fault[];
  /** Asked at each request that no fault was set for. */
  nextFault?: (() => Fault | undefined) | undefined;
  /** The encoding that is answered, whatever was asked for. */
  encoding?: 'float' | 'base64';
  stop(): Promise<void>;
}

export const DEPLOYMENT = 'embed-small';
export const KEY = 'k'.repeat(32);
export const TOKEN = 'token-of-an-identity';
const FULL_DIMENSIONS = 1536;
const MOST_TOKENS = 8192;
const MOST_INPUTS = 2048;

export async function startAzureOpenAi(): Promise<AzureOpenAiServer> {
  const requests: ServedRequest[] = [];
  const faults: Fault[] = [];
  const gate = new RequestGate();
  const state: Pick<AzureOpenAiServer, 'encoding' | 'nextFault'> = {};
  const server = createServer((request, response) => {
    void serve(request, response);
  });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = JSON.parse(Buffer.concat(chunks).toString()) as ServedRequest['body'];
    const asked = `${request.method ?? ''} ${request.url ?? ''}`;
    await gate.pass(asked, 'request');
    requests.push({ path: request.url ?? '', headers: request.headers, body });
    const fault = faults.shift() ?? state.nextFault?.();
    if (fault === 'hang') return;
    if (fault === 'cut') {
      response.writeHead(200, { 'content-length': 1000 }).write('{"data":[', () => response.destroy());
      return;
    }
    const { status, headers = {}, body: given } = fault ?? answerTo(request, body, state.encoding);
    await gate.pass(asked, 'answer');
    const text = typeof given === 'string' ? given : JSON.stringify(given ?? {});
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text);
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(state, {
    endpoint: `http://127.0.0.1:${port}`,
    gate,
    requests,
    faults,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
}

function answerTo(
  { url, method, headers }: IncomingMessage,
  { model, input, dimensions = FULL_DIMENSIONS, encoding_format }: ServedRequest['body'],
  encoding = encoding_format ?? 'float',
): Exclude<Fault, string> {
  if (headers['api-key'] !== KEY && headers.authorization !== `Bearer ${TOKEN}`)
    return { status: 401, body: { error: { code: '401', message: 'Access denied due to invalid subscription key.' } } };
  if (method !== 'POST' || url !== '/openai/v1/embeddings') return { status: 404, body: {} };
  if (model !== DEPLOYMENT)
    return { status: 404, body: { error: { code: 'DeploymentNotFound', message: 'No such deployment.' } } };
  const invalid = (message: string, param: string | null = null): Exclude<Fault, string> => ({
    status: 400,
    body: { error: { message, type: 'invalid_request_error', param, code: null } },
  });
  if (input.length > MOST_INPUTS) return invalid("'$.input' is too long: too many inputs.", 'input');
  if (input.includes('')) return invalid("'$.input' is invalid. An input cannot be an empty string.", 'input');
  const tokens = input.map((text) => text.split(/\s+/).filter(Boolean).length + 1);
  const most = Math.max(...tokens);
  if (most > MOST_TOKENS)
    return invalid(
      `This model's maximum context length is ${MOST_TOKENS} tokens, however you requested ${most} tokens. Please reduce your prompt.`,
    );
  const total = tokens.reduce((sum, n) => sum + n, 0);
  const data = input.map((text, index) => {
    // Not of unit length, though the service's are, so that the client has to see to it.
    const vector = wordVector(text, dimensions).map((value) => value * 1.5);
    return {
      object: 'embedding',
      index,
      embedding: encoding === 'base64' ? Buffer.from(vector.buffer).toString('base64') : [...vector],
    };
  });
  return {
    status: 200,
    body: { object: 'list', data: data.reverse(), model, usage: { prompt_tokens: total, total_tokens: total } },
  };
}
