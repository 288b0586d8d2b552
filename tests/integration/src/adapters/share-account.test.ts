/** The account of the share at a real Azurite. */
import { createHash } from 'node:crypto';
import type { StorageSharedKeyCredential } from '@azure/storage-blob';
import { createShareAccount } from '../../../../src/adapters/azure-storage/share-account';
import { developmentAccount } from '../../../../src/config/storage-access';
import { startStorage, type StorageUnderTest } from '../../../drivers/storage-under-test';

let storage: StorageUnderTest;
beforeAll(async () => void (storage = await startStorage()));
afterAll(() => storage.stop());

it('makes a container that was deleted anew, with the next blob', async () => {
  const service = storage.clients.blobs();
  const fallback = {
    kind: 'key',
    account: (service.credential as StorageSharedKeyCredential).accountName,
    key: developmentAccount.accountkey ?? '',
    describes: 'account key',
  } as const;
  const accountUrl = service.url.replace(/\/$/, '');
  const account = createShareAccount({ accountUrl, container: 'share', identity: false, fallback });
  const bytes = Buffer.from('content');
  const md5 = createHash('md5').update(bytes).digest();
  const upload = async () => {
    const headers = { blobHTTPHeaders: { blobContentType: 'a/b', blobContentMD5: md5 }, metadata: {} };
    await (await account.blob('x')).upload(bytes, bytes.length, { ...headers, transactionalContentMD5: md5 });
  };
  await upload();
  await service.deleteContainer('share');
  await expect(upload()).rejects.toMatchObject({ statusCode: 404, code: 'ContainerNotFound' });
  await upload();
  expect((await service.getContainerClient('share').getBlobClient('x').downloadToBuffer()).equals(bytes)).toBe(true);
});
