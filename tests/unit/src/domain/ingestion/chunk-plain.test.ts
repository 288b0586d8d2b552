import { chunkText } from '../../../../../src/domain/ingestion/chunk-text';
import { checkedChunks, counters } from '../../../../drivers/chunks-under-test';

const words = counters['words']!;
const characters = counters['characters']!;
const parts = (text: string, maxTokens: number, count = words, overlapTokens = 0): string[] =>
  checkedChunks(text, { kind: 'text', maxTokens, overlapTokens }, count).map(({ start, end }) =>
    text.slice(start, end),
  );

test('paragraphs that fit are whole', () => {
  const paragraph = (i: number): string => `Paragraph ${i} goes on\nfor two lines, no more.\n\n`;
  const text = Array.from({ length: 10 }, (_, i) => paragraph(i)).join('');
  for (const part of parts(text, 40)) expect(part.length % paragraph(0).length).toBe(0);
});

test('sentences of several scripts end where they end', () => {
  const text = '彼は来た。「本当？」と言った。そして帰った。これは次の文です。もう一つの文があります。最後の文です。';
  for (const part of parts(text, 20, characters)) expect(part).toMatch(/[。？」]$/u);
  const english = 'See p. 5, e.g. this. J. Smith came (late!) "And left." He did. Then 3.5 came? Yes… No.';
  expect(parts(english, 25, characters).join('|')).toBe(
    'See p. 5, e.g. this. |J. Smith came (late!) |"And left." He did. |Then 3.5 came? Yes… No.',
  );
});

test('characters are not torn: pairs, accents, flags, families', () => {
  for (const character of ['🌍', 'e\u0301\u0302', '🇫🇷', '👩‍👩‍👧‍👦', 'नि', '각\u11a8', '\r\n']) {
    const text = character.repeat(60);
    for (const part of parts(text, 25, characters)) expect(part.length % character.length).toBe(0);
  }
});

test('a character longer than a chunk is split between code points', () => {
  const text = `a${'\u0301'.repeat(50)}b`;
  expect(parts(text, 16, characters).every((part) => part.length <= 16)).toBe(true);
  expect(() => chunkText('🌍', { kind: 'text', maxTokens: 1, overlapTokens: 0 }, characters)).toThrow(
    /^A character has 2 tokens, and a chunk may have 1\. Raise maxTokens\.$/,
  );
});

test('records stay on their lines', () => {
  const lines = Array.from({ length: 50 }, (_, i) => `2026-01-01 INFO line ${i}. Something happened. And more\n`);
  for (const part of parts(lines.join(''), 40)) expect(lines).toContain(part.slice(0, part.indexOf('\n') + 1));
});

test.each([
  [0, 0],
  [NaN, 0],
  [10, 6],
  [10, -1],
])('limits of %d and %d make no sense', (maxTokens, overlapTokens) => {
  expect(() => chunkText('a', { kind: 'text', maxTokens, overlapTokens }, words)).toThrow(RangeError);
});

/** Processor time in ms. */
function time(run: () => void): number {
  const from = process.cpuUsage();
  run();
  return process.cpuUsage(from).user / 1000;
}

test.each([
  ['letters', 'x'],
  ['words', 'lorem ipsum '],
  ['ideographs', '漢字'],
  ['flags', '🇫🇷'],
  ['accents', `a${'\u0301'.repeat(300)}`],
  ['spaces', ' '],
  ['brackets', '{'],
  ['quotes', '"'],
  ['points', '. '],
])('a line of %s takes eight times as long when it is eight times as long, not sixty-four', (_, unit) => {
  const line = (length: number): string => Buffer.from(unit.repeat(length / unit.length), 'utf8').toString('utf8');
  const cut = (text: string): void =>
    void chunkText(text, { kind: 'markdown', maxTokens: 1000, overlapTokens: 100 }, characters);
  cut(line(50_000));
  const [short, long] = [time(() => cut(line(60_000))), time(() => cut(line(480_000)))];
  expect(long).toBeLessThan(short * 24 + 300);
});
