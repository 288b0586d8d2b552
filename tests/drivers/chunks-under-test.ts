/** What holds for the chunks of any text, and texts that try to break it. */
import fc from 'fast-check';
import type { Chunk, CountTokens } from '../../src/domain/ingestion/chunk';
import { chunkText, type ChunkingOptions } from '../../src/domain/ingestion/chunk-text';
import { CODE_SYNTAXES, type CodeLanguage } from '../../src/domain/ingestion/code-syntax';
import type { TextKind } from '../../src/domain/ingestion/text-kind';

/** Counters that have little in common: what holds for all of them rests on none. */
export const counters: Readonly<Record<string, CountTokens>> = {
  characters: (text) => text.length,
  bytes: (text) => Buffer.byteLength(text),
  words: (text) => text.match(/[\p{L}\p{N}]+|[^\s\p{L}\p{N}]/gu)?.length ?? 0,
  /** More for the whole than for its parts. */
  'characters and a pair for each four': (text) => text.length + Math.floor(text.length / 4),
};

export const kinds: readonly TextKind[] = [
  'markdown',
  'text',
  'lines',
  ...(Object.keys(CODE_SYNTAXES) as CodeLanguage[]),
];

/**
 * Chunks of a text, after everything was checked that `chunkText` promises.
 *
 * @throws Error that names the promise and the chunk
 */
export function checkedChunks(text: string, options: ChunkingOptions, count: CountTokens): Chunk[] {
  const chunks = chunkText(text, options, count);
  const fail = (promise: string, chunk: Chunk): never => {
    throw new Error(`${promise}: ${JSON.stringify(chunk)} of ${JSON.stringify(text.slice(0, 500))}`);
  };
  let before: Chunk | undefined;
  for (const chunk of chunks) {
    const { ordinal, contextStart, start, end, tokens, headings } = chunk;
    if (ordinal !== (before ? before.ordinal + 1 : 0)) fail('ordinals count up', chunk);
    if (start !== (before?.end ?? 0)) fail('each chunk starts where the one before ended', chunk);
    if (end <= start) fail('no chunk is empty', chunk);
    if (tokens !== count(text.slice(contextStart, end))) fail('tokens are counted', chunk);
    if (tokens > options.maxTokens) fail('no chunk has too many tokens', chunk);
    if (contextStart > start || contextStart < (before?.start ?? 0)) fail('the overlap is of the chunk before', chunk);
    if (count(text.slice(contextStart, start)) > options.overlapTokens) fail('the overlap is within its limit', chunk);
    for (const place of [contextStart, end])
      if (/^[\ud800-\udbff][\udc00-\udfff]/.test(text.slice(place - 1, place + 1)) && place > 0)
        fail('no code point is split', chunk);
    if (headings.some((title) => title.length > 250)) fail('titles are short', chunk);
    before = chunk;
  }
  if ((before?.end ?? 0) !== text.length)
    throw new Error(`the chunks end at ${before?.end}, the text at ${text.length}`);
  return chunks;
}

const line = fc.oneof(
  fc.constantFrom(
    '',
    '',
    '# One',
    '## Two',
    '###### Six ##',
    '#',
    'Title\n===',
    '---',
    '```',
    '```js',
    '~~~~',
    '````',
    '> quote',
    '| a | b |',
    '|---|---|',
    '- item',
    '  - nested',
    '1. one',
    '    code',
  ),
  fc.constantFrom(
    'def f(a):',
    '    return 1',
    'class A:',
    '  def g(self):',
    '@decorator',
    '# comment',
    '"""',
    "'''",
    '}',
    '{',
    '};',
    ')',
    'else:',
    'function f() {',
    '  if (x) {',
    '/**',
    ' */',
    '// x',
    'const a = `',
    '`;',
    'public class B {',
    '#ifdef X',
    'impl<T> A for B {',
    '\t\tx = "',
    "'",
    '/*',
    '<!--',
    '-->',
  ),
  fc.lorem({ maxCount: 30 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.constantFrom(
    '漢字かな交じり文。',
    'これは文です。次の文。',
    '🇫🇷🇩🇪🇯🇵',
    '👩‍👩‍👧‍👦👍🏽',
    'e\u0301\u0301\u0301',
    'हिन्दी।',
    'ไทยไม่มีเว้นวรรค',
    'العربية؟',
    '\ud800',
    '\udc00x',
    '\u0000\u0001',
    '\u2028',
    ' ',
    '\t',
    '\r',
    'x'.repeat(300),
    '"'.repeat(50),
    'a.b.c.d.e.f.',
    '. '.repeat(20),
  ),
);

/** Texts of lines that mean something in Markdown or code, of many scripts, and of what breaks readers. */
export const hostileText: fc.Arbitrary<string> = fc
  .tuple(fc.array(line, { maxLength: 60 }), fc.constantFrom('\n', '\n', '\r\n', '\n\n', '', ' '))
  .map(([lines, joint]) => lines.join(joint));
