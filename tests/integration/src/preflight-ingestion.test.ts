/** What keeps an app from starting on an index that it could not use (T3), and the remedy that it names. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createSqliteDocumentStore } from '../../../src/adapters/sqlite/document-store';
import { loadConfig, type Config } from '../../../src/config/config';
import { checkIngestion } from '../../../src/preflight';
import { DEPLOYMENT, KEY, startAzureOpenAi, type AzureOpenAiServer } from '../../drivers/azure-openai-under-test';

let folder: string;
let server: AzureOpenAiServer;
beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-preflight-'));
  server = await startAzureOpenAi();
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

function config(settings: Readonly<Record<string, string>>): Config {
  const base = {
    AzureWebJobsStorage: 'UseDevelopmentStorage=true',
    ...{ PIPELINES: 'ingestion', AZURE_OPENAI_ENDPOINT: server.endpoint, AZURE_OPENAI_API_KEY: KEY },
    ...{ AZURE_OPENAI_DEPLOYMENT: DEPLOYMENT, AZURE_OPENAI_DIMENSIONS: '64' },
  };
  const loaded = loadConfig({ ...base, ...settings });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.config;
}

async function reasons(settings: Readonly<Record<string, string>>): Promise<string> {
  const result = await checkIngestion(config(settings));
  return result.ok ? '' : result.reasons.join('\n');
}

it('passes with an index of the same model, or none yet', async () => {
  const settings = { SQLITE_FILE: path.join(folder, 'fresh.db') };
  expect(await reasons(settings)).toBe('');
  expect(await reasons(settings)).toBe('');
});

it('refuses an index with vectors of another model', async () => {
  const file = path.join(folder, 'other.db');
  const store = createSqliteDocumentStore({ file });
  await store.prepare({ name: 'another-model', dimensions: 8 });
  await store.close();
  const reason = await reasons({ SQLITE_FILE: file });
  expect(reason).toMatch(/^INDEX_MODEL_MIXED .*another-model \(8 dimensions\).*npm run reindex/);
});

it('names the setting of a file that is no index, and of a service that says no', async () => {
  const file = path.join(folder, 'text.db');
  writeFileSync(file, 'no database, but a text that is long enough to be taken for one'.repeat(100));
  expect(await reasons({ SQLITE_FILE: file })).toMatch(/^SETTINGS_INVALID SQLITE_FILE=/);
  const wrongKey = { SQLITE_FILE: path.join(folder, 'fresh.db'), AZURE_OPENAI_API_KEY: 'wrong' };
  const reason = await reasons(wrongKey);
  expect(reason).toMatch(/^CREDENTIAL_MISSING AZURE_OPENAI_ENDPOINT: .*401/);
  expect(reason).not.toContain('wrong');
});

it('asks nobody where the pipeline is off', async () => {
  const before = server.requests.length;
  expect(await reasons({ PIPELINES: 'media', SQLITE_FILE: '/dev/null/none.db' })).toBe('');
  expect(server.requests).toHaveLength(before);
});
