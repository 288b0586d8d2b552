/**
 * What an answer of the embeddings API means
 * (https://learn.microsoft.com/azure/ai-foundry/openai/latest#create-embedding, and the quota page beside it).
 */
import { z } from 'zod';
import type { EmbedResult } from '../../ports/embedder';
import type { ExchangeAnswer } from './http-exchange';

export interface Asked {
  readonly texts: number;
  readonly dimensions: number;
  /** For messages. */
  readonly host: string;
  readonly deployment: string;
}

const answered = z.object({
  data: z.array(
    z.object({ index: z.number().int().nonnegative(), embedding: z.union([z.string(), z.array(z.number())]) }),
  ),
  usage: z.object({ prompt_tokens: z.number().nonnegative() }).optional(),
});

const failed = z.object({
  error: z.object({
    code: z.union([z.string(), z.number()]).nullish(),
    message: z.string().nullish(),
    param: z.string().nullish(),
    innererror: z.object({ code: z.string().nullish() }).nullish(),
  }),
});

/** Codes that are about the text, whenever it is sent. */
const REFUSING_CODES = new Set([
  'content_filter',
  'ResponsibleAIPolicyViolation',
  'context_length_exceeded',
  'string_above_max_length',
  'array_above_max_length',
]);
/** The same where the service gives no code of its own. */
const REFUSING_MESSAGES =
  /maximum context length|maximum input length|maximum (?:number of )?tokens|max \d+ tokens|content management policy|too (?:long|large|many inputs)/i;

const DEFAULT_RETRY_MS = 5_000;
const LONGEST_RETRY_MS = 60 * 60_000;
/** Of what the service says, in our messages. */
const REASON_CHARACTERS = 500;

/** @throws Error for every answer that says nothing about the texts: faults, and settings that are wrong. */
export function readAnswer(answer: ExchangeAnswer, asked: Asked, now: number): EmbedResult {
  const { status } = answer;
  if (status === 200) return vectorsOf(answer.text, asked);
  const problem = problemOf(answer.text);
  const asks = retryAfter(answer, now);
  if (status === 429 || (status === 503 && asks !== undefined))
    return { kind: 'busy', retryAfterMs: asks ?? DEFAULT_RETRY_MS };
  if ((status === 400 || status === 413 || status === 422) && isAboutTexts(status, problem)) {
    const index = indexOf(problem);
    const known = asked.texts === 1 ? 0 : index !== undefined && index < asked.texts ? index : undefined;
    return { kind: 'refused', reason: problem.reason, ...(known === undefined ? {} : { index: known }) };
  }
  throw new Error(`${asked.host} answered ${status}${remedy(status, asked)}: ${problem.reason}`);
}

interface Problem {
  readonly codes: readonly string[];
  readonly param: string;
  readonly reason: string;
}

function problemOf(text: string): Problem {
  const { data } = failed.safeParse(parsed(text));
  if (!data) return { codes: [], param: '', reason: oneLine(text) };
  const { code, message, param, innererror } = data.error;
  return {
    codes: [code, innererror?.code].flatMap((each) => (each === null || each === undefined ? [] : [String(each)])),
    param: param ?? '',
    reason: oneLine(message ?? text),
  };
}

function isAboutTexts(status: number, { codes, reason }: Problem): boolean {
  return status === 413 || codes.some((code) => REFUSING_CODES.has(code)) || REFUSING_MESSAGES.test(reason);
}

/** Some answers name the text as `input[3]`. */
function indexOf({ param, reason }: Problem): number | undefined {
  const found = /input\[(\d+)\]/.exec(`${param} ${reason}`)?.[1];
  return found === undefined ? undefined : Number(found);
}

function vectorsOf(text: string, asked: Asked): EmbedResult {
  const { data, error } = answered.safeParse(parsed(text));
  if (!data) throw new Error(`${asked.host} answered with something else than vectors: ${oneLine(error.message)}`);
  const vectors = new Array<Float32Array | undefined>(asked.texts).fill(undefined);
  for (const { index, embedding } of data.data) {
    const vector = typeof embedding === 'string' ? fromBase64(embedding) : Float32Array.from(embedding);
    if (vector.length !== asked.dimensions)
      throw new Error(
        `The deployment ${asked.deployment} answers with ${vector.length} dimensions, but is set to have ${asked.dimensions}.`,
      );
    vectors[index] = unit(vector);
  }
  if (vectors.length !== asked.texts || vectors.includes(undefined))
    throw new Error(`${asked.host} answered with ${data.data.length} vectors for ${asked.texts} texts.`);
  return { kind: 'embedded', vectors: vectors as Float32Array[], tokens: data.usage?.prompt_tokens ?? 0 };
}

/** Floats of four bytes, the lowest first. */
function fromBase64(text: string): Float32Array {
  const bytes = Buffer.from(text, 'base64');
  return Float32Array.from({ length: Math.floor(bytes.length / 4) }, (_, i) => bytes.readFloatLE(i * 4));
}

function unit(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector);
  if (!(length > 0)) throw new Error('The service answered with a vector without a direction.');
  return vector.map((value) => value / length);
}

/** `retry-after-ms`, else `Retry-After` in seconds or as a date (RFC 9110, 10.2.3); an hour at most. */
function retryAfter({ headers }: ExchangeAnswer, now: number): number | undefined {
  const [exact, standard] = [headers['retry-after-ms'], headers['retry-after']];
  const ms =
    typeof exact === 'string' && /^\d+(\.\d+)?$/.test(exact)
      ? Number(exact)
      : standard === undefined
        ? NaN
        : /^\d+(\.\d+)?$/.test(standard)
          ? Number(standard) * 1000
          : Date.parse(standard) - now;
  return Number.isNaN(ms) ? undefined : Math.round(Math.min(Math.max(ms, 0), LONGEST_RETRY_MS));
}

function remedy(status: number, { deployment }: Asked): string {
  if (status === 401 || status === 403)
    return ' (give the app’s identity the role Cognitive Services OpenAI User on the resource, or check the key)';
  if (status === 404) return ` (check the endpoint, and that it has a deployment named ${deployment})`;
  return '';
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function oneLine(text: string): string {
  return (
    text
      .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
      .trim()
      .slice(0, REASON_CHARACTERS) || 'no reason was given'
  );
}
