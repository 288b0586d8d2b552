import fs from 'node:fs';
import path from 'node:path';
import { singleFile, useApp } from './temporary-app';

const host = '{"version":"2.0","extensions":{"http":{"routePrefix":""}}}';
const answering = (name: string): string =>
  `app.http('${name}', { methods: ['GET'], authLevel: 'anonymous', handler: async () => ({ body: '${name}' }) });`;
const common = (name: string): string => `const { app } = require('@azure/functions');\n${answering(name)}`;
const esm = (name: string): string =>
  `import { app } from '@azure/functions';\nconst ready = await Promise.resolve(true);\nif (ready) ${answering(name)}`;

describe('an app of CommonJS and ES modules', () => {
  const app = useApp({
    'package.json': '{"main":"dist/{index,functions/*}.{js,mjs,cjs}"}',
    'host.json': host,
    'dist/index.js': "require('@azure/functions').app.setup({});\nconsole.log('cwd ' + process.cwd());",
    'dist/functions/one.js': common('one'),
    'dist/functions/two.mjs': esm('two'),
    'dist/functions/three.cjs': common('three'),
  });

  test('serves the functions of all files, with the app’s folder as working directory', async () => {
    for (const name of ['one', 'two', 'three']) expect(await (await app.get(`/${name}`)).text()).toBe(name);
    expect(await app.line(/^cwd /)).toBe(`cwd ${app.folder}`);
  });
});

describe('an app of type module', () => {
  const app = useApp({
    'package.json': '{"type":"module","main":"index.js"}',
    'host.json': host,
    'index.js': esm('only'),
  });

  test('is loaded as ES modules', async () => {
    expect(await (await app.get('/only')).text()).toBe('only');
  });
});

describe('an entry file that throws', () => {
  const app = useApp({
    'package.json': '{"main":"*.js"}',
    'host.json': host,
    'a.js': common('a'),
    'b.js': "throw new Error('top level trouble');",
  });

  test('leaves a running host without functions, which says why', async () => {
    await app.line(/Worker was unable to load entry point "b\.js": top level trouble/);
    expect([app.host.state, app.host.functions]).toEqual(['Running', []]);
    expect((await app.get('/a')).status).toBe(404);
  });
});

describe('a pattern that no file matches', () => {
  const app = useApp({ 'package.json': '{"main":"nowhere/*.js"}', 'host.json': host });

  test('is named, and the host runs', async () => {
    await app.line(/entry point "nowhere\/\*\.js": Found zero files matching the supplied pattern/);
    await app.line(/^No job functions found\./);
    expect(app.host.state).toBe('Running');
  });
});

describe('an app without host.json', () => {
  const app = useApp({ 'package.json': '{"main":"a.js"}', 'a.js': common('a') });

  test('gets one and has the prefix api', async () => {
    expect((await app.get('/api/a')).status).toBe(200);
    expect(JSON.parse(fs.readFileSync(path.join(app.folder, 'host.json'), 'utf8'))).toEqual({ version: '2.0' });
  });
});

describe.each([
  ['a host.json that is not JSON', { 'host.json': '{"version":' }, /Unable to parse host configuration file/],
  ['a host.json of another version', { 'host.json': '{"version":"1.0"}' }, /'version' property/],
  ['names that differ only by case', { 'index.js': `${common('twin')}${answering('TWIN')}` }, /twin/i],
  [
    'a route with a slash in front',
    { 'index.js': common('a').replace("methods: ['GET']", "methods: ['GET'], route: '/a'") },
    /cannot start with/,
  ],
])('%s', (_name, files, reason) => {
  const app = useApp({ 'package.json': '{"main":"index.js"}', 'host.json': host, 'index.js': common('a'), ...files });

  test('puts the host in Error: 503 everywhere, the reason under /admin/host/status', async () => {
    const response = await app.get('/a');
    expect([response.status, await response.text()]).toEqual([503, 'Function host is not running.']);
    expect(await (await app.get('/admin/host/status')).json()).toMatchObject({
      state: 'Error',
      errors: [expect.stringMatching(reason)],
    });
    expect(app.host.errors).toHaveLength(1);
  });
});

describe('registering after the start', () => {
  const app = useApp(
    singleFile(
      answering('late-maker').replace(
        "({ body: 'late-maker' })",
        `{ try { ${answering('late')} } catch (e) { return { body: e.message }; } }`,
      ),
    ),
  );

  test('is refused', async () => {
    expect(await (await app.get('/late-maker')).text()).toBe('A function can only be registered during app startup.');
  });
});
