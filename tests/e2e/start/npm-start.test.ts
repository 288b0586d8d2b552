/** `npm start` on real processes: the demo, a host killed with -9, a second start, a port in use, bad settings (C2, C4). */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { isAlive } from '../../../local-host/process-state';
import type { MediaRecord } from '../../../src/domain/media/media-record';
import { freePorts } from '../../drivers/free-ports';
import { npmStart, type StartUnderTest } from '../../drivers/npm-start';
import { png } from '../../drivers/raw-http';

const home = mkdtempSync(path.join(os.tmpdir(), 'sluice-start-'));
let start: StartUnderTest;

afterAll(async () => {
  start.signal('SIGTERM');
  await start.ended;
  rmSync(home, { recursive: true, force: true });
});

async function upload(name: string): Promise<string> {
  const form = new FormData();
  form.append('file', new Blob([new Uint8Array(png)]), name);
  const answer = await fetch(`${start.url}/upload`, { method: 'POST', body: form });
  expect(answer.status).toBe(201);
  return ((await answer.json()) as { files: { id: string }[] }).files[0]!.id;
}

/** Asks again and again: what is awaited happens in other processes, which only their answers show. */
async function processed(id: string): Promise<MediaRecord> {
  for (;;) {
    const answer = await fetch(`${start.url}/v1/media/${id}`).catch(() => undefined);
    const record = answer?.ok ? ((await answer.json()) as MediaRecord) : undefined;
    if (record?.state === 'processed') return record;
  }
}

it('starts everything, shows the demo finish, and serves', async () => {
  start = await npmStart(home);
  const output = await start.printed(/Serving on/);
  expect(output).toMatch(/media\s+POST \/upload, queue jobqueue\s+running, 3 of 3 demo files processed/);
  expect(output).toMatch(/blob-events\s+timer, queue blob-events\s+running, 3 of 3 demo blobs moved/);
  expect(output).toMatch(/ingestion\s+blob in snippet-input\s+running, 4 of 4 demo texts can be searched/);
  expect(output).toMatch(/"how do I authenticate" finds api-guide\.md, Parcel API/);
  expect(output).toMatch(/lock\.png\s+processed/);
  expect(output).toMatch(/nfs\s+NFS share sweep\s+running, 4 of 4 demo files arrived; watches \S+\/share\/incoming/);
  expect(output).toMatch(/nfs\s+still-being-written\.log\s+left alone, its writer goes on/);
  expect(output).toMatch(/nfs\s+still-being-written\.log\s+arrived\s+ingest\/\d{8}\/demo\/still-being-written\.log/);
  expect(await (await fetch(`${start.url}/readyz`)).json()).toEqual({ ready: true });
  for (const of of ['host', 'azurite'] as const) expect(isAlive(start.pid(of))).toBe(true);
  await processed(await upload('mine.png'));
}, 120_000);

it('starts a host that was killed with -9 again, and nothing acknowledged is lost', async () => {
  const ids = await Promise.all(Array.from({ length: 10 }, (_, i) => upload(`killed-${i}.png`)));
  const victim = start.pid('host');
  process.kill(victim, 'SIGKILL');
  await start.printed(/The host ended \(signal SIGKILL\); starting it again/);
  for (const id of ids) expect(await processed(id)).toMatchObject({ verifiedBy: 'read' });
  expect(start.pid('host')).not.toBe(victim);
}, 120_000);

it('takes the host along when it is itself killed, and goes on from there at the next start', async () => {
  const id = await upload('orphan.png');
  const [host, azurite] = [start.pid('host'), start.pid('azurite')];
  start.signal('SIGKILL');
  await start.ended;
  start = await npmStart(home, [], start);
  const output = await start.printed(/Serving on/);
  expect(isAlive(host)).toBe(false);
  expect(output).toContain(`Azurite found running on ports`);
  expect(start.pid('azurite')).toBe(azurite);
  await processed(id);
}, 120_000);

it('refuses a second start on the same state, and leaves the first alone', async () => {
  const [host, azurite] = [start.pid('host'), start.pid('azurite')];
  const second = await npmStart(home);
  expect(await second.ended).toBe(1);
  expect(second.output()).toContain(`Sluice already runs on this state (process ${start.processId}`);
  expect([start.pid('host'), start.pid('azurite')]).toEqual([host, azurite]);
  expect((await fetch(`${start.url}/healthz`)).status).toBe(200);
});

it('starts storage that was killed again', async () => {
  process.kill(start.pid('azurite'), 'SIGKILL');
  await start.printed(/Azurite \(process \d+\) ended; starting it again/);
  for (;;) {
    const form = new FormData();
    form.append('file', new Blob([new Uint8Array(png)]), 'after.png');
    const answer = await fetch(`${start.url}/upload`, { method: 'POST', body: form });
    if (answer.status === 201) break;
    expect(answer.status).toBe(503);
  }
}, 120_000);

it('names a port in use, and the remedy', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const { port } = server.address() as { port: number };
  const elsewhere = mkdtempSync(path.join(os.tmpdir(), 'sluice-start-'));
  const refused = await npmStart(elsewhere, [], { port, storagePort: (await freePorts(3))[0]! });
  expect(await refused.ended).toBe(1);
  expect(refused.output()).toContain(`Port ${port} is in use`);
  expect(refused.output()).toContain('npm start -- --port');
  rmSync(elsewhere, { recursive: true });
  await new Promise((resolve) => server.close(resolve));
});

it('stops everything on Ctrl-C, and a second start finds the earlier state', async () => {
  const id = await upload('kept.png');
  const before = await processed(id);
  const pids = [start.pid('host'), start.pid('azurite')];
  start.signal('SIGINT');
  expect(await start.ended).toBe(0);
  for (const pid of pids) expect(isAlive(pid)).toBe(false);

  start = await npmStart(home, [], start);
  const output = await start.printed(/Serving on/);
  expect(output).toContain('found from before');
  expect(await processed(id)).toEqual(before);
}, 120_000);

it.each([
  [['--port', 'x'], 2, '--port takes a number'],
  [['--what'], 2, 'unknown option "--what"'],
  [['--help'], 0, '--storage-port'],
])('answers %j with exit code %i', async (args, code, text) => {
  const refused = await npmStart(home, args, { port: 1, storagePort: 1 });
  expect(await refused.ended).toBe(code);
  expect(refused.output()).toContain(text);
});
