/** What tests of text ingestion share: blobs put as anybody would, and what can be seen of them over HTTP. */
import type { StorageClients } from '../../src/adapters/azure-storage/clients';
import type { DeadLetter } from '../../src/domain/dead-letter';
import type { DocumentRecord } from '../../src/domain/ingestion/document';
import { INGESTION_CONTAINER } from '../../src/domain/storage-layout';
import type { AppUnderTest } from './app-under-test';
import { DEPLOYMENT, KEY, type AzureOpenAiServer } from './azure-openai-under-test';

/** Settings of an app whose embedder is `server`. */
export function ingestionSettings(
  server: AzureOpenAiServer,
  more: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  return {
    PIPELINES: 'ingestion',
    AZURE_OPENAI_ENDPOINT: server.endpoint,
    AZURE_OPENAI_DEPLOYMENT: DEPLOYMENT,
    AZURE_OPENAI_API_KEY: KEY,
    AZURE_OPENAI_DIMENSIONS: '256',
    // Told to run where a test wants it.
    INGESTION_RECONCILE_SCHEDULE: '0 0 0 1 1 *',
    ...more,
  };
}

/** Puts a blob and gives the ETag of its version, quoted. */
export async function putText(
  clients: StorageClients,
  name: string,
  content: string | Uint8Array,
  options: { readonly contentType?: string; readonly metadata?: Record<string, string> } = {},
): Promise<string> {
  const blob = clients.blobs().getContainerClient(INGESTION_CONTAINER).getBlockBlobClient(name);
  const { etag } = await blob.upload(content, Buffer.byteLength(content), {
    blobHTTPHeaders: { blobContentType: options.contentType ?? 'application/octet-stream' },
    metadata: options.metadata ?? {},
  });
  return etag ?? '';
}

export interface Hit {
  readonly score: number;
  readonly similarity: number;
  readonly name: string;
  readonly documentId: string;
  readonly projectId: string;
  readonly headings: readonly string[];
  readonly start: number;
  readonly end: number;
  readonly snippet: string;
}

/** An app's routes of text ingestion. */
export function ingestionClient(url: string) {
  const ask = async <T>(route: string): Promise<T> => {
    const answer = await fetch(url + route);
    if (!answer.ok) throw new Error(`${route} was answered ${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as T;
  };
  return {
    ask,
    search: async (words: string, more = ''): Promise<readonly Hit[]> =>
      (await ask<{ hits: Hit[] }>(`/v1/search?q=${encodeURIComponent(words)}${more}`)).hits,
    async documents(): Promise<readonly DocumentRecord[]> {
      const all: DocumentRecord[] = [];
      for (let continuation = ''; ;) {
        const page = await ask<{ items: DocumentRecord[]; continuation?: string }>(
          `/v1/documents?limit=1000${continuation}`,
        );
        all.push(...page.items);
        if (page.continuation === undefined) return all;
        continuation = `&continuation=${encodeURIComponent(page.continuation)}`;
      }
    },
    letters: async (): Promise<readonly DeadLetter[]> =>
      (await ask<{ items: DeadLetter[] }>('/v1/dead-letters?pipeline=ingestion&state=open&limit=1000')).items,
    async reconcile(): Promise<void> {
      const answer = await fetch(`${url}/admin/functions/deleted-blobs-sought`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      });
      if (answer.status !== 202) throw new Error(`the look was answered ${answer.status}: ${await answer.text()}`);
    },
  };
}

/** The record of the end of the run that took this version of a blob, whenever it comes. */
export async function outcomeOf(
  app: Pick<AppUnderTest, 'line'>,
  name: string,
  etag: string,
): Promise<{ readonly outcome: string; readonly instanceId: string }> {
  const literal = (text: string): string =>
    JSON.stringify(text)
      .slice(1, -1)
      .replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
  const line = await app.line(
    new RegExp(`"Document settled".*"blob":"snippet-input/${literal(name)}","etag":"${literal(etag)}"`),
  );
  return JSON.parse(line) as { outcome: string; instanceId: string };
}
