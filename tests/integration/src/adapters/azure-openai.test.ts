/** The embedder on Azure OpenAI against a server that behaves as the service does. */
import { createAzureOpenAiEmbedder, type AzureOpenAiOptions } from '../../../../src/adapters/azure-openai/embedder';
import type { Embedder } from '../../../../src/ports/embedder';
import { embedderContract } from '../../../contracts/embedder';
import {
  DEPLOYMENT,
  KEY,
  startAzureOpenAi,
  TOKEN,
  type AzureOpenAiServer,
} from '../../../drivers/azure-openai-under-test';

let server: AzureOpenAiServer;
beforeAll(async () => {
  server = await startAzureOpenAi();
});
afterAll(() => server.stop());

const make = (over: Partial<AzureOpenAiOptions> = {}) =>
  createAzureOpenAiEmbedder({
    endpoint: server.endpoint,
    deployment: DEPLOYMENT,
    model: { name: 'text-embedding-3-small', dimensions: 256 },
    access: { kind: 'key', key: KEY },
    ...over,
  });

const shared: Embedder[] = [];
afterAll(() => Promise.all(shared.map((embedder) => embedder.close())));
embedderContract('Azure OpenAI', async () => {
  const embedder = make();
  shared.push(embedder);
  return { embedder };
});

test('asks for base64 and for the dimensions, and understands floats', async () => {
  const embedder = make();
  const first = await embedder.embed(['a b', '']);
  const { body, path } = server.requests.at(-1)!;
  expect([path, body]).toEqual([
    '/openai/v1/embeddings',
    { model: DEPLOYMENT, input: ['a b', ' '], encoding_format: 'base64', dimensions: 256 },
  ]);
  server.encoding = 'float';
  const second = await embedder.embed(['a b', '']);
  delete server.encoding;
  expect(second).toEqual(first);
  await embedder.close();
});

test('asks the model of old for no dimensions', async () => {
  const embedder = make({ model: { name: 'text-embedding-ada-002', dimensions: 1536 } });
  expect(await embedder.embed(['a'])).toMatchObject({ kind: 'embedded' });
  expect(server.requests.at(-1)!.body).not.toHaveProperty('dimensions');
  await embedder.close();
});

test('takes an endpoint with the path of the API, too', async () => {
  for (const tail of ['/', '/openai', '/openai/v1/']) {
    const embedder = make({ endpoint: server.endpoint + tail });
    expect(await embedder.embed(['a'])).toMatchObject({ kind: 'embedded' });
    await embedder.close();
  }
});

describe('an identity', () => {
  const credential = (tokens: readonly { token: string; minutes: number }[]) => {
    const scopes: (string | string[])[] = [];
    return {
      scopes,
      getToken: async (scope: string | string[]) => {
        const { token, minutes } = tokens[Math.min(scopes.length, tokens.length - 1)]!;
        scopes.push(scope);
        return { token, expiresOnTimestamp: Date.now() + minutes * 60_000 };
      },
    };
  };
  const using = (given: ReturnType<typeof credential>) =>
    make({ access: { kind: 'identity', credential: () => given } });

  test('is asked once for a token, until that ends', async () => {
    const long = credential([{ token: TOKEN, minutes: 60 }]);
    const embedder = using(long);
    await Promise.all([embedder.embed(['a']), embedder.embed(['b'])]);
    expect(await embedder.embed(['c'])).toMatchObject({ kind: 'embedded' });
    expect(long.scopes).toEqual(['https://cognitiveservices.azure.com/.default']);
    expect(server.requests.at(-1)!.headers).not.toHaveProperty('api-key');
    await embedder.close();

    const short = credential([{ token: TOKEN, minutes: 4 }]);
    const other = using(short);
    await other.embed(['a']);
    await other.embed(['b']);
    expect(short.scopes).toHaveLength(2);
    await other.close();
  });

  test('is asked again when the service did not take the token', async () => {
    const given = credential([
      { token: 'revoked', minutes: 60 },
      { token: TOKEN, minutes: 60 },
    ]);
    const embedder = using(given);
    await expect(embedder.embed(['a'])).rejects.toThrow(/401 .*Cognitive Services OpenAI User/);
    expect(await embedder.embed(['a'])).toMatchObject({ kind: 'embedded' });
    await embedder.close();
  });
});

test.each([
  ['429 with retry-after-ms', { status: 429, headers: { 'retry-after-ms': '1500', 'retry-after': '2' } }, 1500],
  ['429 with seconds', { status: 429, headers: { 'retry-after': '7' } }, 7000],
  ['429 without a time', { status: 429 }, 5000],
  ['429 with nonsense', { status: 429, headers: { 'retry-after': 'soon' } }, 5000],
  ['429 with a day', { status: 429, headers: { 'retry-after': '86400' } }, 3_600_000],
  ['503 with seconds', { status: 503, headers: { 'retry-after': '3' } }, 3000],
  ['503 with a date gone by', { status: 503, headers: { 'retry-after': 'Thu, 01 Jan 2026 00:00:00 GMT' } }, 0],
])('%s is busy', async (_, fault, retryAfterMs) => {
  const embedder = make();
  server.faults.push(fault);
  const before = server.requests.length;
  expect(await embedder.embed(['a'])).toEqual({ kind: 'busy', retryAfterMs });
  expect(server.requests.length).toBe(before + 1);
  await embedder.close();
});

test('a text that is too long is refused, by its place where there is one', async () => {
  const embedder = make();
  const long = 'word '.repeat(8200);
  expect(await embedder.embed([long])).toEqual({
    kind: 'refused',
    reason: expect.stringContaining('maximum context length is 8192 tokens'),
    index: 0,
  });
  const result = await embedder.embed(['a', long]);
  expect(result).toMatchObject({ kind: 'refused' });
  expect(result).not.toHaveProperty('index');
  await embedder.close();
});

test.each([
  [
    'a content filter',
    400,
    {
      code: 'content_filter',
      message: 'The response was filtered.',
      innererror: { code: 'ResponsibleAIPolicyViolation' },
    },
    undefined,
  ],
  ['a text by its place', 400, { code: 'string_above_max_length', message: 'x', param: 'input[1]' }, 1],
  ['a place that is none', 400, { code: 'string_above_max_length', message: 'x', param: 'input[7]' }, undefined],
  ['too large a request', 413, { message: 'Payload too large' }, undefined],
])('%s is a refusal', async (_, status, error, index) => {
  const embedder = make();
  server.faults.push({ status, body: { error } });
  expect(await embedder.embed(['a', 'b'])).toEqual({
    kind: 'refused',
    reason: error.message,
    ...(index === undefined ? {} : { index }),
  });
  await embedder.close();
});

test.each([
  ['500', { status: 500, body: 'oops' }, /500: oops/],
  ['502 of something between', { status: 502, body: '<html>\n<b>Bad gateway</b>' }, /502: <html> <b>Bad gateway/],
  ['503 without a time', { status: 503 }, /503/],
  ['408', { status: 408 }, /408/],
  ['400 about the settings', { status: 400, body: { error: { message: 'Unrecognized argument' } } }, /Unrecognized/],
  ['an answer cut short', 'cut' as const, /cannot be reached/],
  ['no JSON', { status: 200, body: 'hello' }, /something else than vectors/],
  ['no vectors', { status: 200, body: { data: [] } }, /0 vectors for 1 texts/],
  ['other dimensions', { status: 200, body: { data: [{ index: 0, embedding: [1, 0] }] } }, /2 dimensions.* 256/],
])('%s is an exception, and the next call is fine', async (_, fault, message) => {
  const embedder = make();
  server.faults.push(fault);
  await expect(embedder.embed(['a'])).rejects.toThrow(message);
  expect(await embedder.embed(['a'])).toMatchObject({ kind: 'embedded' });
  await embedder.close();
});

test('a call has its time, and no key is in what is said of it', async () => {
  const embedder = make({ timeoutMs: 50 });
  server.faults.push('hang');
  await expect(embedder.embed(['a'])).rejects.toThrow(/no answer within 50 ms/);
  await embedder.close();
  const wrong = make({ access: { kind: 'key', key: 'wrong-secret' } });
  const error = await wrong.embed(['a']).then(
    () => new Error('It was let in.'),
    (reason: unknown) => reason as Error,
  );
  expect(error.message).toMatch(/401/);
  expect(`${error.stack ?? ''} ${JSON.stringify(error)}`).not.toContain('wrong-secret');
  await wrong.close();
  const other = make({ deployment: 'another' });
  await expect(other.embed(['a'])).rejects.toThrow(/404 .*deployment named another/);
  await other.close();
});

test('a service that is away is an exception', async () => {
  const gone = await startAzureOpenAi();
  await gone.stop();
  const embedder = make({ endpoint: gone.endpoint });
  await expect(embedder.embed(['a'])).rejects.toThrow(/ECONNREFUSED/);
  await embedder.close();
});

test('nothing is sent in the open', () => {
  expect(() => make({ endpoint: 'http://sluice.openai.azure.com' })).toThrow(/https:/);
});
