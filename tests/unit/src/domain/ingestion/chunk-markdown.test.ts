import type { Chunk } from '../../../../../src/domain/ingestion/chunk';
import { checkedChunks, counters } from '../../../../drivers/chunks-under-test';

const words = counters['words']!;
const sentence = (n: number): string => Array.from({ length: n }, (_, i) => `word${i}`).join(' ');

function cut(text: string, maxTokens: number, overlapTokens = 0): { readonly text: string; readonly chunk: Chunk }[] {
  return checkedChunks(text, { kind: 'markdown', maxTokens, overlapTokens }, words).map((chunk) => ({
    text: text.slice(chunk.contextStart, chunk.end),
    chunk,
  }));
}
const headings = (text: string, maxTokens: number): (readonly string[])[] =>
  cut(text, maxTokens).map(({ chunk }) => chunk.headings);

test('an empty text has no chunk, a short one has one', () => {
  expect(cut('', 50)).toEqual([]);
  expect(cut('# A\n\nb\n', 50).map(({ chunk }) => chunk)).toEqual([
    { ordinal: 0, contextStart: 0, start: 0, end: 7, headings: ['A'], tokens: 3 },
  ]);
});

test('sections are chunks, under the titles above them', () => {
  const text = `# Guide\n\n${sentence(20)}\n\n## Install\n\n${sentence(20)}\n\n### On Linux ###\n\n${sentence(20)}\n\n## Use\n\n${sentence(20)}\n`;
  expect(headings(text, 40)).toEqual([
    ['Guide'],
    ['Guide', 'Install'],
    ['Guide', 'Install', 'On Linux'],
    ['Guide', 'Use'],
  ]);
});

test('small sections stand together, and the first content says under which titles', () => {
  const text = `# Guide\n\n## One\n\n${sentence(5)}\n\n## Two\n\n${sentence(5)}\n\n# Other\n\n${sentence(30)}\n`;
  expect(cut(text, 50).map(({ chunk }) => chunk.headings)).toEqual([['Guide', 'One'], ['Other']]);
});

test('titles are read as readers see them, underlined ones too', () => {
  const text = `Big *Title*\n====\n\n${sentence(30)}\n\nA \`second\` [one](http://x)\n---\n\n${sentence(30)}\n\n#no heading\n\n####### none\n`;
  expect(headings(text, 60)).toEqual([['Big Title'], ['Big Title', 'A second one']]);
});

test('what looks like a title in code or front matter is none', () => {
  const text = `---\ntitle: x\n# a comment\n---\n\n# Real\n\n\`\`\`sh\n# comment\n${sentence(10)}\n\`\`\`\n\n~~~~\n~~~\n# still code\n~~~~\n\n    # indented code\n\n${sentence(10)}\n`;
  expect(headings(text, 1000)).toEqual([[]]);
  expect(headings(text.slice(text.indexOf('# Real')), 1000)).toEqual([['Real']]);
  expect(headings(text, 20).flat()).not.toContain('comment');
  expect(headings(text, 20).flat()).not.toContain('still code');
});

test('fenced code that fits is whole, and begins a chunk where it does not fit with what is before', () => {
  const code = `\`\`\`js\n${Array.from({ length: 6 }, () => `${sentence(5)}\n\n`).join('')}\`\`\`\n`;
  const text = `# T\n\n${sentence(20)}\n\n${sentence(12)}\n\n${code}\n${sentence(20)}\n`;
  for (const max of [40, 45, 60, 70]) expect(cut(text, max).filter(({ text: t }) => t.includes(code))).toHaveLength(1);
});

test('code that does not fit is cut between its lines, at blank ones first', () => {
  const part = `${sentence(6)}\n${sentence(6)}\n`;
  const text = `\`\`\`\n${part}\n${part}\n${part}\n${part}\`\`\`\n`;
  const chunks = cut(text, 30);
  expect(chunks.length).toBeGreaterThan(1);
  for (const { chunk } of chunks.slice(0, -1)) expect(text.slice(0, chunk.end)).toMatch(/\n\n$/);
});

test('a table is cut between rows, and its first row stays with its head', () => {
  const rows = Array.from({ length: 12 }, (_, i) => `| row${i} | ${sentence(3)} |\n`);
  const text = `| name | text |\n|------|------|\n${rows.join('')}`;
  const chunks = cut(text, 40);
  expect(chunks.length).toBeGreaterThan(2);
  expect(chunks[0]!.text).toContain(rows[0]!);
  for (const row of rows) expect(chunks.filter(({ text: t }) => t.includes(row))).toHaveLength(1);
});

test('a list is whole where it fits, else its items are, with what is nested in them', () => {
  const items = Array.from(
    { length: 8 },
    (_, i) => `- item ${i} ${sentence(4)}\n  - nested ${sentence(4)}\n\n  more of it\n`,
  );
  const list = items.join('');
  expect(
    cut(`${sentence(40)}\n\n${list}\n${sentence(40)}\n`, 190).filter(({ text }) => text.includes(list)),
  ).toHaveLength(1);
  for (const item of items) expect(cut(list, 60).filter(({ text }) => text.includes(item))).toHaveLength(1);
});

test('a long paragraph is cut between sentences, and what follows begins with the last of them again', () => {
  const text = Array.from({ length: 30 }, (_, i) => `Sentence ${i} has these words, e.g. six.`).join(' ');
  const chunks = cut(text, 60, 15);
  for (const { chunk } of chunks) {
    expect(text.slice(chunk.start)).toMatch(/^Sentence/);
    expect(text.slice(chunk.contextStart)).toMatch(/^Sentence/);
  }
  for (const { chunk } of chunks.slice(1)) expect(chunk.contextStart).toBeLessThan(chunk.start);
});

test('a section begins without overlap', () => {
  const text = `# A\n\n${sentence(50)}\n\n# B\n\n${sentence(30)}\n`;
  const chunks = cut(text, 60, 20);
  expect(chunks.map(({ chunk }) => [chunk.headings, chunk.start - chunk.contextStart])).toEqual([
    [['A'], 0],
    [['B'], 0],
  ]);
});

test('a title is not left at the end of a chunk, nor alone in one', () => {
  const table = `| a | b |\n|---|---|\n${Array.from({ length: 8 }, () => `| ${sentence(3)} | ${sentence(3)} |\n`).join('')}`;
  const text = `# T\n\n${sentence(10)}\n\n## Below\n\n${table}\n${table}`;
  const chunks = cut(text, 90);
  expect(chunks[0]!.text).not.toContain('Below');
  expect(chunks[1]!.text).toMatch(/^## Below\n\n\| a/);
  expect(cut(text, 100)[1]!.text).toBe(`## Below\n\n${table}\n`);
});

test('line ends of Windows are as good', () => {
  const text = `# A\r\n\r\n${sentence(20)}\r\n\r\n\`\`\`\r\n# no\r\n\`\`\`\r\n\r\nB\r\n===\r\n\r\n${sentence(20)}\r\n`;
  expect(headings(text, 30)).toEqual([['A'], ['B']]);
});
