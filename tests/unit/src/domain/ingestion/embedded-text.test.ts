import fc from 'fast-check';
import { createCl100kCounter } from '../../../../../src/adapters/tokenizer/cl100k-counter';
import { embeddedText, titlesBefore } from '../../../../../src/domain/ingestion/embedded-text';

test('a text is embedded below its titles, outermost first', () => {
  expect(embeddedText({ headings: ['Guide', 'Log in'] }, 'text')).toBe('Guide > Log in\n\ntext');
  expect(embeddedText({ headings: [] }, 'text')).toBe('text');
  expect(embeddedText({ headings: ['', ' \n'] }, 'text')).toBe('text');
  expect(titlesBefore({ headings: ['Two\n lines', ''] })).toBe('Two lines\n\n');
});

test('outer titles give way, and a title that is too long by itself is cut', () => {
  expect(titlesBefore({ headings: ['o'.repeat(150), 'inner'] })).toBe(`${'o'.repeat(150)} > inner\n\n`);
  expect(titlesBefore({ headings: ['o'.repeat(151), 'inner'] })).toBe('inner\n\n');
  expect(titlesBefore({ headings: ['far', 'o'.repeat(151), 'inner'] })).toBe('inner\n\n');
  expect(titlesBefore({ headings: ['i'.repeat(200)] })).toBe(`${'i'.repeat(158)}\n\n`);
  expect(titlesBefore({ headings: ['漢'.repeat(200)] })).toBe(`${'漢'.repeat(52)}\n\n`);
});

test('titles have at most 160 bytes and as many tokens, and split no character', () => {
  const count = createCl100kCounter();
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 250 }), { maxLength: 7 }), (headings) => {
      const titles = titlesBefore({ headings });
      expect(Buffer.byteLength(titles)).toBeLessThanOrEqual(160);
      expect(count(titles)).toBeLessThanOrEqual(160);
      expect(Buffer.from(titles).toString()).toBe(titles);
    }),
  );
});
