/** What the Functions host does to a developer's surprise is done here too, with a warning that names the fix. */
import { singleFile, useApp } from './temporary-app';

const APP = `
const http = (name, handler, more = {}) => app.http(name, { methods: ['GET'], authLevel: 'anonymous', handler, ...more });
http('plain', async () => ({ body: 'x' }), { route: 'plain/{id?}' });
http('text', async () => 'text');
http('list', async () => [1]);
http('date', async () => new Date());
http('bytes', async () => Buffer.from('x'));
http('object', async () => ({ hello: 'world' }));
http('bodies', async () => ({ body: 'a', jsonBody: { b: 1 } }));
http('none', async () => ({ jsonBody: null }));
http('thrown', async () => { throw undefined; });
http('fine', async () => ({ status: 204 }));
http('locked', async () => ({ body: 'open' }), { authLevel: 'function' });
http('upload', async () => ({ body: 'ok' }), { methods: ['POST'] });
http('off', async () => ({ body: 'ok' }));
`;

describe('a surprise over HTTP', () => {
  const app = useApp(singleFile(APP), {
    enableAuth: true,
    key: 'k1',
    settings: { FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: '1000', 'AzureWebJobs.off.Disabled': 'true' },
  });

  test.each([
    ['a text for a response', '/text', 500, /'text' returned a string, .* an empty 500\. Return an object/],
    ['an array', '/list', 200, /'list' returned an array, .* an empty 200\./],
    ['a date', '/date', 200, /'date' returned a Date, .* an empty 200\./],
    ['bytes', '/bytes', 200, /'bytes' returned bytes, .* an empty 200\./],
    ['an object that is no response', '/object', 200, /'object' returned an object without body, jsonBody/],
    ['two bodies', '/bodies', 200, /'bodies' returned body and jsonBody; jsonBody wins/],
    ['null as JSON', '/none', 200, /'none' returned jsonBody: null/],
    ['undefined, thrown', '/thrown', 204, /'thrown' threw undefined or null.* Throw an Error\./],
    ['a parameter given twice', '/plain?a=1&a=2', 200, /'plain' got the query parameter 'a' 2 times.*searchParams/],
    ['an encoded slash', '/plain/a%2Fb', 200, /'plain' got '%2F' in the route parameter 'id'.* replace it/],
    ['two slashes', '//plain', 404, /'\/\/plain' is 404: .* Send '\/plain'/],
    ['a wrong method', '/upload', 404, /^GET for 'upload' is 404: 'upload' takes POST only.* Add 'GET'/],
  ])('of %s is named with its fix', async (_what, path, status, warning) => {
    expect((await app.get(path)).status).toBe(status);
    await app.line(warning);
  });

  test('of HEAD, which GET does not imply, is named with its fix', async () => {
    expect((await app.get('/fine', { method: 'HEAD' })).status).toBe(404);
    await app.line(/^HEAD for 'fine' is 404.*Add 'HEAD' to its methods; GET does not imply it/);
  });

  test('of a preflight request names CORS', async () => {
    const headers = { origin: 'http://page', 'access-control-request-method': 'GET' };
    expect((await app.get('/fine', { method: 'OPTIONS', headers })).status).toBe(404);
    await app.line(/^OPTIONS for 'fine' is 404.*"CORS": "\*"/);
  });

  test('of a wrong header key that beats a right code is named', async () => {
    expect((await app.get('/locked?code=k1', { headers: { 'x-functions-key': 'no' } })).status).toBe(401);
    await app.line(/'locked' answered 401 although \?code= is right: the header x-functions-key wins/);
  });

  test('of a body past the limit names the setting', async () => {
    expect((await app.get('/upload', { method: 'POST', body: 'x'.repeat(1001) })).status).toBe(500);
    await app.line(/'upload' was sent a body of 1001 bytes.*FUNCTIONS_REQUEST_BODY_SIZE_LIMIT/);
  });

  test('of a disabled function that is run by hand names the setting', async () => {
    const init = {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json', 'x-functions-key': 'k1' },
    };
    expect((await app.get('/admin/functions/off', init)).status).toBe(202);
    await app.line(/'off' was not run, .* remove the setting AzureWebJobs\.off\.Disabled/);
  });

  test('is named once for each function, and none where there is none', async () => {
    await app.get('/text');
    await app.get('/text');
    await app.get('/fine');
    await app.line(/Executed 'Functions\.fine'/);
    const warnings = app.records.filter(({ level }) => level === 'warning').map(({ message }) => message);
    expect(warnings.filter((text) => text.startsWith("'text' returned"))).toHaveLength(1);
    expect(warnings.filter((text) => text.startsWith("'fine' returned"))).toEqual([]);
  });
});

describe('an app that registers nothing', () => {
  const app = useApp(singleFile(''));
  test('is told what a JavaScript app lacks, beside the words of the real host', async () => {
    await app.line(/^No job functions found\. Try making your job classes and methods public/);
    await app.line(
      /^The app loaded 'index\.js' \(package\.json "main"\) and that registered no function.*npm run build/,
    );
  });
});

describe('an app whose package.json names no entry file', () => {
  const app = useApp({ 'package.json': '{"name":"x"}', 'host.json': '{"version":"2.0"}' });
  test('is told to name one', async () => {
    await app.line(/package\.json has no "main", so no file of the app was loaded\. Set "main"/);
  });
});
