/** Our counter against the encoder whose vocabulary it has. */
import fc from 'fast-check';
import { Tiktoken } from 'js-tiktoken/lite';
import cl100k from 'js-tiktoken/ranks/cl100k_base';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createCl100kCounter } from '../../../../../src/adapters/tokenizer/cl100k-counter';
import { projectRoot } from '../../../../drivers/app-under-test';
import { hostileText } from '../../../../drivers/chunks-under-test';
import { scaled } from '../../../../drivers/scale';

const count = createCl100kCounter();
const encoder = new Tiktoken(cl100k);
const expected = (text: string): number => encoder.encode(text, [], []).length;

test.each([
  ['', 0],
  ['hello world', 2],
  ['tiktoken is great!', 6],
  ['<|endoftext|>', 7],
])('%j has %d tokens', (text, tokens) => {
  expect(count(text)).toBe(tokens);
});

test.each(['README.md', 'src/domain/ingestion/chunk-text.ts', 'CONTRIBUTING.md', 'package-lock.json'])(
  'counts %s as the encoder does',
  (file) => {
    const text = readFileSync(path.join(projectRoot, file), 'utf8').slice(0, 50_000);
    expect(count(text)).toBe(expected(text));
  },
);

test('counts any text as the encoder does', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      "'s",
      "'LL",
      "'re",
      "don't",
      '漢字',
      '🇫🇷',
      '\r\n',
      '\n\n',
      ' ',
      '   ',
      '\t',
      '1234567',
      '½²',
      '...',
      '!!\n',
      '\ud800',
      '\udc00',
      '\u00a0',
      '\u3000',
      '\ufeff',
      '\u0085',
      '𝒳𝟘𝟙',
      ' the',
    ),
    fc
      .constantFrom('supercalifragilistic', 'antidisestablishment', 'هندسة', '가나다라마바사')
      .map((word) => word.repeat(4)),
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.string({ unit: fc.constantFrom('e', 't', 'a', 'o', 'i', 'n', 's', 'h', 'r', 'd'), maxLength: 200 }),
  );
  fc.assert(
    fc.property(
      fc.oneof(
        hostileText,
        fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
      ),
      (text) => {
        expect(count(text)).toBe(expected(text));
      },
    ),
    { numRuns: scaled(5000) },
  );
});

test.each(['x', ' ', '\n', '=', '漢', '7', 'ab'])(
  'a word of 300,000 times %j takes time by its length only',
  (unit) => {
    const from = process.cpuUsage();
    expect(count(unit.repeat(300_000 / unit.length))).toBeGreaterThan(0);
    // The encoder takes minutes for a tenth of it.
    expect(process.cpuUsage(from).user / 1e6).toBeLessThan(10);
  },
);
