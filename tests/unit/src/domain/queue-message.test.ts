import fc from 'fast-check';
import { queueMessageText } from '../../../../src/domain/queue-message';

describe('queueMessageText', () => {
  it('gives plain JSON as it stands, and base64 decoded', () => {
    const json = '{"a":"ü"}';
    expect(queueMessageText(json)).toBe(json);
    expect(queueMessageText(Buffer.from(json).toString('base64'))).toBe(json);
  });
  it('turns what the host parsed back into JSON', () => {
    expect(queueMessageText({ a: 1 })).toBe('{"a":1}');
    expect(queueMessageText(undefined)).toBe('');
  });
  it('leaves text alone that only looks like base64', () => {
    expect(queueMessageText('abcdefgh')).toBe('abcdefgh');
  });
  it('is the same for every JSON value however it was encoded', () => {
    fc.assert(
      fc.property(fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.array(fc.jsonValue())), (value) => {
        const json = JSON.stringify(value);
        expect(queueMessageText(Buffer.from(json).toString('base64'))).toBe(json);
        expect(queueMessageText(json)).toBe(json);
      }),
    );
  });
});
