/** What `npm run package` writes: complete, without anything of development, and an app by itself. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';
import {
  PACKAGE_LIMIT_MB,
  writeDeploymentPackage,
  type DeploymentPackage,
} from '../../../scripts/local/deployment-package';
import { projectRoot } from '../../drivers/app-under-test';
import { startAzureOpenAi } from '../../drivers/azure-openai-under-test';
import { ingestionSettings } from '../../drivers/ingestion-under-test';
import { startHostProcess } from '../../drivers/host-process-under-test';
import { png } from '../../drivers/raw-http';
import { startStorage } from '../../drivers/storage-under-test';

const outside = mkdtempSync(path.join(os.tmpdir(), 'sluice-package-'));
const folder = path.join(outside, 'app');
let made: DeploymentPackage;
beforeAll(() => {
  made = writeDeploymentPackage(projectRoot, folder);
}, 180_000);
afterAll(() => rmSync(outside, { recursive: true, force: true }));

interface Manifest {
  readonly main: string;
  readonly scripts?: unknown;
  readonly devDependencies?: unknown;
  readonly dependencies: Readonly<Record<string, string>>;
}
const manifestOf = (root: string): Manifest =>
  JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as Manifest;

test('holds the app and what it needs, in the size that is stated', () => {
  const { main, scripts, devDependencies, dependencies } = manifestOf(folder);
  expect([scripts, devDependencies, dependencies]).toEqual([
    undefined,
    undefined,
    manifestOf(projectRoot).dependencies,
  ]);
  expect(existsSync(path.join(folder, main))).toBe(true);
  expect(made.bytes).toBeLessThan(PACKAGE_LIMIT_MB * 2 ** 20);
  // Found in the package, not in a folder around it.
  const resolve = createRequire(path.join(folder, main)).resolve;
  for (const name of Object.keys(dependencies))
    expect([name, (resolve.paths(name) ?? []).find((place) => existsSync(path.join(place, name)))]).toEqual([
      name,
      path.join(folder, 'node_modules'),
    ]);
});

test('holds nothing of development', () => {
  expect(readdirSync(folder).sort()).toEqual(['LICENSE', 'dist', 'host.json', 'node_modules', 'package.json']);
  expect(readdirSync(path.join(folder, 'dist'))).toEqual(['src']);
  const { packages } = JSON.parse(readFileSync(path.join(projectRoot, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean }>;
  };
  const development = Object.keys(packages).filter((place) => packages[place]?.dev);
  expect(development.length).toBeGreaterThan(100);
  expect(development.filter((place) => existsSync(path.join(folder, place)))).toEqual([]);
  const files = readdirSync(folder, { recursive: true }).map(String);
  expect(files.filter((file) => /\.map$|\.d\.ts$|local\.settings|^dist.*test/.test(file))).toEqual([]);
});

test('holds native code for the system that it will run on, and for no other', () => {
  const native = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:node|so|dylib|dll)$/.test(entry.name))
    .map(({ parentPath, name }) => path.join(parentPath, name));
  const header = (file: string): string => readFileSync(file).subarray(0, 4).toString('latin1');
  expect(native.map((file) => [file, header(file)])).toEqual(native.map((file) => [file, '\x7fELF']));
  const asked = `const db = new (require('node:sqlite').DatabaseSync)(':memory:', { allowExtension: true });
    db.loadExtension(require('sqlite-vec').getLoadablePath());
    console.log(db.prepare('SELECT vec_version() AS version').get().version)`;
  if (process.platform !== 'linux') {
    expect(native).toEqual([]);
    return;
  }
  expect(native.map((file) => path.relative(folder, file))).toEqual([
    path.join('node_modules', `sqlite-vec-linux-${process.arch}`, 'vec0.so'),
  ]);
  expect(spawnSync(process.execPath, ['-e', asked], { cwd: folder, encoding: 'utf8' }).stdout).toMatch(/^v\d/);
});

test('leaves out native code of another system, where the machine that makes it is one', () => {
  const root = path.join(outside, 'elsewhere');
  const locked = { optional: true, os: ['darwin'], cpu: ['arm64'] };
  for (const place of ['dist/src', 'node_modules/of-darwin', 'node_modules/of-all'])
    mkdirSync(path.join(root, place), { recursive: true });
  for (const file of ['host.json', 'LICENSE', 'package.json'])
    cpSync(path.join(projectRoot, file), path.join(root, file));
  const packages = { '': {}, 'node_modules/of-darwin': locked, 'node_modules/of-all': {} };
  writeFileSync(path.join(root, 'package-lock.json'), JSON.stringify({ packages }));
  const made = path.join(outside, 'made-elsewhere');
  writeDeploymentPackage(root, made);
  expect(readdirSync(path.join(made, 'node_modules'))).toEqual(['of-all']);
});

test('counts tokens with what it has of the encoder', () => {
  const { createCl100kCounter } = createRequire(path.join(folder, 'package.json'))(
    './dist/src/adapters/tokenizer/cl100k-counter.js',
  ) as typeof import('../../../src/adapters/tokenizer/cl100k-counter');
  expect(createCl100kCounter()('hello world')).toBe(2);
  expect(readdirSync(path.join(folder, 'node_modules', 'js-tiktoken', 'dist', 'ranks'))).toEqual(['cl100k_base.cjs']);
});

test('runs from its own folder', async () => {
  const embedder = await startAzureOpenAi();
  const storage = await startStorage(ingestionSettings(embedder, { PIPELINES: 'media,orders,blob-events,ingestion' }));
  try {
    const host = await startHostProcess(storage.settings, path.join(outside, 'state'), folder);
    try {
      expect((await fetch(`${host.url}/readyz`)).status).toBe(200);
      const form = new FormData();
      form.append('file', new Blob([png], { type: 'image/png' }), 'a.png');
      expect((await fetch(`${host.url}/upload`, { method: 'POST', body: form })).status).toBe(201);
      expect(host.output()).not.toMatch(/Cannot find module|MODULE_NOT_FOUND/);
    } finally {
      await host.stop();
    }
  } finally {
    await storage.stop();
    await embedder.stop();
  }
}, 180_000);

test('goes without the packaged embedding model, and says what to do where that is asked for', () => {
  const asked = `require('./dist/src/adapters/packaged-model/embedder.js').createPackagedEmbedder().embed(['a'])
    .then(() => console.log('embedded'), (error) => console.log(error.message))`;
  const { stdout } = spawnSync(process.execPath, ['-e', asked], { cwd: folder, encoding: 'utf8' });
  expect(stdout).toMatch(/^The packaged embedding model is not installed: .*@energetic-ai.* EMBEDDER=azure-openai/);
});

test('is refused where a package is missing, by its name', () => {
  const root = path.join(outside, 'incomplete');
  mkdirSync(path.join(root, 'dist', 'src'), { recursive: true });
  for (const file of ['host.json', 'LICENSE', 'package.json'])
    cpSync(path.join(projectRoot, file), path.join(root, file));
  writeFileSync(
    path.join(root, 'package-lock.json'),
    JSON.stringify({ packages: { '': {}, 'node_modules/gone': {}, 'node_modules/other-system': { optional: true } } }),
  );
  expect(() => writeDeploymentPackage(root, path.join(outside, 'never'))).toThrow(/node_modules\/gone .* npm ci/);
});

test('is what azd takes, for the app that the template makes', () => {
  const azure = parse(readFileSync(path.join(projectRoot, 'azure.yaml'), 'utf8')) as {
    infra: { path: string; module: string };
    services: Record<string, Record<string, unknown>>;
  };
  expect(Object.keys(azure.services)).toEqual(['app']);
  expect(azure.services['app']).toEqual({
    project: '.',
    host: 'function',
    language: 'ts',
    dist: '.build/package',
    remoteBuild: false,
  });
  const { path: infra, module } = azure.infra;
  expect(existsSync(path.join(projectRoot, infra, `${module}.bicep`))).toBe(true);
  const app = readFileSync(path.join(projectRoot, infra, 'modules', 'function-app.bicep'), 'utf8');
  expect(app).toContain("'azd-service-name': 'app'");
});
