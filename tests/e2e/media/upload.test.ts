/** `POST /upload` on the whole app: what is stored, and every way in which a client can be wrong (M1, C10). */
import { createHash } from 'node:crypto';
import { startApp, type AppUnderTest } from '../../drivers/app-under-test';
import { closing, filePart, openSocket, part, png, rawRequest } from '../../drivers/raw-http';

let app: AppUnderTest;
beforeAll(async () => {
  app = await startApp({ UPLOAD_MAX_MB: '1', UPLOAD_MAX_FILES: '3' });
});
afterAll(() => app.stop());

const raw = () => app.storage.clients.blobs().getContainerClient('rawfiles');

async function storedNames(): Promise<Set<string>> {
  const names = new Set<string>();
  for await (const blob of raw().listBlobsFlat()) names.add(blob.name);
  return names;
}

interface Answer {
  readonly status: number;
  readonly body: {
    code?: string;
    detail?: string;
    files?: { id: string; blob: string; size: number; md5: string; status: string; contentType: string }[];
  };
}

async function post(body: Buffer | FormData, contentType?: string): Promise<Answer> {
  const answer = await fetch(`${app.url}/upload`, {
    method: 'POST',
    body: body instanceof Buffer ? new Uint8Array(body) : body,
    ...(contentType ? { headers: { 'content-type': contentType } } : {}),
  });
  return { status: answer.status, body: (await answer.json()) as Answer['body'] };
}

const form = 'multipart/form-data; boundary=xx';

describe('a good upload', () => {
  it('answers 201 with name, size, MD5 and a link, and the bytes lie in rawfiles', async () => {
    const { status, body } = await post(Buffer.concat([filePart('heyo.png'), closing]), form);
    expect(status).toBe(201);
    const [file] = body.files!;
    expect(file).toMatchObject({
      size: png.length,
      md5: createHash('md5').update(png).digest('hex'),
      contentType: 'image/png',
    });
    expect(file!.blob).toMatch(/^heyo-[a-z0-9]{12}\.png$/);
    const blob = raw().getBlobClient(file!.blob);
    expect((await blob.downloadToBuffer()).equals(png)).toBe(true);
    expect(Buffer.from((await blob.getProperties()).contentMD5!).toString('hex')).toBe(file!.md5);
    const known = await fetch(file!.status);
    expect(await known.json()).toMatchObject({ id: file!.id, name: file!.blob, md5: file!.md5 });
  });

  it('takes several files, and ignores other fields and their files', async () => {
    const body = Buffer.concat([
      part(['Content-Disposition: form-data; name="note"'], 'hello'),
      filePart('one.png'),
      filePart('ignored.exe', 'MZ not looked at', 'attachment'),
      filePart('two.png'),
      closing,
    ]);
    const { status, body: answer } = await post(body, form);
    expect(status).toBe(201);
    expect(answer.files!.map((f) => f.blob.replace(/-.*/, ''))).toEqual(['one', 'two']);
  });

  it('takes a body without Content-Length', async () => {
    const bytes = Buffer.concat([filePart('chunked.png'), closing]);
    const stream = new ReadableStream({
      start(controller) {
        for (const byte of [bytes.subarray(0, 50), bytes.subarray(50)]) controller.enqueue(byte);
        controller.close();
      },
    });
    const answer = await fetch(`${app.url}/upload`, {
      method: 'POST',
      body: stream,
      headers: { 'content-type': form },
      duplex: 'half',
    });
    expect(answer.status).toBe(201);
  });

  it.each([
    ['../../etc/passwd.png', /^passwd-/],
    ['x'.repeat(10_000) + '.png', /^x{1,100}-/],
    ['caf\u00e9 \u6f22\u5b57.png', /^cafe-\u6f22\u5b57-/],
    ['a\u0007b\u202e.png', /^a-b-/],
    ['CON.png', /^CON-/],
  ])('makes the name %.20j safe', async (name, expected) => {
    const { status, body } = await post(Buffer.concat([filePart(name), closing]), form);
    expect(status).toBe(201);
    expect(body.files![0]!.blob).toMatch(expected);
    expect(body.files![0]!.blob.length).toBeLessThan(150);
  });

  it('keeps 200 parallel uploads of one name apart', async () => {
    const before = (await storedNames()).size;
    const answers = await Promise.all(
      Array.from({ length: 200 }, () => post(Buffer.concat([filePart('same.png'), closing]), form)),
    );
    expect(answers.every((a) => a.status === 201)).toBe(true);
    expect(new Set(answers.map((a) => a.body.files![0]!.blob)).size).toBe(200);
    expect((await storedNames()).size - before).toBe(200);
  });
});

describe('a bad upload is refused with a code and stores nothing', () => {
  const cases: [string, number, string, Buffer, string | undefined][] = [
    ['no multipart', 415, 'MULTIPART_REQUIRED', png, 'image/png'],
    ['no content type', 415, 'MULTIPART_REQUIRED', png, undefined],
    ['no boundary', 400, 'BOUNDARY_MISSING', filePart('a.png'), 'multipart/form-data'],
    [
      'no file',
      400,
      'FILE_MISSING',
      Buffer.concat([part(['Content-Disposition: form-data; name="note"'], 'x'), closing]),
      form,
    ],
    ['an empty form', 400, 'FILE_MISSING', closing, form],
    ['an empty file', 400, 'FILE_EMPTY', Buffer.concat([filePart('a.png', ''), closing]), form],
    [
      'a good file and an empty one',
      400,
      'FILE_EMPTY',
      Buffer.concat([filePart('a.png'), filePart('b.png', ''), closing]),
      form,
    ],
    ['a body cut in a file', 400, 'BODY_TRUNCATED', filePart('a.png').subarray(0, 120), form],
    ['a body cut before the end', 400, 'BODY_TRUNCATED', filePart('a.png'), form],
    [
      'another boundary than said',
      400,
      'BODY_TRUNCATED',
      Buffer.concat([filePart('a.png'), closing]),
      'multipart/form-data; boundary=yy',
    ],
    [
      'text in disguise',
      415,
      'FILE_TYPE_REFUSED',
      Buffer.concat([filePart('a.png', 'I am no picture'), closing]),
      form,
    ],
    [
      'a program in disguise',
      415,
      'FILE_TYPE_REFUSED',
      Buffer.concat([filePart('a.png', Buffer.concat([Buffer.from('MZ'), Buffer.alloc(5000)])), closing]),
      form,
    ],
    [
      'a page in disguise after a good file',
      415,
      'FILE_TYPE_REFUSED',
      Buffer.concat([filePart('a.png'), filePart('b.png', '<html><script>alert(1)</script>'), closing]),
      form,
    ],
    [
      'too many files',
      413,
      'TOO_MANY_FILES',
      Buffer.concat([...[1, 2, 3, 4].map((n) => filePart(`${n}.png`)), closing]),
      form,
    ],
    [
      'too large a file',
      413,
      'FILE_TOO_LARGE',
      Buffer.concat([filePart('a.png', Buffer.concat([png, Buffer.alloc(1024 * 1024)])), closing]),
      form,
    ],
    [
      'too large together',
      413,
      'FILE_TOO_LARGE',
      Buffer.concat([...[1, 2].map((n) => filePart(`${n}.png`, Buffer.concat([png, Buffer.alloc(600_000)]))), closing]),
      form,
    ],
    [
      'plainly too large',
      413,
      'FILE_TOO_LARGE',
      Buffer.concat([filePart('a.png', Buffer.concat([png, Buffer.alloc(4 * 1024 * 1024)])), closing]),
      form,
    ],
  ];

  it.each(cases)('%s: %i %s', async (_what, status, code, body, contentType) => {
    const before = await storedNames();
    const answer = contentType === undefined ? await post(body) : await post(body, contentType);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(answer.body.detail).toBeTruthy();
    expect(await storedNames()).toEqual(before);
  });

  it('a part with a bomb of headers: refused or taken without them, and the host lives', async () => {
    const headers = Array.from({ length: 20_000 }, (_, i) => `X-H${i}: ${'v'.repeat(40)}`);
    const body = Buffer.concat([
      part(['Content-Disposition: form-data; name="file"; filename="a.png"', ...headers], png),
      closing,
    ]);
    const { status } = await post(body, form);
    expect([201, 400, 413]).toContain(status);
    expect((await fetch(`${app.url}/healthz`)).status).toBe(200);
  });

  it('a request with a bomb of headers: refused, and the host lives', async () => {
    const bomb = Array.from({ length: 3000 }, (_, i) => `X-H${i}: ${'v'.repeat(40)}`).join('\r\n');
    const { status } = await rawRequest(app.url, `POST /upload HTTP/1.1\r\nHost: x\r\n${bomb}\r\n\r\n`);
    expect(status).toBe(431);
    expect((await fetch(`${app.url}/healthz`)).status).toBe(200);
  });

  it('a client that hangs up halfway leaves no blob', async () => {
    const before = await storedNames();
    const socket = await openSocket(app.url);
    socket.on('error', () => undefined);
    const head = `POST /upload HTTP/1.1\r\nHost: x\r\nContent-Type: ${form}\r\nContent-Length: 900000\r\n\r\n`;
    const refused = app.line(/BODY_TRUNCATED/);
    await new Promise<void>((resolve) =>
      socket.write(
        Buffer.concat([Buffer.from(head), filePart('half.png', Buffer.concat([png, Buffer.alloc(300_000)]))]),
        () => resolve(),
      ),
    );
    socket.destroy();
    await refused;
    expect(await storedNames()).toEqual(before);
  });
});
