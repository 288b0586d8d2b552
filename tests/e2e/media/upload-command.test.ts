/** `npm run upload` as a process of its own against the whole app: killed, resumed, refused (M1b). */
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, watch, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { projectRoot, startApp, type AppUnderTest } from '../../drivers/app-under-test';
import { png } from '../../drivers/raw-http';
import { scaled } from '../../drivers/scale';

let app: AppUnderTest;
const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-upload-'));
const journals = path.join(folder, 'home', 'uploads');
beforeAll(async () => {
  app = await startApp({});
});
afterAll(async () => {
  await app.stop();
  rmSync(folder, { recursive: true });
});

interface Run {
  readonly child: ChildProcess;
  readonly ended: Promise<{ readonly code: number | null; readonly output: string }>;
}

function upload(...args: string[]): Run {
  const child = spawn(
    process.execPath,
    [path.join(projectRoot, 'dist', 'scripts', 'upload.js'), '--url', app.url, ...args],
    {
      env: { PATH: process.env.PATH, SLUICE_HOME: path.join(folder, 'home') },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  return { child, ended: once(child, 'close').then(([code]) => ({ code: code as number | null, output })) };
}

function file(name: string, mib: number): { path: string; sha256: string } {
  const content = Buffer.concat([png, randomBytes(mib * 1024 * 1024)]);
  const place = path.join(folder, name);
  writeFileSync(place, content);
  return { path: place, sha256: createHash('sha256').update(content).digest('hex') };
}

const existingJournals = (): string[] =>
  statSync(journals, { throwIfNoEntry: false }) ? readdirSync(journals).sort() : [];

const stagedBlocks = (): number =>
  readdirSync(journals).reduce(
    (sum, name) => sum + readFileSync(path.join(journals, name), 'utf8').split('\n').length - 2,
    0,
  );

/** Resolves when so many blocks stand in the journal. */
async function staged(count: number): Promise<void> {
  await new Promise<void>((resolve) => {
    const look = (): void => {
      if (statSync(journals, { throwIfNoEntry: false }) && stagedBlocks() >= count) {
        watcher.close();
        resolve();
      }
    };
    const watcher = watch(folder, { recursive: true }, look);
    look();
  });
}

it('carries a file into the pipeline and compares its bytes at the end', async () => {
  const film = file('film.png', 20);
  const { code, output } = await upload(film.path).ended;
  expect([code, output]).toEqual([0, expect.stringContaining(`SHA-256 equal (${film.sha256.slice(0, 12)}…)`)]);
  expect(output).toMatch(/film\.png {2}→ processed\/media\/film-[a-z0-9]{12}\.png {2}20\.0 MiB, 20\.0 MiB sent/);
  expect(readdirSync(journals)).toEqual([]);
});

it('goes on where a killed run was, as often as it is killed', async () => {
  const kills = scaled(30);
  const film = file('killed.png', 2 * kills + 6);
  for (let kill = 1; kill <= kills; kill++) {
    const run = upload(film.path, '--block-mib', '1', '--concurrency', '2');
    await staged(kill * 2);
    run.child.kill('SIGKILL');
    await run.ended;
  }
  const there = stagedBlocks();
  const { code, output } = await upload(film.path, '--block-mib', '1', '--concurrency', '2').ended;
  expect([code, output]).toEqual([0, expect.stringContaining(`goes on: ${there} blocks are there already`)]);
  expect(output).toContain(`SHA-256 equal (${film.sha256.slice(0, 12)}…)`);
  const [, sent] = /MiB, (\d+\.\d) MiB sent/.exec(output) ?? [];
  expect(Number(sent)).toBeLessThanOrEqual(2 * kills + 7 - there);
  expect(readdirSync(journals)).toEqual([]);
}, 300_000);

it('says on Ctrl-C that it can go on, and does, without sending anything twice', async () => {
  const film = file('stopped.png', 6);
  const run = upload(film.path, '--block-mib', '1', '--concurrency', '1');
  await staged(2);
  run.child.kill('SIGINT');
  expect(await run.ended).toEqual({
    code: 130,
    output: expect.stringMatching(
      /stopped\.png {2}stopped\. \d\.\d MiB of 6\.0 MiB are in storage and kept for a week: run the same command again/,
    ),
  });
  const again = await upload(film.path, '--block-mib', '1').ended;
  expect([again.code, again.output]).toEqual([0, expect.stringContaining('blocks are there already')]);
});

it('starts anew for a file that is not the same any more', async () => {
  const film = file('changed.png', 6);
  const run = upload(film.path, '--block-mib', '1', '--concurrency', '1');
  await staged(2);
  run.child.kill('SIGKILL');
  await run.ended;
  utimesSync(film.path, new Date(), new Date(Date.now() + 5000));
  const { code, output } = await upload(film.path, '--block-mib', '1').ended;
  expect([code, output]).toEqual([0, expect.not.stringContaining('goes on')]);
});

it('says why a file is refused, before any of it is sent', async () => {
  const program = path.join(folder, 'tool.png');
  writeFileSync(program, Buffer.from('MZ\u0000\u0000 not a picture'));
  const before = existingJournals();
  const { code, output } = await upload(program).ended;
  expect([code, output]).toEqual([
    1,
    expect.stringMatching(/tool\.png {2}FAILED: The file is .* by its content; accepted: .*UPLOAD_ALLOWED_TYPES/),
  ]);
  expect(existingJournals()).toEqual(before);
});

it('names what is wrong with files, address and options, and goes on with the others', async () => {
  const empty = path.join(folder, 'empty.png');
  writeFileSync(empty, '');
  const good = file('good.png', 0);
  const { code, output } = await upload(path.join(folder, 'nothing.png'), empty, folder, good.path).ended;
  expect(code).toBe(1);
  expect(output).toMatch(/nothing\.png {2}FAILED: does not exist/);
  expect(output).toMatch(/empty\.png {2}FAILED: is empty/);
  expect(output).toMatch(/FAILED: is no file/);
  expect(output).toMatch(/good\.png {2}→ processed/);
  const nobody = await upload(good.path, '--url', 'http://127.0.0.1:1').ended;
  expect([nobody.code, nobody.output]).toEqual([1, expect.stringMatching(/does not answer.*npm start/)]);
  expect((await upload().ended).code).toBe(2);
});
