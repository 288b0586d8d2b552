import fc from 'fast-check';
import { windowsOf } from '../../../../../src/adapters/packaged-model/windows';

const byCharacters = (word: string): number => [...word].length;

test('a text that fits is one part, with one space between words', () => {
  expect(windowsOf('  a\n\t b ', byCharacters, 2)).toEqual(['a b']);
  expect(windowsOf('', byCharacters, 2)).toEqual(['']);
  expect(windowsOf(' \n', byCharacters, 2)).toEqual(['']);
});

test('every word is in one part, in order, and no part is too large', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), fc.integer({ min: 64, max: 100 }), (text, most) => {
      const windows = windowsOf(text, byCharacters, most);
      expect(windows.join('').replace(/\s/gu, '')).toBe(text.replace(/\s/gu, ''));
      for (const window of windows) expect(byCharacters(window.replace(/ /g, ''))).toBeLessThanOrEqual(most);
    }),
  );
});

test('parts are about as large as each other', () => {
  const text = 'abcde '.repeat(26);
  expect(windowsOf(text, byCharacters, 128).map((part) => part.split(' ').length)).toEqual([13, 13]);
});

test('a word without an end is cut between characters', () => {
  const windows = windowsOf('🌍'.repeat(100), byCharacters, 64);
  expect(windows).toEqual(['🌍'.repeat(64), '🌍'.repeat(36)]);
});
