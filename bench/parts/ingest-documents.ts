/**
 * Documents a second from the blob to the passages that a search finds, with a service that embeds at once; and what of it is
 * orchestration: the same texts handed to the orchestrator, without their blobs, and by the same steps called one after the other.
 */
import path from 'node:path';
import { compose } from '../../src/composition';
import { EMBEDDINGS } from '../../src/domain/ingestion/embeddings-input';
import { figure, type Figure } from './figures';
import { startIngestionApp, type IngestionApp } from './ingest-app';
import { textsOf } from './ingest-chunking';

/** At the same time, on each side. */
const AT_ONCE = 32;
const CHARACTERS = 2_000;

interface Round {
  readonly perSecond: number;
  readonly cpuMs: number;
}

/** `BENCH_DOCUMENTS` (300) in each round, of 2,000 characters each, all different. */
export async function measure(rounds: number): Promise<Readonly<Record<string, Figure | number>>> {
  const documents = Number(process.env.BENCH_DOCUMENTS ?? 300);
  const texts = textsFor(documents);
  const app = await startIngestionApp();
  const direct = stepsOf(app);
  const sides: Readonly<Record<string, (round: number) => Promise<void>>> = {
    blobs: async (round) => {
      const all = app.settled(documents);
      await inLanes(documents, (n) => app.put(`${round}/${n}.md`, `${round} ${texts[n]}`));
      await all;
    },
    orchestrations: (round) =>
      inLanes(documents, (n) => orchestrate(app, `orchestrated ${round} ${n}`, texts[n] ?? '')),
    steps: (round) => inLanes(documents, (n) => direct.run(`stepped ${round} ${n}`, texts[n] ?? '')),
  };
  const made = new Map(Object.keys(sides).map((side) => [side, [] as Round[]]));
  try {
    // The first round of each side is for the compilers and caches.
    for (let round = 0; round <= rounds; round++)
      for (const [side, work] of Object.entries(sides)) {
        const [cpu, began] = [app.cpuMs(), performance.now()];
        await work(round);
        const seconds = (performance.now() - began) / 1000;
        if (round === 0) continue;
        const now = app.cpuMs();
        // Of the app and its host; storage and service are others'.
        const cpuMs = (now.here + now.worker - cpu.here - cpu.worker) / documents;
        made.get(side)?.push({ perSecond: documents / seconds, cpuMs });
        console.log(`documents: ${side} ${(documents / seconds).toFixed(0)}/s, CPU ms each ${cpuMs.toFixed(1)}`);
      }
  } finally {
    await direct.stop();
    await app.stop();
  }
  const of = (side: string, pick: (round: Round) => number): number[] => (made.get(side) ?? []).map(pick);
  const overhead = (pick: (round: Round) => number): number[] => {
    const stepped = of('steps', pick);
    return of('orchestrations', pick).map((value, round) => value - (stepped[round] ?? NaN));
  };
  return {
    documents,
    perSecond: figure(of('blobs', ({ perSecond }) => perSecond)),
    cpuMs: figure(of('blobs', ({ cpuMs }) => cpuMs)),
    orchestratedPerSecond: figure(of('orchestrations', ({ perSecond }) => perSecond)),
    steppedPerSecond: figure(of('steps', ({ perSecond }) => perSecond)),
    orchestrationMs: figure(overhead(({ perSecond }) => 1000 / perSecond)),
    orchestrationCpuMs: figure(overhead(({ cpuMs }) => cpuMs)),
  };
}

async function orchestrate({ host }: IngestionApp, name: string, text: string): Promise<void> {
  const answer = await host.fetch(`/runtime/webhooks/durabletask/orchestrators/${EMBEDDINGS}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ projectId: 'bench', name, text }),
  });
  const { id } = (await answer.json()) as { readonly id: string };
  const { output } = await host.waitForInstance(id);
  if ((output as { readonly outcome?: unknown }).outcome !== 'ingested')
    throw new Error(`${name}: ${JSON.stringify(output)}`);
}

/** The steps of one document as its orchestration calls them, in this process, with a store and a service alike. */
function stepsOf({ config, folder }: IngestionApp): {
  run(name: string, text: string): Promise<void>;
  stop(): Promise<void>;
} {
  const store = { kind: 'sqlite', file: path.join(folder, 'steps.db') } as const;
  const quiet = { ...config, logLevel: 'error', ingestion: { ...config.ingestion, store } } as const;
  const { ingestion } = compose(quiet);
  const { activities } = ingestion;
  return {
    async run(name, text) {
      const run = { instanceId: name, beganAtMs: Date.now() };
      const planned = await activities['plan-document']({ run, input: { projectId: 'bench', name, text } });
      if (planned.kind !== 'plan') throw new Error(`${name}: ${planned.kind}`);
      const { key, record, batches } = planned.plan;
      for (const batch of batches) {
        const { kind } = await activities['index-batch']({ key, version: record.version, batch });
        if (kind !== 'indexed') throw new Error(`${name}: ${kind}`);
      }
      await activities['replace-document']({ record });
      await activities['settle-document']({
        ...{ outcome: 'ingested', instanceId: name, projectId: 'bench', name, working: [] },
      });
    },
    stop: () => ingestion.stop(),
  };
}

/** Parts of this repository's own texts. */
function textsFor(count: number): readonly string[] {
  const own = textsOf('.md').join('\n');
  return Array.from({ length: count }, (_, n) => own.slice((n * 977) % (own.length - CHARACTERS)).slice(0, CHARACTERS));
}

async function inLanes(count: number, work: (n: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}
