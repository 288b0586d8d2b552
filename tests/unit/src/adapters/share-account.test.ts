/** FR-9: identity first, the fallback when it fails, and a reason that names the missing keys when nothing is left. */
import { createShareAccount } from '../../../../src/adapters/azure-storage/share-account';

const nobody = { accountUrl: 'https://127.0.0.1:1', container: 'ingest', identity: true, fallback: undefined } as const;
const before = process.env.AZURE_TOKEN_CREDENTIALS;
beforeAll(() => {
  // Only this one, which has nothing here and asks nobody.
  process.env.AZURE_TOKEN_CREDENTIALS = 'EnvironmentCredential';
});
afterAll(() => {
  if (before === undefined) delete process.env.AZURE_TOKEN_CREDENTIALS;
  else process.env.AZURE_TOKEN_CREDENTIALS = before;
});

it('without identity and without fallback names what was tried and which settings are missing', async () => {
  await expect(createShareAccount(nobody).container()).rejects.toMatchObject({
    name: 'ShareAccessRefused',
    message: expect.stringMatching(
      /identity \(DefaultAzureCredential\).*No fallback is set: APP_AZURE_CONNECTION_STRING, or APP_AZURE_ACCOUNT_NAME and APP_AZURE_ACCOUNT_KEY/,
    ),
  });
});

it('goes on to the fallback when identity fails', async () => {
  const fallback = { kind: 'key', account: 'acc', key: 'c2VjcmV0a2V5', describes: 'account key' } as const;
  // Nothing listens there: that it was asked at all shows that the fallback was tried.
  await expect(createShareAccount({ ...nobody, fallback }).container()).rejects.toMatchObject({
    code: 'ECONNREFUSED',
  });
});
