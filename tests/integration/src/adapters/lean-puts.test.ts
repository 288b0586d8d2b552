/** The share's own Put Blob and Put Block: signed as a real Azurite demands, tried again where that helps, silent about secrets. */
import { createHash } from 'node:crypto';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ContainerClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { ContainerSASPermissions } from '@azure/storage-blob';
import { createLeanPuts, type PutAccess } from '../../../../src/adapters/azure-storage/lean-puts';
import { startStorage, type StorageUnderTest } from '../../../drivers/storage-under-test';

const options = { tries: 3, firstDelayMs: 1, silenceMs: 5_000 };
const md5 = (bytes: Uint8Array): Uint8Array => createHash('md5').update(bytes).digest();
const bytes = Buffer.from('what is sent');
let storage: StorageUnderTest;
let container: ContainerClient;
beforeAll(async () => {
  storage = await startStorage();
  container = storage.clients.blobs().getContainerClient('processed');
});
afterAll(() => storage.stop());

describe.each(['key', 'signature'] as const)('by %s', (kind) => {
  async function access(): Promise<PutAccess> {
    const credential = container.credential as StorageSharedKeyCredential;
    if (kind === 'key') return { kind, credential };
    const url = await container.generateSasUrl({
      permissions: ContainerSASPermissions.parse('rcw'),
      expiresOn: new Date(Date.now() + 3_600_000),
    });
    return { kind, signature: new URL(url).search.slice(1) };
  }

  it.each(['plain', 'a b/ü 漢 %25 100%/🚀', "#?&+;=!'()*,@:$[]~", '~x~new%0Aline', 'x'.repeat(1000)])(
    'a blob of the name %.40j is what the SDK finds there',
    async (name) => {
      const puts = createLeanPuts(container.url, await access(), options);
      const put = await puts.putBlob(name, bytes, {
        md5: md5(bytes),
        contentType: 'text/plain',
        metadata: { sluice_source: encodeURIComponent(name).slice(0, 500) },
      });
      expect(Buffer.from(put.contentMD5!)).toEqual(md5(bytes));
      const blob = container.getBlockBlobClient(name);
      const properties = await blob.getProperties();
      expect(properties).toMatchObject({
        contentType: 'text/plain',
        etag: put.etag,
        metadata: { sluice_source: encodeURIComponent(name).slice(0, 500) },
      });
      expect((await blob.downloadToBuffer()).equals(bytes)).toBe(true);
    },
  );

  it('a blob is written only over what the conditions say', async () => {
    const puts = createLeanPuts(container.url, await access(), options);
    const put = (conditions: { ifMatch?: string; ifNoneMatch?: string }) =>
      puts.putBlob(`conditions ${kind}`, bytes, {
        md5: md5(bytes),
        contentType: 'text/plain',
        metadata: {},
        conditions,
      });
    const first = await put({ ifNoneMatch: '*' });
    await expect(put({ ifNoneMatch: '*' })).rejects.toMatchObject({ statusCode: 409, code: 'BlobAlreadyExists' });
    const second = await put({ ifMatch: first.etag });
    await expect(put({ ifMatch: first.etag })).rejects.toMatchObject({ statusCode: 412, code: 'ConditionNotMet' });
    expect(second.etag).not.toBe(first.etag);
  });

  it('blocks are staged under their ids, and what is not what was hashed is refused at once', async () => {
    const puts = createLeanPuts(container.url, await access(), options);
    const name = `blocks ${kind}`;
    const id = btoa('000000-+/=');
    await puts.putBlock(name, id, bytes, { md5: md5(bytes) });
    await container.getBlockBlobClient(name).commitBlockList([id]);
    expect((await container.getBlobClient(name).downloadToBuffer()).equals(bytes)).toBe(true);
    await expect(puts.putBlock(name, id, bytes, { md5: md5(Buffer.from('other')) })).rejects.toMatchObject({
      statusCode: 400,
      code: 'Md5Mismatch',
    });
    const empty = await puts.putBlob('empty', new Uint8Array(), {
      md5: md5(new Uint8Array()),
      contentType: 'a/b',
      metadata: {},
    });
    expect(empty.etag).not.toBe('');
  });
});

describe('beside a server that misbehaves', () => {
  const seen: IncomingMessage['headers'][] = [];
  let answers: ((response: ServerResponse) => void)[] = [];
  const server = http.createServer((request, response) => {
    seen.push(request.headers);
    request.resume().once('end', () => (answers.shift() ?? ((r) => r.writeHead(201, { etag: '"1"' }).end()))(response));
  });
  let url = '';
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/c`;
  });
  afterAll(() => server.close());
  beforeEach(() => void seen.splice(0));
  const refuse = (status: number) => (response: ServerResponse) => response.writeHead(status).end();
  const cut = (response: ServerResponse) => response.destroy();
  const put = (access: PutAccess, signal?: AbortSignal, over = {}) =>
    createLeanPuts(url, access, { ...options, ...over }).putBlock('x', 'aWQ=', bytes, {
      md5: md5(bytes),
      ...(signal ? { signal } : {}),
    });
  const anonymous: PutAccess = { kind: 'signature', signature: 'sig=secret' };

  it('tries 429, 500, 503 and cut connections again, three times at most', async () => {
    answers = [refuse(503), cut];
    await put(anonymous);
    expect(seen).toHaveLength(3);
    answers = [refuse(429), refuse(500), refuse(503)];
    await expect(put(anonymous)).rejects.toMatchObject({ statusCode: 503 });
    expect(seen).toHaveLength(6);
  });

  it('does not try again what would be refused again, and shows no signature', async () => {
    answers = [refuse(403)];
    const error = await put(anonymous).catch((e: unknown) => e as Error);
    expect(error).toMatchObject({ statusCode: 403 });
    expect(JSON.stringify(error) + String(error)).not.toContain('secret');
    expect(seen).toHaveLength(1);
  });

  it('waits for no answer that trickles without an end, and says who gave none', async () => {
    const trickles: NodeJS.Timeout[] = [];
    answers = [
      (response) => {
        response.writeHead(201, { etag: '"1"' });
        trickles.push(setInterval(() => response.write('.'), 10));
      },
      cut,
    ];
    const error = await put(anonymous, undefined, { tries: 2, silenceMs: 1_000 }).catch((e: unknown) => e as Error);
    for (const trickle of trickles) clearInterval(trickle);
    expect(seen).toHaveLength(2);
    expect(String(error)).toMatch(/No answer from storage \(127\.0\.0\.1:\d+\): /);
  });

  it('ends with what its caller aborts for', async () => {
    const stop = new AbortController();
    answers = [() => stop.abort(new Error('the claim was lost'))];
    await expect(put(anonymous, stop.signal)).rejects.toThrow('the claim was lost');
  });

  it('asks an identity for a token once, and again when it nears its end', async () => {
    let asked = 0;
    const credential = {
      getToken: async (scope: string | string[]) => {
        expect(scope).toBe('https://storage.azure.com/.default');
        asked++;
        return { token: `t${asked}`, expiresOnTimestamp: asked === 1 ? Date.now() + 60_000 : Date.now() + 3_600_000 };
      },
    };
    const puts = createLeanPuts(url, { kind: 'token', credential }, options);
    for (let i = 0; i < 3; i++) await puts.putBlock('x', 'aWQ=', bytes, { md5: md5(bytes) });
    expect(seen.map((headers) => headers.authorization)).toEqual(['Bearer t1', 'Bearer t2', 'Bearer t2']);
  });
});
