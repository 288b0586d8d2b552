/** The share's process on real folders: what it takes and leaves, what it never follows, and hangs (by SIGSTOP). */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { createShareFiles } from '../../../../src/adapters/share/share-files';
import type { ClaimOutcome, StagedFile, SweepFound, SweepRules } from '../../../../src/ports/share-files';
import { scaled } from '../../../drivers/scale';
import { dropFile, filesBelow, shareFolders } from '../../../drivers/share-under-test';

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'sluice-share-'));
const roots = shareFolders(root);
const share = createShareFiles({ roots, threads: 2, deadlineMs: 5_000 });
beforeEach(async () => {
  for (const folder of Object.values(roots)) fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(roots.incoming, { recursive: true });
  expect(await share.check()).toEqual([]);
});
afterAll(() => {
  share.stop();
  fs.rmSync(root, { recursive: true, force: true });
});

const rules: SweepRules = {
  include: [],
  exclude: [],
  recursive: false,
  minAgeMs: 0,
  minGapMs: 0,
  limit: 1_000,
  maxLookAgeMs: 0,
};
const claimedAs = (name: string): string => `20260102/s/${name}`;

async function twoSweeps(over: Partial<SweepRules> = {}): Promise<SweepFound> {
  await share.sweep({ ...rules, ...over });
  return share.sweep({ ...rules, ...over });
}

async function claimAll(found: SweepFound): Promise<readonly ClaimOutcome[]> {
  return share.claim(found.files.map(({ name, ...state }) => ({ name, state, path: claimedAs(name) })));
}

it('carries names of every kind from incoming to staging and away, byte for byte', async () => {
  const names = [
    'with space',
    'ünïcödé ☃ 漢字 🚀',
    '100%25 %2F %',
    'new\nline\ttab',
    '-rf',
    '$(reboot)`x`',
    'a'.repeat(255),
    'trailing.',
    'back\\slash',
    '~x~y',
    '#?&+;=',
  ];
  for (const name of names) dropFile(roots.incoming, name, `content of ${name}`);
  const found = await twoSweeps();
  expect(found.files.map((f) => f.name).sort()).toEqual([...names].sort());
  expect((await claimAll(found)).map((o) => o.kind)).toEqual(names.map(() => 'claimed'));
  const paths = names.map(claimedAs);
  expect((await share.claimed(100)).files.map((f) => f.path).sort()).toEqual([...paths].sort());
  const staged = (await share.stage(paths.map((p) => ({ path: p, blockSize: 65_536 })))) as StagedFile[];
  for (const [i, name] of names.entries()) {
    const content = `content of ${name}`;
    expect(fs.readFileSync(path.join(roots.staging, paths[i]!), 'utf8')).toBe(content);
    expect(staged[i]).toMatchObject({
      kind: 'staged',
      md5: createHash('md5').update(content).digest('hex'),
      blockMd5s: [],
    });
  }
  const removed = await share.remove(paths.map((p, i) => ({ path: p, state: staged[i]!.state })));
  expect(removed.every((r) => r.kind === 'removed')).toBe(true);
  expect([...filesBelow(roots.processing), ...filesBelow(roots.staging)]).toEqual([]);
});

it('leaves links, folders, sockets, pipes, hidden files and names that are no UTF-8 where they are, and says so', async () => {
  dropFile(roots.incoming, 'plain', 'x');
  dropFile(roots.incoming, '.rsync-temporary', 'x');
  dropFile(roots.incoming, '.nfs00000000deadbeef', 'x');
  fs.symlinkSync('/etc/passwd', path.join(roots.incoming, 'link'));
  fs.mkdirSync(path.join(roots.incoming, 'folder'));
  fs.writeFileSync(Buffer.concat([Buffer.from(`${roots.incoming}/bad-`), Buffer.from([0xff, 0xfe])]), 'x');
  const socket = net.createServer().listen(path.join(roots.incoming, 'socket'));
  await new Promise((resolve) => socket.once('listening', resolve));
  const found = await twoSweeps();
  socket.close();
  expect(found.files.map((f) => f.name)).toEqual(['plain']);
  expect(found.skipped).toEqual({
    'symbolic link': 1,
    folder: 1,
    'not a regular file': 1,
    'name is not UTF-8': 1,
    'left out by pattern': 2,
  });
});

it('never follows a link that takes the place of a claimed file', async () => {
  const file = path.join(roots.processing, claimedAs('x'));
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.symlinkSync('/etc/passwd', file);
  const [outcome] = await share.stage([{ path: claimedAs('x'), blockSize: 65_536 }]);
  expect(outcome).toMatchObject({ kind: 'failed', code: 'ELOOP' });
  expect(filesBelow(roots.staging)).toEqual([]);
});

it('takes a file only when two looks saw it alike and it is old enough, first names first', async () => {
  for (const name of ['c', 'a', 'b']) dropFile(roots.incoming, name, name);
  fs.writeFileSync(path.join(roots.incoming, 'young'), 'y');
  expect((await share.sweep({ ...rules, minAgeMs: 60_000 })).files).toEqual([]);
  fs.appendFileSync(path.join(roots.incoming, 'c'), 'more');
  const second = await share.sweep({ ...rules, minAgeMs: 60_000, limit: 1 });
  expect(second).toMatchObject({ stable: 2, waiting: 2, stableBytes: 2 });
  expect(second.files.map((f) => f.name)).toEqual(['a']);
});

it('takes the files of one look in turns, looking at each again as it is claimed, and then looks anew', async () => {
  for (const name of ['a', 'b', 'c', 'd']) dropFile(roots.incoming, name, name);
  const patient = { ...rules, limit: 2, maxLookAgeMs: 60_000 };
  await share.sweep({ ...rules, limit: 0 });
  const first = await share.sweep(patient);
  expect([first.files.map((f) => f.name), first.stable]).toEqual([['a', 'b'], 4]);
  fs.unlinkSync(path.join(roots.incoming, 'c'));
  fs.appendFileSync(path.join(roots.incoming, 'd'), '!');
  dropFile(roots.incoming, 'e', 'e');
  const second = await share.sweep(patient);
  expect(second.files.map((f) => f.name)).toEqual(['c', 'd']);
  expect((await claimAll(second)).map((o) => o.kind)).toEqual(['lost', 'changed']);
  await claimAll(first);
  await share.sweep(patient);
  expect((await share.sweep(patient)).files.map((f) => f.name)).toEqual(['d', 'e']);
});

it('keeps subfolders in recursive mode, and goes by include and exclude patterns', async () => {
  for (const name of ['top.csv', 'sub/one.csv', 'sub/two.log', 'sub/deep/three.csv', '.hidden/four.csv'])
    dropFile(roots.incoming, name, name);
  const found = await twoSweeps({ recursive: true, include: ['*.csv'], exclude: ['sub/deep/**'] });
  expect(found.files.map((f) => f.name)).toEqual(['sub/one.csv', 'top.csv']);
  await claimAll(found);
  expect(filesBelow(roots.processing)).toEqual(['20260102/s/sub/one.csv', '20260102/s/top.csv']);
});

it('loses a claim benignly, refuses what changed, and never replaces a claimed file', async () => {
  for (const name of ['lost', 'changed', 'occupied']) dropFile(roots.incoming, name, name);
  dropFile(roots.processing, claimedAs('occupied'), 'an earlier one');
  const found = await twoSweeps();
  fs.unlinkSync(path.join(roots.incoming, 'lost'));
  fs.appendFileSync(path.join(roots.incoming, 'changed'), '!');
  expect((await claimAll(found)).map((o) => o.kind)).toEqual(['changed', 'lost', 'occupied']);
  expect(fs.readFileSync(path.join(roots.processing, claimedAs('occupied')), 'utf8')).toBe('an earlier one');
  expect(filesBelow(roots.incoming)).toEqual(['changed', 'occupied']);
});

it('carries a file that has the name of a folder whose files were carried, and no file in its place', async () => {
  for (const folder of [roots.processing, roots.staging])
    fs.mkdirSync(path.join(folder, claimedAs('x')), { recursive: true });
  dropFile(roots.incoming, 'x', 'content');
  expect(await claimAll(await twoSweeps())).toMatchObject([{ kind: 'claimed' }]);
  const [staged] = await share.stage([{ path: claimedAs('x'), blockSize: 65_536 }]);
  expect(staged).toMatchObject({ kind: 'staged' });
  dropFile(roots.processing, claimedAs('y/z'), 'still being carried');
  dropFile(roots.incoming, 'y', 'content');
  expect(await claimAll(await twoSweeps())).toMatchObject([{ kind: 'occupied' }]);
});

it('deletes a source only while it is what was staged', async () => {
  dropFile(roots.processing, claimedAs('x'), 'before');
  const [staged] = (await share.stage([{ path: claimedAs('x'), blockSize: 65_536 }])) as StagedFile[];
  const file = path.join(roots.processing, claimedAs('x'));
  const { mtime } = fs.statSync(file);
  // Same size, same mtime: only the ctime tells.
  fs.writeFileSync(file, 'behind');
  fs.utimesSync(file, mtime, mtime);
  expect(await share.remove([{ path: claimedAs('x'), state: staged!.state }])).toEqual([{ kind: 'changed' }]);
  expect(await share.putBack(claimedAs('x'))).toEqual({ kind: 'moved' });
  expect(filesBelow(roots.incoming)).toEqual(['x']);
});

it('moves to quarantine with the reason in a tree of its own, and back; an occupied name is left alone', async () => {
  const long = 'n'.repeat(255);
  for (const name of ['x', long]) {
    dropFile(roots.processing, claimedAs(name), name);
    expect(await share.quarantine(claimedAs(name), '{"why":1}')).toEqual({ kind: 'moved' });
  }
  expect(filesBelow(roots.failed)).toHaveLength(4);
  expect(fs.readFileSync(path.join(roots.failed, 'reasons', `${claimedAs('x')}.json`), 'utf8')).toBe('{"why":1}');
  dropFile(roots.processing, claimedAs('x'), 'another');
  expect(await share.restore(claimedAs('x'))).toEqual({ kind: 'occupied' });
  expect(await share.restore(claimedAs(long))).toEqual({ kind: 'moved' });
  expect(await share.quarantine(claimedAs('gone'), '')).toEqual({ kind: 'gone' });
  expect(filesBelow(roots.failed)).toEqual([claimedAs('x'), `reasons/${claimedAs('x')}.json`]);
  expect(await share.quarantine(claimedAs('x'), '{"why":2}')).toEqual({ kind: 'occupied' });
  expect(fs.readFileSync(path.join(roots.failed, 'reasons', `${claimedAs('x')}.json`), 'utf8')).toBe('{"why":1}');
});

it('keeps what is in quarantine, however files are named', async () => {
  const names = ['x', 'x.json', 'x.reason.json', 'x.reason.json.reason.json', 'sub/x', 'sub%2Fx', 'sub%252Fx.json'];
  for (const order of [names, [...names].reverse()]) {
    for (const name of order) {
      dropFile(roots.processing, claimedAs(name), `content of ${name}`);
      expect([name, await share.quarantine(claimedAs(name), name)]).toEqual([name, { kind: 'moved' }]);
    }
    const kept = (folder: string) => order.map((name) => fs.readFileSync(path.join(folder, claimedAs(name)), 'utf8'));
    expect(kept(roots.failed)).toEqual(order.map((name) => `content of ${name}`));
    for (const name of order) expect([name, await share.restore(claimedAs(name))]).toEqual([name, { kind: 'moved' }]);
    expect(kept(roots.processing)).toEqual(order.map((name) => `content of ${name}`));
    expect(filesBelow(roots.failed)).toEqual([]);
  }
});

it('names what is wrong with the folders', async () => {
  fs.rmSync(roots.incoming, { recursive: true });
  expect((await share.check())[0]).toMatch(/APP_NFS_INCOMING_DIR=.* does not exist. Is the share mounted\?/);
  fs.writeFileSync(roots.incoming, '');
  expect((await share.check())[0]).toMatch(/is not a folder/);
  const elsewhere = createShareFiles({
    roots: { ...roots, incoming: root, processing: '/dev/shm/sluice-other-file-system' },
    threads: 1,
    deadlineMs: 5_000,
  });
  expect((await elsewhere.check())[0]).toMatch(/lies on another file system/);
  elsewhere.stop();
  fs.rmSync('/dev/shm/sluice-other-file-system', { recursive: true });
});

it(
  `answers after ${scaled(100)} calls that hung, and lets what hung go`,
  async () => {
    const hung: string[] = [];
    const quick = createShareFiles({ roots, threads: 1, deadlineMs: 500, onHung: (operation) => hung.push(operation) });
    const pids = new Set<number>();
    let answered = 0;
    for (let i = 0; i < scaled(100); i++) {
      // A process that just started may itself be slow on a busy machine: asked again, it answers.
      for (;;) {
        const ok = await quick.claimed(10).then(
          () => true,
          () => false,
        );
        if (ok) break;
      }
      answered++;
      const pid = quick.childPid();
      pids.add(pid);
      process.kill(pid, 'SIGSTOP');
      await expect(quick.claimed(10)).rejects.toMatchObject({ name: 'ShareTimeout', code: 'ETIMEDOUT' });
      expect(quick.childPid()).toBe(0);
      // Back-offs grow only while nothing is answered.
    }
    expect([answered, pids.size, hung.length >= scaled(100)]).toEqual([scaled(100), scaled(100), true]);
    await expect(quick.claimed(10).catch(() => quick.claimed(10))).resolves.toMatchObject({ files: [] });
    quick.stop();
    for (const pid of pids) await ended(pid);
  },
  60_000 + scaled(100) * 6_000,
);

/** Asks until the process is gone: nobody else is told of it. */
async function ended(pid: number): Promise<void> {
  for (;;) {
    try {
      if (/^State:\s+[ZX]/m.test(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))) return;
    } catch {
      return;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}
