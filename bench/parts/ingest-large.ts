/** What the app's processes take more at their peak while a document of 10 MB is ingested, beside one of 100 KB; from Linux's /proc. */
import { readFileSync, writeFileSync } from 'node:fs';
import { figure, type Figure } from './figures';
import { startIngestionApp } from './ingest-app';
import { textsOf } from './ingest-chunking';

const LARGE = 10_000_000;
const SMALL = 100_000;

/** MiB over what the process had before, and seconds from the upload to the end. */
export async function measure(rounds: number): Promise<Readonly<Record<string, Figure | number>>> {
  const own = textsOf('.md').join('\n');
  const textOf = (length: number): string => own.repeat(Math.ceil(length / own.length)).slice(0, length);
  const app = await startIngestionApp();
  const grown = { small: [] as number[], large: [] as number[], host: [] as number[], seconds: [] as number[] };
  const ingest = async (name: string, text: string): Promise<void> => {
    const all = app.settled(1);
    await app.put(name, text);
    await all;
  };
  try {
    // The tokenizer's vocabulary, the compilers and connections are there.
    await ingest('warm.md', textOf(SMALL));
    for (let round = 0; round < rounds; round++) {
      const small = watch(app.worker);
      await ingest(`small-${round}.md`, `${round}\n${textOf(SMALL)}`);
      grown.small.push(small());
      const [worker, host, began] = [watch(app.worker), watch(process.pid), performance.now()];
      await ingest(`large-${round}.md`, `${round}\n${textOf(LARGE)}`);
      grown.seconds.push((performance.now() - began) / 1000);
      grown.large.push(worker());
      grown.host.push(host());
      console.log(
        `large: the app's process +${grown.large.at(-1)?.toFixed(0)} MiB (100 KB: +${grown.small.at(-1)?.toFixed(0)}), its host +${grown.host.at(-1)?.toFixed(0)}, ${grown.seconds.at(-1)?.toFixed(1)} s`,
      );
    }
  } finally {
    await app.stop();
  }
  return {
    growthMiB: figure(grown.large, 0),
    growthOf100KbMiB: figure(grown.small, 0),
    growthOfHostMiB: figure(grown.host, 0),
    seconds: figure(grown.seconds),
  };
}

/** Begins to watch the peak; the answer is how far above the present it was, in MiB. */
function watch(pid: number): () => number {
  // Resets the peak (proc(5), clear_refs).
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
  const before = memory(pid, 'VmRSS');
  return () => memory(pid, 'VmHWM') - before;
}

function memory(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024;
}
