/** Our chunker beside `@langchain/textsplitters`, on this repository's own texts, with the same limits and the same counter. */
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { createCl100kCounter } from '../../src/adapters/tokenizer/cl100k-counter';
import type { CountTokens } from '../../src/domain/ingestion/chunk';
import { chunkText } from '../../src/domain/ingestion/chunk-text';
import type { TextKind } from '../../src/domain/ingestion/text-kind';
import { figure, type Figure } from './figures';

const root = path.resolve(__dirname, '..', '..', '..');
const FOLDERS = ['.', 'docs', 'docs/adr', 'bench', 'src', 'local-host', 'scripts', 'tests/unit'];
/** Characters that each side cuts in a round; the texts are taken again until there are as many. */
const AMOUNT = 3_000_000;

interface Case {
  readonly name: string;
  readonly texts: readonly string[];
  readonly kind: TextKind;
}

interface Counting {
  readonly name: string;
  readonly count: CountTokens;
  readonly maxTokens: number;
  readonly overlapTokens: number;
}

const countings: readonly Counting[] = [
  { name: 'characters', count: (text) => text.length, maxTokens: 1600, overlapTokens: 200 },
  { name: 'tokens', count: createCl100kCounter(), maxTokens: 400, overlapTokens: 50 },
];

export async function measure(rounds: number): Promise<Record<string, Figure | number>> {
  const { MarkdownTextSplitter, RecursiveCharacterTextSplitter } = await import('@langchain/textsplitters');
  const markdown = amountOf(textsOf('.md'));
  const cases: readonly Case[] = [
    { name: 'markdown', texts: markdown, kind: 'markdown' },
    { name: 'typescript', texts: amountOf(textsOf('.ts')), kind: 'javascript' },
    { name: 'text', texts: markdown, kind: 'text' },
  ];
  const figures: Record<string, Figure | number> = {};
  for (const counting of countings)
    for (const { name, texts, kind } of cases) {
      const { count, maxTokens, overlapTokens } = counting;
      const options = { chunkSize: maxTokens, chunkOverlap: overlapTokens, lengthFunction: count };
      const splitter =
        kind === 'markdown'
          ? new MarkdownTextSplitter(options)
          : kind === 'javascript'
            ? RecursiveCharacterTextSplitter.fromLanguage('js', options)
            : new RecursiveCharacterTextSplitter(options);
      const ours = (): number =>
        texts.reduce((sum, text) => sum + chunkText(text, { kind, maxTokens, overlapTokens }, count).length, 0);
      const theirs = async (): Promise<number> => {
        let chunks = 0;
        for (const text of texts) chunks += (await splitter.splitText(text)).length;
        return chunks;
      };
      const result = await compare(rounds, texts, ours, theirs);
      console.log(
        `${name} by ${counting.name}: ours ${result.ours.median} MB/s and ${result.chunks[0]} chunks, theirs ${result.theirs.median} and ${result.chunks[1]}, ratio ${result.ratio.median}`,
      );
      figures[`${name}, ${counting.name}: ours / theirs`] = result.ratio;
      figures[`${name}, ${counting.name}: ours, MB/s`] = result.ours;
      figures[`${name}, ${counting.name}: theirs, MB/s`] = result.theirs;
    }
  for (const side of ['ours', 'theirs'])
    figures[`10 MB of Markdown, growth in MiB: ${side}`] = growth(side, 'document');
  figures['9 MB in one line, growth in MiB: ours'] = growth('ours', 'line');
  return figures;
}

interface Comparison {
  readonly ratio: Figure;
  readonly ours: Figure;
  readonly theirs: Figure;
  readonly chunks: readonly [ours: number, theirs: number];
}

/** By processor time, since the machine is shared; a first round warms up. */
async function compare(
  rounds: number,
  texts: readonly string[],
  ours: () => number,
  theirs: () => Promise<number>,
): Promise<Comparison> {
  const characters = texts.reduce((sum, { length }) => sum + length, 0);
  const speeds: [number[], number[]] = [[], []];
  let chunks: [number, number] = [0, 0];
  for (let round = 0; round <= rounds; round++) {
    const began = process.cpuUsage();
    const own = ours();
    const spent = process.cpuUsage(began);
    const then = process.cpuUsage();
    const other = await theirs();
    const spentThen = process.cpuUsage(then);
    chunks = [own, other];
    if (round === 0) continue;
    speeds[0].push(characters / (spent.user + spent.system));
    speeds[1].push(characters / (spentThen.user + spentThen.system));
  }
  const ratios = speeds[0].map((speed, round) => speed / (speeds[1][round] ?? NaN));
  return { ratio: figure(ratios, 2), ours: figure(speeds[0]), theirs: figure(speeds[1]), chunks };
}

/** What a process of its own takes more at its peak, after it had the text. */
function growth(side: string, shape: string): number {
  const script = path.join(__dirname, 'ingest-memory.js');
  const { stdout, status } = spawnSync(process.execPath, [script, side, shape], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ingest-memory ${side} ${shape} ended with ${status}`);
  console.log(`${shape}, ${side}: ${stdout.trim()}`);
  return Number(stdout.split(' ')[0]);
}

/** Of this repository, as they lie there. */
export function textsOf(extension: string): readonly string[] {
  return FOLDERS.flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: folder !== '.' && folder !== 'docs', encoding: 'utf8' })
      .filter((file) => file.endsWith(extension))
      .sort()
      .map((file) => readFileSync(path.join(root, folder, file), 'utf8')),
  );
}

function amountOf(texts: readonly string[]): readonly string[] {
  const amount: string[] = [];
  for (let characters = 0, at = 0; characters < AMOUNT; at++) {
    const text = texts[at % texts.length] ?? '';
    amount.push(text);
    characters += text.length;
  }
  return amount;
}
