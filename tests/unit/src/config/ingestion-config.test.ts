import { loadConfig, type Config } from '../../../../src/config/config';
import { describeProblem } from '../../../../src/config/setting-problem';

const development = { AzureWebJobsStorage: 'UseDevelopmentStorage=true' };
const azure = { AzureWebJobsStorage__accountName: 'acme' };
const cosmos = { COSMOS_ENDPOINT: 'https://acme.documents.azure.com:443/' };
const openAi = { AZURE_OPENAI_ENDPOINT: 'https://acme.openai.azure.com/' };

function config(environment: Record<string, string>): Config {
  const loaded = loadConfig(environment);
  if (!loaded.ok) throw new Error(loaded.problems.map(describeProblem).join('\n'));
  return loaded.config;
}

it('is the packaged model and the embedded store where nothing is set', () => {
  expect(config(development).ingestion).toMatchObject({
    container: 'snippet-input',
    source: 'LogsAndContainerScan',
    maxBytes: 10 * 1024 * 1024,
    projectId: 'default-project',
    embedder: { kind: 'packaged' },
    store: { kind: 'sqlite', file: '.sluice/documents.db' },
    breaker: undefined,
  });
});

it('is Azure OpenAI where its endpoint is set, by identity unless there is a key', () => {
  const expected = {
    kind: 'azure-openai',
    endpoint: 'https://acme.openai.azure.com',
    deployment: 'text-embedding-3-small',
    model: { name: 'text-embedding-3-small', dimensions: 1536 },
  };
  expect(config({ ...development, ...openAi }).ingestion.embedder).toEqual({ ...expected, apiKey: undefined });
  const keyed = config({ ...development, ...openAi, AZURE_OPENAI_API_KEY: 'k' }).ingestion.embedder;
  expect(keyed).toEqual({ ...expected, apiKey: 'k' });
});

it('is Cosmos DB where its endpoint is set, by identity unless there is a key', () => {
  const expected = {
    kind: 'cosmos',
    endpoint: cosmos.COSMOS_ENDPOINT,
    database: 'sluice',
    vectorIndex: 'quantizedFlat',
  };
  expect(config({ ...development, ...cosmos }).ingestion.store).toEqual({ ...expected, key: undefined });
  expect(config({ ...development, ...cosmos, COSMOS_KEY: 'k' }).ingestion.store).toEqual({ ...expected, key: 'k' });
  expect(config({ ...development, ...cosmos, VECTOR_STORE: 'sqlite' }).ingestion.store).toMatchObject({
    kind: 'sqlite',
  });
});

it.each([
  [development, true],
  [
    {
      AzureWebJobsStorage:
        'DefaultEndpointsProtocol=http;AccountName=a;AccountKey=a2V5;BlobEndpoint=http://127.0.0.1:1/a;QueueEndpoint=http://127.0.0.1:2/a;TableEndpoint=http://127.0.0.1:3/a',
    },
    true,
  ],
  [azure, false],
  [{ ...azure, ...openAi }, false],
  [{ ...azure, ...cosmos }, false],
  [{ ...azure, ...cosmos, ...openAi }, true],
  [{ ...azure, PIPELINES: 'ingestion' }, true],
  [{ ...development, PIPELINES: 'media' }, false],
])('with %j it runs: %s', (environment, runs) => {
  expect(config(environment).pipelines.has('ingestion')).toBe(runs);
});

it('has a breaker when it is switched on', () => {
  const breaker = { ENABLE_CIRCUIT_BREAKER: '1', FAILURE_THRESHOLD: '3', CIRCUIT_OPEN_S: '7' };
  expect(config({ ...development, ...breaker }).ingestion.breaker).toEqual({ threshold: 3, openMs: 7_000 });
});

it.each([
  ['INGESTION_CONTAINER', 'Snippets'],
  ['INGESTION_CONTAINER', 'a/b'],
  ['INGESTION_PREFIX', '/docs'],
  ['INGESTION_PREFIX', 'a{name}'],
  ['INGESTION_PREFIX', '%HOME%'],
  ['MAX_BLOB_MB', '0'],
  ['INGESTION_EXTENSIONS', 'md'],
  ['DEFAULT_PROJECT_ID', 'a/b'],
  ['CHUNK_TOKENS', '10'],
  ['CHUNK_OVERLAP_TOKENS', '201'],
  ['EMBEDDER', 'openai'],
  ['EMBEDDER', 'azure-openai', 'AZURE_OPENAI_ENDPOINT'],
  ['VECTOR_STORE', 'cosmos', 'COSMOS_ENDPOINT'],
  ['COSMOS_ENDPOINT', 'acme'],
  ['AZURE_OPENAI_ENDPOINT', 'http://acme.openai.azure.com'],
  ['FAILURE_THRESHOLD', '0'],
  ['INGESTION_RECONCILE_SCHEDULE', '5m'],
])('refuses %s=%s, and names what is wrong', (name, value, named = name) => {
  const loaded = loadConfig({ ...development, [name]: value });
  const problems = loaded.ok ? [] : loaded.problems;
  expect(problems.map(({ setting }) => setting)).toEqual([named]);
});

it('prints no key', () => {
  const loaded = loadConfig({
    ...development,
    AZURE_OPENAI_API_KEY: 'the-key',
    COSMOS_KEY: 'the-key',
    MAX_BLOB_MB: 'x',
  });
  expect(loaded.ok ? '' : loaded.problems.map(describeProblem).join()).not.toContain('the-key');
});
