import type { DequeuedMessageItem } from '@azure/storage-queue';
import { messageInput, messageMetadata } from '../../../../../local-host/triggers/queue/message-data';

const at = new Date('2031-02-03T04:05:06Z');
const message: DequeuedMessageItem = {
  messageId: 'the-id',
  popReceipt: 'receipt',
  messageText: '',
  dequeueCount: 2,
  insertedOn: at,
  expiresOn: at,
  nextVisibleOn: at,
};

describe('the metadata of a queue message', () => {
  test('has the message itself and its fields', () => {
    expect(messageMetadata(message, 'words')).toEqual({
      QueueTrigger: { string: 'words' },
      DequeueCount: { int: 2 },
      ExpirationTime: { json: '"2031-02-03T04:05:06+00:00"' },
      Id: { string: 'the-id' },
      InsertionTime: { json: '"2031-02-03T04:05:06+00:00"' },
      NextVisibleTime: { json: '"2031-02-03T04:05:06+00:00"' },
      PopReceipt: { string: 'receipt' },
    });
  });

  test('takes in the JSON fields of the body, which override it whatever their case, but no arrays', () => {
    const metadata = messageMetadata(
      message,
      '{"ID":"mine","dequeueCount":"x","n":1.5,"o":{"z":null},"list":[1],"no":null}',
    );
    expect(metadata).toMatchObject({
      Id: { string: 'mine' },
      DequeueCount: { string: 'x' },
      n: { json: '1.5' },
      o: { json: '{"z":null}' },
      no: { json: 'null' },
    });
    expect(Object.keys(metadata)).not.toContain('list');
    expect(Object.keys(metadata)).not.toContain('ID');
  });

  test.each(['[1,2]', '"text"', '12', 'null', '{"a":', '  '])('is not extended by %j', (text) => {
    expect(Object.keys(messageMetadata(message, text))).toHaveLength(7);
  });
});

test('a function gets text, or the bytes when it asks for them', () => {
  const bytes = Buffer.from('abc');
  expect(messageInput(bytes, 'abc', undefined)).toEqual({ string: 'abc' });
  expect(messageInput(bytes, 'abc', 'Binary')).toEqual({ bytes });
});
