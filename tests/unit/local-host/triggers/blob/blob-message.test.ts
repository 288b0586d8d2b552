import { blobMessageText, parseBlobMessage } from '../../../../../local-host/triggers/blob/blob-message';

test('a blob message is written as the real host writes it, and read back', () => {
  const message = { functionId: 'Host.Functions.f', container: 'docs', blob: 'a "b".txt', etag: '0x1' };
  const text = blobMessageText(message, 'BlockBlob');
  expect(text).toBe(
    '{"Type":"BlobTrigger","FunctionId":"Host.Functions.f","BlobType":"BlockBlob","ContainerName":"docs","BlobName":"a \\"b\\".txt","ETag":"\\"0x1\\""}',
  );
  expect(parseBlobMessage(text)).toEqual(message);
});

test.each([
  '',
  'null',
  '[]',
  '{"Type":"BlobTrigger"}',
  '{"FunctionId":1,"ContainerName":"a","BlobName":"b","ETag":"c"}',
])('%s is no blob message', (text) => {
  expect(parseBlobMessage(text)).toBeUndefined();
});
