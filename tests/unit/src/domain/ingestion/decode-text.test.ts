import fc from 'fast-check';
import { decodeText, decodingRemark } from '../../../../../src/domain/ingestion/decode-text';

const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);
const utf8 = (text: string): Uint8Array => Buffer.from(text, 'utf8');
const utf16le = (text: string): Uint8Array => Buffer.from(text, 'utf16le');
const utf16be = (text: string): Uint8Array => Buffer.from(text, 'utf16le').swap16();
const remark = (content: Uint8Array): string | undefined => {
  const decoded = decodeText(content);
  return decoded.kind === 'text' ? decodingRemark(decoded) : decoded.reason;
};

test('no bytes are the empty text', () => {
  expect(decodeText(bytes())).toEqual({
    kind: 'text',
    text: '',
    encoding: 'utf-8',
    byteOrderMark: false,
    replaced: 0,
  });
});

test.each([
  ['UTF-8', utf8('Hello 世界 🌍'), 'utf-8', undefined],
  [
    'UTF-8 with a mark',
    Buffer.concat([bytes(0xef, 0xbb, 0xbf), utf8('Hello 世界 🌍')]),
    'utf-8',
    'UTF-8 with a byte order mark, which was removed.',
  ],
  [
    'UTF-16 with a mark',
    Buffer.concat([bytes(0xff, 0xfe), utf16le('Hello 世界 🌍')]),
    'utf-16le',
    'UTF-16 (little-endian).',
  ],
  [
    'big-endian UTF-16 with a mark',
    Buffer.concat([bytes(0xfe, 0xff), utf16be('Hello 世界 🌍')]),
    'utf-16be',
    'UTF-16 (big-endian).',
  ],
  ['UTF-16 without a mark', utf16le('Hello 世界 🌍'), 'utf-16le', 'UTF-16 (little-endian) without a byte order mark.'],
  [
    'big-endian UTF-16 without a mark',
    utf16be('Hello 世界 🌍'),
    'utf-16be',
    'UTF-16 (big-endian) without a byte order mark.',
  ],
])('%s is decoded, and said when it is special', (_, content, encoding, said) => {
  expect(decodeText(content)).toMatchObject({ kind: 'text', text: 'Hello 世界 🌍', encoding, replaced: 0 });
  expect(remark(content)).toBe(said);
});

test('bad bytes are replaced, counted and said', () => {
  const content = Buffer.concat([
    utf8('a long enough line of good text '),
    bytes(0xff, 0xc3),
    utf8(' and more of it, too'),
  ]);
  expect(decodeText(content)).toMatchObject({ kind: 'text', replaced: 2 });
  expect(remark(content)).toBe('2 invalid sequences were replaced by U+FFFD.');
  const latin1 = Buffer.from('Ein Text aus alten Tagen, der für Köln geschrieben wurde.', 'latin1');
  expect(decodeText(latin1)).toMatchObject({ kind: 'text', replaced: 2 });
});

test('replacement characters that the file has itself replace nothing', () => {
  expect(decodeText(utf8('a\uFFFDb'))).toMatchObject({ text: 'a\uFFFDb', replaced: 0 });
  expect(decodeText(Buffer.concat([bytes(0xff, 0xfe), utf16le('a\uFFFDb')]))).toMatchObject({ replaced: 0 });
});

test('half a pair in UTF-16 is replaced', () => {
  const content = Buffer.concat([bytes(0xff, 0xfe), utf16le('some text '), bytes(0x00, 0xd8), utf16le(' and more')]);
  expect(decodeText(content)).toMatchObject({ text: 'some text \uFFFD and more', replaced: 1 });
});

test.each([
  ['NUL bytes', utf8('one\ntwo\n\0three'), 'There is a NUL byte in line 3, as text does not have them.'],
  ['zeros only', new Uint8Array(1000), 'There is a NUL byte in line 1, as text does not have them.'],
  ['noise', Uint8Array.from({ length: 500 }, (_, i) => 128 + (i % 128)), /characters are not valid UTF-8/],
  ['UTF-32', Buffer.concat([bytes(0xff, 0xfe, 0, 0), bytes(0x41, 0, 0, 0)]), /NUL/],
])('%s are no text', (_, content, reason) => {
  const decoded = decodeText(content);
  expect(decoded.kind).toBe('binary');
  expect(decoded.kind === 'binary' && decoded.reason).toEqual(
    typeof reason === 'string' ? reason : expect.stringMatching(reason),
  );
});

test('any text comes back as it was, and any bytes get an answer', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (text) => {
      // A text's own first character may be the mark; it is one.
      fc.pre(!text.startsWith('\uFEFF') && !text.includes('\0'));
      expect(decodeText(Buffer.concat([bytes(0xef, 0xbb, 0xbf), utf8(text)]))).toMatchObject({ text, replaced: 0 });
      expect(decodeText(Buffer.concat([bytes(0xfe, 0xff), utf16be(text)]))).toMatchObject({ text, replaced: 0 });
    }),
  );
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (content) => void decodeText(content)));
});
