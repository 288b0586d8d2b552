/** Requests that no proper client sends, as bytes on a real socket, to the buffered and to the streamed path. */
import { once } from 'node:events';
import { openSocket, rawRequest } from '../../drivers/raw-http';
import { isSoak } from '../../drivers/scale';
import { fuzzSeed, type SeededRandom } from '../../drivers/seeded-random';
import { singleFile, useApp } from './temporary-app';

const ECHO = `
app.http('hello', { methods: ['GET'], authLevel: 'anonymous', handler: async () => ({ body: 'hello' }) });
app.http('rest', { route: '{*rest}', methods: ['GET', 'POST', 'PUT', 'DELETE', 'HEAD'], authLevel: 'anonymous',
  handler: async (request) => {
    let body = '';
    try { body = await request.text(); } catch { body = 'broken'; }
    return { jsonBody: { url: request.url, length: body.length, params: Object.keys(request.params) } };
  } });
`;

const get = (target: string, more = '', host = 'a'): string =>
  `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n${more}Connection: close\r\n\r\n`;
const post = (more: string, body: string): string =>
  `POST /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${more}\r\n${body}`;
const json = (body: string): string =>
  post(`Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`, body);
const deep = (levels: number): string => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;

describe.each([
  ['buffered', ECHO],
  ['streamed', `app.setup({ enableHttpStream: true });\n${ECHO}`],
])('%s HTTP', (_mode, source) => {
  const app = useApp(singleFile(source));
  const status = async (bytes: string | Buffer): Promise<number> => (await rawRequest(app.url, bytes)).status;

  test.each([
    ['a Host with a bracket', get('/hello', '', 'a]b'), 400],
    ['a Host with a space', get('/hello', '', 'a b'), 400],
    ['a Host with a bad escape', get('/hello', '', '%zz'), 400],
    ['a Host with a port out of range', get('/hello', '', 'a:99999'), 400],
    ['two Hosts', get('/hello', 'Host: b\r\n'), 400],
    ['no Host', 'GET /hello HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
    ['an empty Host', get('/hello', '', ''), 200],
    ['an IPv6 Host', get('/hello', '', '[::1]:7071'), 200],
    ['NUL in the path', get('/a%00b'), 400],
    ['a NUL byte in the head', get('/hello', 'X: a\0b\r\n'), 400],
    ['an escape that does not decode', get('/%zz%f'), 200],
    ['an address in absolute form', get('http://a/hello'), 200],
    ['an address in absolute form without path', get('http://a?b=1'), 200],
    ['an address of another scheme', get('ftp://a/hello'), 400],
    ['an address that is no path', get('hello'), 400],
    ['a host path in absolute form', get('http://a/admin/host/ping'), 200],
    ['OPTIONS *', 'OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', 400],
    ['CONNECT', 'CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n', 404],
    ['TRACE', 'TRACE /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', 404],
    ['a method that nobody knows', 'BREW /hello HTTP/1.1\r\nHost: a\r\n\r\n', 400],
    ['an upgrade', 'GET /hello HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n', 200],
    ['a head that is too large', get('/hello', `X: ${'a'.repeat(40_000)}\r\n`), 431],
    ['too many header lines', get('/hello', 'X: a\r\n'.repeat(120)), 431],
    ['a folded header line', get('/hello', 'X: a\r\n b\r\n'), 400],
    ['a space before the colon', get('/hello', 'X : a\r\n'), 400],
    ['header bytes that are no UTF-8', Buffer.from(get('/hello', 'X: a\xff\r\n'), 'latin1'), 400],
    ['a header in Latin-1 letters', get('/hello', 'X: \u00e9\r\n'), 200],
    ['a header of letters beyond Latin-1', get('/hello', 'X: \uada6\r\n'), 400],
    [
      'a content type of letters beyond Latin-1',
      post('Content-Type: a\uada6/json\r\nContent-Length: 2\r\n', '{}'),
      400,
    ],
    ['two lengths', post('Content-Length: 1\r\nContent-Length: 2\r\n', 'ab'), 400],
    ['a length with a sign', post('Content-Length: +1\r\n', 'a'), 400],
    ['a length that is no number', post('Content-Length: 1x\r\n', 'a'), 400],
    ['a negative length', post('Content-Length: -1\r\n', ''), 400],
    ['a length beyond all bounds', post('Content-Length: 99999999999999999999999\r\n', ''), 400],
    ['length and chunks together', post('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'), 400],
    ['chunks and then another coding', post('Transfer-Encoding: chunked, gzip\r\n', '0\r\n\r\n'), 400],
    ['a chunk size that is no number', post('Transfer-Encoding: chunked\r\n', 'zz\r\n\r\n'), 400],
    ['a chunk size beyond all bounds', post('Transfer-Encoding: chunked\r\n', 'fffffffffffffffffff\r\n'), 400],
    ['an expectation that nobody can meet', post('Expect: coffee\r\nContent-Length: 0\r\n', ''), 417],
    ['HTTP/2 by prior knowledge', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    ['TLS', Buffer.from('16030100a5010000a10303', 'hex'), 400],
    ['a few words', 'hello, is it me?\r\n\r\n', 400],
    ['JSON of names that objects have', json('{"__proto__":{"a":1},"constructor":"x","toString":2}'), 200],
    ['JSON that does not parse', json('{"a":'), 200],
    ['JSON of 100,000 levels', json(deep(100_000)), 200],
    ['JSON of a 100,000-fold list', json(`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`), 200],
  ])('answers %s', async (_what, bytes, expected) => {
    expect(await status(bytes)).toBe(expected);
    expect(await status(get('/hello'))).toBe(200);
  });

  test('answers requests that come in one piece in their order', async () => {
    const paths = ['/first', '/second', '/third'];
    const requests = paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join('') + get('/last');
    const { text } = await rawRequest(app.url, requests);
    expect([...text.matchAll(/http:\/\/a\/(\w+)"/g)].map(([, path]) => path)).toEqual([
      'first',
      'second',
      'third',
      'last',
    ]);
  });

  test('takes what follows a body for the next request, and nothing of the body', async () => {
    const inner = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n';
    const { text } = await rawRequest(
      app.url,
      `POST /outer HTTP/1.1\r\nHost: a\r\nContent-Length: ${inner.length}\r\n\r\n${inner}${get('/after')}`,
    );
    expect([...text.matchAll(/http:\/\/a\/(\w+)"/g)].map(([, path]) => path)).toEqual(['outer', 'after']);
  });

  const COUNT = isSoak ? 5000 : 200;
  test(`survives ${COUNT} garbled requests, answers none of them with a fault of its own, and serves on`, async () => {
    const random = fuzzSeed('garbled HTTP');
    const bad: string[] = [];
    for (let done = 0; done < COUNT; done += BATCH) {
      const garbled = Array.from({ length: BATCH }, () => garble(random));
      const answers = await Promise.all(garbled.map((bytes) => answerTo(app.url, bytes)));
      answers.forEach((text, index) => {
        for (const [, code = ''] of text.matchAll(/HTTP\/1\.1 (\d+) /g))
          if (!SENSIBLE.has(code)) bad.push(`${code} to ${JSON.stringify(garbled[index]?.toString('latin1'))}`);
      });
    }
    expect(bad).toEqual([]);
    expect(app.records.filter(({ message }) => /local host failed|Worker uncaught|exited/.test(message))).toEqual([]);
    expect(await status(get('/hello'))).toBe(200);
  });
});

const BATCH = 25;
/** What the echo function answers, and what a server says of a request that is wrong. Never 500: nothing here fails. */
const SENSIBLE = new Set([
  '100',
  '200',
  '204',
  '400',
  '401',
  '404',
  '405',
  '408',
  '411',
  '413',
  '414',
  '417',
  '431',
  '501',
  '505',
]);

/** All that came back before the host had answered a proper request that was sent later. */
async function answerTo(url: string, bytes: Buffer): Promise<string> {
  const socket = await openSocket(url);
  const chunks: Buffer[] = [];
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  const closed = once(socket, 'close');
  socket.write(bytes);
  await Promise.race([closed, rawRequest(url, get('/hello'))]);
  socket.end();
  socket.destroySoon();
  await closed;
  return Buffer.concat(chunks).toString('latin1');
}

const BASES: readonly string[] = [
  get('/hello'),
  get('/a/b/c?x=1&y=%20z&x=2'),
  get('/v1/%2e%2e/%E2%82%AC/..//x'),
  get('http://a/b'),
  get('/admin/host/status'),
  get('/runtime/webhooks/durabletask/instances?top=1'),
  json('{"name":"tea","list":[1,2],"deep":{"a":null}}'),
  post('Content-Length: 11\r\n', 'hello world'),
  post('Transfer-Encoding: chunked\r\n', '5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nX-Trailer: 1\r\n\r\n'),
  post(
    'Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 26\r\n',
    '--b\r\n\r\nContent\r\n--b--\r\n12345',
  ),
  'HEAD /x HTTP/1.0\r\n\r\n',
];
const PIECES: readonly string[] = [
  ...[
    '\r\n',
    '\n',
    '\r',
    '\0',
    ' ',
    '\t',
    ':',
    '%',
    '%00',
    '%c0%af',
    '..',
    '/',
    '\\',
    '?',
    '#',
    '{',
    '}',
    '[',
    ']',
    '@',
  ],
  ...[
    'Host: b\r\n',
    'Host: a]\r\n',
    'Content-Length: 3\r\n',
    'Content-Length: -1\r\n',
    'Transfer-Encoding: chunked\r\n',
  ],
  ...['Transfer-Encoding: identity\r\n', 'Expect: 100-continue\r\n', 'Connection: keep-alive\r\n', 'Upgrade: h2c\r\n'],
  ...[
    'Origin: null\r\n',
    'X-Functions-Key: \xff\r\n',
    'Cookie: a=b; =; ;;\r\n',
    'traceparent: 00-zz-1\r\n',
    '__proto__',
  ],
  ...[
    'x-ms-invocation-id: 1\r\n',
    'x-forwarded-host: ]\r\n',
    'x-forwarded-proto: javascript\r\n',
    'HTTP/9.9',
    'ffffffff\r\n',
  ],
];

function garble(random: SeededRandom): Buffer {
  let bytes = Buffer.from(random.pick(BASES), 'latin1');
  for (let changes = 1 + random.below(4); changes > 0; changes--) {
    const at = random.below(bytes.length + 1);
    const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
    switch (random.below(6)) {
      case 0:
        bytes = Buffer.concat([before, Buffer.from(random.pick(PIECES), 'latin1'), after]);
        break;
      case 1:
        bytes = Buffer.concat([before, after.subarray(1 + random.below(8))]);
        break;
      case 2:
        bytes = Buffer.concat([before, random.bytes(1 + random.below(6)), after.subarray(random.below(3))]);
        break;
      case 3:
        bytes = Buffer.concat([before, bytes.subarray(random.below(bytes.length + 1))]);
        break;
      case 4: {
        const line = bytes.indexOf('\r\n', at);
        const piece = Buffer.from(random.pick(PIECES), 'latin1');
        if (line >= 0) bytes = Buffer.concat([bytes.subarray(0, line + 2), piece, bytes.subarray(line + 2)]);
        break;
      }
      default:
        bytes = Buffer.concat([before, Buffer.alloc(1 + random.below(3000), random.below(256)), after]);
    }
  }
  return bytes;
}
