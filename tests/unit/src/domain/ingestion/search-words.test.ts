import fc from 'fast-check';
import { wordsAsked, wordsOf } from '../../../../../src/domain/ingestion/search-words';
import { hostileText } from '../../../../drivers/chunks-under-test';

test.each([
  ['Set `AzureWebJobsStorage`, please!', 'set azurewebjobsstorage azure web jobs storage please'],
  ['MAX_BLOB_MB=1 and __init__', 'maxblobmb max blob mb 1 and init'],
  ['an HTTPServer, iPhone2 and v2.10', 'an httpserver http server iphone2 i phone2 and v2 10'],
  ['Überschrift ÉTÉ naïve', 'überschrift été naïve'],
  ['ﬁle ① Ｆｕｌｌ', 'file 1 full'],
  ['認証する', '認 証 す る 認証 証す する'],
  ['Azure認証v2', 'azure 認 証 認証 v2'],
  ['ラーメン、寿司。', 'ラ ー メ ン ラー ーメ メン 寿 司 寿司'],
  ['сделать вход', 'сделать вход'],
  ['"a" -b* (c:d) ^e {f}', 'a b c d e f'],
  ["'; --\0 \ud800 🌍 ?!", ''],
])('the words of %j', (text, words) => {
  expect(wordsOf(text).join(' ')).toBe(words);
});

test.each([
  ['How do I authenticate?', 'authenticate'],
  ['to be or not to be', 'to be or not'],
  ['the same, The SAME', 'same'],
  ['認証', '認証'],
  ['設', '設'],
  ['  ', ''],
])('the words looked for where %j is asked', (asked, words) => {
  expect(wordsAsked(asked).join(' ')).toBe(words);
});

test('words are few, short and have no sign in them, whatever the text', () => {
  fc.assert(
    fc.property(fc.oneof(hostileText, fc.string({ unit: 'binary', maxLength: 300 })), (text) => {
      const asked = wordsAsked(text);
      expect(asked.length).toBeLessThanOrEqual(32);
      expect(new Set(asked).size).toBe(asked.length);
      for (const word of [...asked, ...wordsOf(text)]) expect(word).toMatch(/^[\p{L}\p{N}\p{M}]{1,128}$/u);
      // What is looked for is in the text it comes from.
      const own = new Set(wordsOf(text));
      for (const word of asked) expect(own).toContain(word);
    }),
  );
});

test('a long text has its words in a time that grows with it', () => {
  expect(wordsOf('x'.repeat(5_000_000))).toEqual(['x'.repeat(64)]);
  expect(wordsOf('aB'.repeat(2_000_000)).length).toBe(34);
  expect(wordsOf('漢'.repeat(100_000))).toHaveLength(199_999);
  expect(wordsOf('_'.repeat(1_000_000))).toEqual([]);
});
