import type { PlantedBug } from '../../scripts/local/planted-bug';

const promises = { tests: 'ingestion/chunk-text.property', title: 'chunks make up the text' };

/** What chunks promise, how texts are told from what is none, and what must not be told of secrets. */
export const bugs: readonly PlantedBug[] = [
  {
    name: 'chunk-by-guess',
    plants: 'a chunk is as large as was guessed, whatever was counted',
    file: 'src/domain/ingestion/chunk-cutter.ts',
    find: '      if (tokens <= maxTokens) best =',
    replace: '      if (tokens > 0) best =',
    ...promises,
  },
  {
    name: 'chunk-overlap-by-guess',
    plants: 'an overlap is as large as was guessed',
    file: 'src/domain/ingestion/overlap.ts',
    find: '    if (tokens <= limit) return { at, tokens };',
    replace: '    if (tokens >= 0) return { at, tokens };',
    ...promises,
  },
  {
    name: 'chunk-splits-pairs',
    plants: 'a character is split between its two code units',
    file: 'src/domain/ingestion/character-start.ts',
    find: '  if (startsSurely(text.charCodeAt(place - 1), text.charCodeAt(place))) return place;',
    replace: '  if (place > floor) return place;',
    ...promises,
  },
  {
    name: 'chunk-reads-the-rest',
    plants: 'each chunk of a long line looks through the whole rest of it',
    file: 'src/domain/ingestion/overlap.ts',
    find: "  const line = text.slice(from - 1, half).indexOf('\\n');\n  if (line >= 0) return from + line;\n",
    replace:
      "  const line = text.slice(from - 1).split('').indexOf('\\n');\n  if (line >= 0 && from + line < half) return from + line;\n",
    tests: 'ingestion/chunk-plain',
    title: 'a line of letters takes',
  },
  {
    name: 'chunk-code-titles',
    plants: 'a comment in fenced code is taken for a title',
    file: 'src/domain/ingestion/markdown-outline.ts',
    find: '        this.#fence = line.mark;\n',
    replace: '',
    tests: 'ingestion/chunk-markdown',
    title: 'what looks like a title',
  },
  {
    name: 'chunk-tears-functions',
    plants: 'a function that fits in a chunk of its own is torn to fill the one before',
    file: 'src/domain/ingestion/chunk-end.ts',
    find: 'else if (hasContent && (taken >= enough || group.tokens <= room.whole)) return full();',
    replace: 'else if (hasContent && taken >= room.whole) return full();',
    tests: 'ingestion/chunk-code',
    title: 'a function that fits is whole',
  },
  {
    name: 'tokens-without-order',
    plants: 'bytes are merged from the left, not by rank',
    file: 'src/adapters/tokenizer/byte-pair-merge.ts',
    find: '        if (rank < best) [best, at] = [rank, part];',
    replace: '        if (at < 0 && rank < best) [best, at] = [rank, part];',
    tests: 'tokenizer/cl100k-counter',
    title: 'counts any text',
  },
  {
    name: 'tokens-square',
    plants: 'a long word is merged by looking through all of its pairs each time',
    file: 'src/adapters/tokenizer/cl100k-counter.ts',
    find: 'const LONGEST_PIECE = 2 * 1024;',
    replace: 'const LONGEST_PIECE = 64 * 1024;',
    also: [
      {
        file: 'src/adapters/tokenizer/byte-pair-merge.ts',
        find: 'const SHORT = 40;',
        replace: 'const SHORT = 2 ** 30;',
      },
    ],
    tests: 'tokenizer/cl100k-counter',
    title: 'a word of 300,000 times "x"',
  },
  {
    name: 'secret-is-told',
    plants: 'a finding repeats the secret',
    file: 'src/domain/ingestion/content-rules.ts',
    find: 'holds what looks like ${rule.name}.`',
    replace: 'holds what looks like ${rule.name}: ${text.slice(at, at + 60)}.`',
    tests: 'ingestion/content-rules',
    title: 'is found with its line',
  },
  {
    name: 'binary-passes-for-text',
    plants: 'NUL bytes are text',
    file: 'src/domain/ingestion/decode-text.ts',
    find: "  const nul = text.indexOf('\\0');",
    replace: '  const nul = Math.min(text.length, 0) - 1;',
    tests: 'ingestion/decode-text',
    title: 'are no text',
  },
];
