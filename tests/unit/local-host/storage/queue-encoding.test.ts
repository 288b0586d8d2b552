import {
  decodeMessage,
  encodeMessage,
  messageEncodingOf,
  strictUtf8,
} from '../../../../local-host/storage/queue-encoding';

describe('message encoding', () => {
  test('is Base64 unless host.json says none', () => {
    const of = (queues: Record<string, unknown>) =>
      messageEncodingOf({ hostJson: { version: '2.0', extensions: { queues } } });
    expect([of({}), of({ messageEncoding: 'None' }), of({ messageEncoding: 'base64' })]).toEqual([
      'base64',
      'none',
      'base64',
    ]);
  });

  test.each(['plain, not base64!', '{"raw":true}', 'abc', 'YQ', '===='])('refuses %j as Base64', (text) => {
    expect(decodeMessage(text, 'base64')).toBeUndefined();
  });

  test('passes over white space, as .NET does', () => {
    expect(decodeMessage(' YWJj\r\nZGVm ', 'base64')).toEqual(Buffer.from('abcdef'));
  });

  test.each(['', 'ł 漢 🚢', '\ufeffmark'])('gives %j back', (text) => {
    for (const encoding of ['base64', 'none'] as const) {
      const bytes = decodeMessage(encodeMessage(text, encoding), encoding);
      expect(bytes && strictUtf8(bytes)).toBe(text);
    }
  });

  test('knows bytes that are no text', () => {
    expect(strictUtf8(Buffer.from([0xff, 0xfe, 0, 1, 2]))).toBeUndefined();
  });
});
