/** One document cut by one side, in a process of its own: `ingest-memory.js ours|theirs document|line`. Prints MiB and ms. */
import { createCl100kCounter } from '../../src/adapters/tokenizer/cl100k-counter';
import { chunkText } from '../../src/domain/ingestion/chunk-text';
import { textsOf } from './ingest-chunking';

const [side = '', shape = ''] = process.argv.slice(2);
const text = shape === 'line' ? decoded('x'.repeat(9_000_000)) : decoded(tenMegabytes());
const count = createCl100kCounter();
count('the vocabulary is there');

void (async () => {
  // The peak, in KiB.
  const before = process.resourceUsage().maxRSS;
  const began = process.cpuUsage();
  let chunks: number;
  if (side === 'ours') {
    chunks = chunkText(text, { kind: 'markdown', maxTokens: 400, overlapTokens: 50 }, count).length;
  } else {
    const { MarkdownTextSplitter } = await import('@langchain/textsplitters');
    const splitter = new MarkdownTextSplitter({ chunkSize: 400, chunkOverlap: 50, lengthFunction: count });
    chunks = (await splitter.splitText(text)).length;
  }
  const { user } = process.cpuUsage(began);
  const grown = (process.resourceUsage().maxRSS - before) / 1024;
  console.log(`${grown.toFixed(0)} MiB, ${(user / 1000).toFixed(0)} ms, ${chunks} chunks`);
})();

function tenMegabytes(): string {
  const own = textsOf('.md').join('\n');
  return own.repeat(Math.ceil(10_000_000 / own.length)).slice(0, 10_000_000);
}

/** As it comes from storage. */
function decoded(from: string): string {
  return Buffer.from(from, 'utf8').toString('utf8');
}
