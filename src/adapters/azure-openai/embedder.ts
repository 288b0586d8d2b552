/**
 * Embeddings by a deployment in Azure OpenAI, through the `v1` API
 * (https://learn.microsoft.com/azure/ai-foundry/openai/latest). Nothing is tried again here: what may be is for the steps above,
 * which wait durably.
 */
import type { TokenCredential } from '@azure/core-auth';
import type { EmbeddingModel } from '../../domain/ingestion/document';
import type { Embedder } from '../../ports/embedder';
import { createExchange } from './http-exchange';
import { readAnswer } from './service-answer';

export interface AzureOpenAiOptions {
  /** Of the resource, such as `https://NAME.openai.azure.com`. */
  readonly endpoint: string;
  readonly deployment: string;
  /**
   * Name of the model that is deployed, such as `text-embedding-3-small`, and the dimensions that are asked for. Only
   * `text-embedding-ada-002` cannot be asked: it has 1,536.
   */
  readonly model: EmbeddingModel;
  readonly access: AzureOpenAiAccess;
  /** For a whole call, in milliseconds. Default 60,000. */
  readonly timeoutMs?: number;
  /** Default 256 texts and 100,000 tokens; the service's own are 2,048 and 300,000. */
  readonly limits?: Embedder['limits'];
}

export type AzureOpenAiAccess =
  | { readonly kind: 'identity'; readonly credential: () => TokenCredential }
  /** The explicit fallback. */
  | { readonly kind: 'key'; readonly key: string };

const TOKEN_SCOPE = 'https://cognitiveservices.azure.com/.default';
/** A token is renewed this long before it ends. */
const TOKEN_MARGIN_MS = 5 * 60_000;
const LIMITS = { texts: 256, tokens: 100_000 };
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** @throws Error when the endpoint is no https address: neither tokens nor keys are sent in the open, save to this machine. */
export function createAzureOpenAiEmbedder(options: AzureOpenAiOptions): Embedder {
  const { deployment, model, access } = options;
  const limits = options.limits ?? LIMITS;
  const url = new URL(`${options.endpoint.replace(/\/+$/, '').replace(/\/openai(\/v1)?$/, '')}/openai/v1/embeddings`);
  if (url.protocol !== 'https:' && !LOOPBACK.has(url.hostname))
    throw new Error(`The endpoint of Azure OpenAI has to begin with https://, but is ${url.origin}.`);
  const exchange = createExchange(url, options.timeoutMs ?? 60_000);
  const closing = new AbortController();
  const tokens = access.kind === 'identity' ? keepToken(access.credential) : undefined;

  return {
    model,
    limits,
    async embed(texts, signal) {
      signal?.throwIfAborted();
      closing.signal.throwIfAborted();
      if (texts.length === 0) return { kind: 'embedded', vectors: [], tokens: 0 };
      if (texts.length > limits.texts) throw new Error(`${texts.length} texts, but at most ${limits.texts} at once.`);
      const body = JSON.stringify({
        model: deployment,
        // The service takes no empty text.
        input: texts.map((text) => (text === '' ? ' ' : text)),
        encoding_format: 'base64',
        ...(model.name === 'text-embedding-ada-002' ? {} : { dimensions: model.dimensions }),
      });
      const stop = signal ? AbortSignal.any([signal, closing.signal]) : closing.signal;
      const headers: Record<string, string> =
        access.kind === 'key' ? { 'api-key': access.key } : { authorization: `Bearer ${(await tokens?.get()) ?? ''}` };
      stop.throwIfAborted();
      const answer = await exchange.post(body, headers, stop);
      if (answer.status === 401) tokens?.forget();
      const asked = { texts: texts.length, dimensions: model.dimensions, host: url.host, deployment };
      return readAnswer(answer, asked, Date.now());
    },
    async close() {
      closing.abort(new Error('The embedder was closed.'));
      exchange.close();
    },
  };
}

/** A token is asked for once for all that wait for it, and kept until shortly before it ends. */
function keepToken(credential: () => TokenCredential): { get(): Promise<string>; forget(): void } {
  let standing: { readonly token: string; readonly until: number } | undefined;
  let asking: Promise<string> | undefined;
  const ask = async (): Promise<string> => {
    try {
      const given = await credential().getToken(TOKEN_SCOPE);
      if (!given) throw new Error('The identity gave no token for Azure OpenAI.');
      standing = { token: given.token, until: given.expiresOnTimestamp - TOKEN_MARGIN_MS };
      return given.token;
    } finally {
      asking = undefined;
    }
  };
  return {
    get: async () => (standing && standing.until > Date.now() ? standing.token : (asking ??= ask())),
    forget: () => (standing = undefined),
  };
}
