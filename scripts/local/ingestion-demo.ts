/** Demo texts put into the ingestion container, as anybody would put them, and watched until a search finds them. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createStorageClients } from '../../src/adapters/azure-storage/clients';
import type { Config } from '../../src/config/config';

export interface IngestionDemo {
  readonly ingested: number;
  readonly put: number;
  readonly lines: readonly string[];
}

/** What the demo's Markdown answers. */
export const DEMO_QUESTION = 'how do I authenticate';
const SHOWN = 60;

/** Undefined when an earlier start did it. */
export async function runIngestionDemo(
  base: string,
  { storage, ingestion }: Pick<Config, 'storage' | 'ingestion'>,
  folder: string,
  stateFile: string,
  limitMs: number,
  signal: AbortSignal,
): Promise<IngestionDemo | undefined> {
  if (existsSync(stateFile)) return undefined;
  const container = createStorageClients(storage).blobs().getContainerClient(ingestion.container);
  const waiting = new Set<string>();
  for (const file of readdirSync(folder).sort()) {
    const name = `${ingestion.prefix}demo/${file}`;
    const bytes = readFileSync(path.join(folder, file));
    await container.getBlockBlobClient(name).upload(bytes, bytes.length, { metadata: { uploaded_by: 'npm start' } });
    waiting.add(name);
  }
  const put = waiting.size;
  writeFileSync(stateFile, JSON.stringify({ put }));
  const lines: string[] = [];
  for (const end = Date.now() + limitMs; waiting.size > 0 && Date.now() < end && !signal.aborted;) {
    for (const { name, chunks } of await documents(base)) {
      if (!waiting.delete(name)) continue;
      lines.push(`${path.basename(name).padEnd(14)} ingested   ${chunks} ${chunks === 1 ? 'chunk' : 'chunks'}`);
    }
    if (waiting.size > 0) await delay(200, undefined, { signal }).catch(() => undefined);
  }
  if (waiting.size < put) lines.push(await answerLine(base));
  return { ingested: put - waiting.size, put, lines };
}

async function documents(base: string): Promise<readonly { readonly name: string; readonly chunks: number }[]> {
  const answer = await fetch(`${base}/v1/documents?limit=1000`);
  if (!answer.ok) return [];
  return ((await answer.json()) as { items: { name: string; chunks: number }[] }).items;
}

async function answerLine(base: string): Promise<string> {
  const answer = await fetch(`${base}/v1/search?k=1&q=${encodeURIComponent(DEMO_QUESTION)}`);
  if (!answer.ok) return `"${DEMO_QUESTION}" was answered ${answer.status}`;
  const { hits } = (await answer.json()) as {
    hits: { score: number; name: string; headings: string[]; snippet: string }[];
  };
  const [hit] = hits;
  if (!hit) return `"${DEMO_QUESTION}" finds nothing`;
  const snippet = hit.snippet.replaceAll(/\s+/g, ' ').trim().slice(0, SHOWN);
  return `"${DEMO_QUESTION}" finds ${path.basename(hit.name)}, ${hit.headings.join(' > ')} (${hit.score.toFixed(2)}): ${snippet}…`;
}
