/** Signed URLs where only an identity is there: the SDK's real requests and signatures, answered by a stand-in (C5, M1b). */
import { BlobServiceClient } from '@azure/storage-blob';
import type { StorageClients } from '../../../../src/adapters/azure-storage/clients';
import { createSignUpload } from '../../../../src/adapters/azure-storage/sign-upload';
import type { StorageAccess } from '../../../../src/config/storage-access';
import { TestClock } from '../../../fakes/test-clock';

interface Sent {
  readonly method: string;
  readonly url: URL;
  readonly authorization: string | undefined;
  readonly body: string;
}

const sent: Sent[] = [];
let refuse = false;
const clock = new TestClock();
const endpoint = 'https://account.blob.core.windows.net';
const iso = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');

/** Answers Get User Delegation Key (https://learn.microsoft.com/rest/api/storageservices/get-user-delegation-key). */
const service = new BlobServiceClient(
  endpoint,
  { getToken: async () => ({ token: 'a-token', expiresOnTimestamp: Date.now() + 3_600_000 }) },
  {
    retryOptions: { maxTries: 1 },
    httpClient: {
      async sendRequest(request) {
        const body = typeof request.body === 'string' ? request.body : '';
        const authorization = request.headers.get('authorization');
        sent.push({ method: request.method, url: new URL(request.url), authorization, body });
        const [, start = ''] = /<Start>([^<]*)/.exec(body) ?? [];
        const [, expiry = ''] = /<Expiry>([^<]*)/.exec(body) ?? [];
        const key = `<SignedOid>o-id</SignedOid><SignedTid>t-id</SignedTid><SignedStart>${start}</SignedStart><SignedExpiry>${expiry}</SignedExpiry><SignedService>b</SignedService><SignedVersion>2025-01-05</SignedVersion><Value>${btoa('the key')}</Value>`;
        const headers = request.headers.clone();
        headers.set('content-type', 'application/xml');
        return {
          request,
          headers,
          status: refuse ? 403 : 200,
          bodyAsText: `<?xml version="1.0"?><UserDelegationKey>${key}</UserDelegationKey>`,
        };
      },
    },
  },
);

const access = {
  kind: 'identity',
  account: 'account',
  endpoints: { blob: endpoint, queue: '', table: '' },
} as unknown as StorageAccess;
const clients = { blobs: () => service } as unknown as StorageClients;

beforeEach(() => {
  sent.splice(0);
  refuse = false;
});

it('asks for a delegation key with a token, and signs create and write of one blob with it', async () => {
  const sign = createSignUpload(access, clients, clock);
  const { url, expiresAt } = await sign({ container: 'rawfiles', name: 'film ü.mp4' }, 60);
  const [request] = sent;
  expect(request).toMatchObject({ method: 'POST', authorization: 'Bearer a-token' });
  expect(Object.fromEntries(request!.url.searchParams)).toEqual({ restype: 'service', comp: 'userdelegationkey' });
  const [, start = ''] = /<Start>([^<]*)/.exec(request!.body) ?? [];
  const [, expiry = ''] = /<Expiry>([^<]*)/.exec(request!.body) ?? [];
  expect(Date.parse(start)).toBeLessThan(clock.now());
  expect(Date.parse(expiry) - clock.now()).toBeGreaterThanOrEqual(60 * 60_000);
  expect(Date.parse(expiry) - Date.parse(start)).toBeLessThan(7 * 24 * 3_600_000);

  const signed = new URL(url);
  expect(`${signed.origin}${signed.pathname}`).toBe(`${endpoint}/rawfiles/film%20%C3%BC.mp4`);
  expect(Object.fromEntries(signed.searchParams)).toMatchObject({
    sp: 'cw',
    sr: 'b',
    spr: 'https',
    se: iso(Date.parse(expiresAt)),
    skoid: 'o-id',
    sktid: 't-id',
    sks: 'b',
    ske: iso(Date.parse(expiry)),
    sig: expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/),
  });
  expect(Date.parse(expiresAt) - clock.now()).toBeLessThanOrEqual(60 * 60_000);
});

it('uses one key for many URLs, and another when the first one ends sooner than the URL would', async () => {
  const sign = createSignUpload(access, clients, clock);
  for (let i = 0; i < 3; i++) await sign({ container: 'rawfiles', name: `${i}` }, 60);
  expect(sent).toHaveLength(1);
  clock.advance(23.5 * 3_600_000);
  await sign({ container: 'rawfiles', name: 'later' }, 60);
  expect(sent).toHaveLength(2);
});

it('asks again after a refusal', async () => {
  const sign = createSignUpload(access, clients, clock);
  refuse = true;
  await expect(sign({ container: 'rawfiles', name: 'x' }, 60)).rejects.toMatchObject({ statusCode: 403 });
  refuse = false;
  await expect(sign({ container: 'rawfiles', name: 'x' }, 60)).resolves.toMatchObject({ url: expect.any(String) });
});
