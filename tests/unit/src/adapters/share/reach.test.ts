/** A folder of the share is replaced by a link, before any one call of any operation: what the link leads to stays untouched and unread. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createOperations } from '../../../../../src/adapters/share/operations';
import { Reach } from '../../../../../src/adapters/share/reach';
import { realDisk, type ShareDisk } from '../../../../../src/adapters/share/share-disk';
import type { ShareFiles } from '../../../../../src/ports/share-files';

const root = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'sluice-reach-')));
const at = (...parts: string[]): string => path.join(root, ...parts);
const roots = {
  incoming: at('incoming'),
  processing: at('.processing'),
  failed: at('.failed'),
  staging: at('staging'),
};
const outside = at('outside');
const SESSION = '20260102/s';
const PATH = `${SESSION}/sub/x`;
const LONG_AGO = 1_000_000;

const rules = { include: [], exclude: [], recursive: true, minAgeMs: 0, minGapMs: 0, limit: 10, maxLookAgeMs: 0 };

afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

type Operations = { readonly [K in keyof ShareFiles]: (...args: Parameters<ShareFiles[K]>) => unknown };

interface Case {
  /** Where the file lies before. */
  readonly in: 'incoming' | 'processing' | 'failed';
  /** The folder that the link takes the place of. */
  readonly folder: string;
  /** What is done before, on a share where nothing happens; its answer is handed on. */
  readonly before?: (share: Operations) => unknown;
  readonly run: (share: Operations, before: never) => unknown;
}

const subfolders = {
  incoming: at('incoming', 'sub'),
  processing: at('.processing', SESSION, 'sub'),
  failed: at('.failed', SESSION, 'sub'),
};
const session = { processing: at('.processing', SESSION), failed: at('.failed', SESSION) };

async function found(share: Operations): Promise<unknown> {
  await share.sweep(rules);
  return share.sweep(rules);
}
type Found = Awaited<ReturnType<ShareFiles['sweep']>>;
const claim = (share: Operations, { files }: Found): unknown =>
  share.claim(files.map(({ name, ...state }) => ({ name, state, path: `${SESSION}/${name}` })));
const stage = (share: Operations): unknown => share.stage([{ path: PATH, blockSize: 65_536 }]);
type Staged = readonly { readonly state: Parameters<ShareFiles['remove']>[0][number]['state'] }[];
const remove = (share: Operations, [staged]: Staged): unknown => share.remove([{ path: PATH, state: staged!.state }]);

const cases: Readonly<Record<string, Case>> = {
  sweep: { in: 'incoming', folder: subfolders.incoming, run: found },
  'claim, of the incoming folder': { in: 'incoming', folder: subfolders.incoming, before: found, run: claim },
  'claim, of the session': { in: 'incoming', folder: session.processing, before: found, run: claim },
  stage: { in: 'processing', folder: subfolders.processing, run: stage },
  'stage, of the session': { in: 'processing', folder: session.processing, run: stage },
  remove: { in: 'processing', folder: subfolders.processing, before: stage, run: remove },
  'remove, of the session': { in: 'processing', folder: session.processing, before: stage, run: remove },
  'put back': { in: 'processing', folder: subfolders.incoming, run: (share) => share.putBack(PATH) },
  'put back, of processing': { in: 'processing', folder: subfolders.processing, run: (share) => share.putBack(PATH) },
  quarantine: { in: 'processing', folder: subfolders.processing, run: (share) => share.quarantine(PATH, 'why') },
  'quarantine, of the failed': {
    in: 'processing',
    folder: session.failed,
    run: (share) => share.quarantine(PATH, 'why'),
  },
  restore: { in: 'failed', folder: subfolders.failed, run: (share) => share.restore(PATH) },
  'restore, of processing': { in: 'failed', folder: session.processing, run: (share) => share.restore(PATH) },
  claimed: { in: 'processing', folder: subfolders.processing, run: (share) => share.claimed(10) },
  tidy: { in: 'processing', folder: session.processing, run: (share) => share.tidy() },
};

/** The outside holds the same files under other names of the same inodes: by its state nobody could tell one from the other. */
function lay(one: Case): void {
  fs.rmSync(root, { recursive: true, force: true });
  for (const folder of [...Object.values(roots), ...Object.values(subfolders)])
    fs.mkdirSync(folder, { recursive: true });
  const file = path.join(subfolders[one.in], 'x');
  fs.writeFileSync(file, 'content');
  const below = path.relative(one.folder, file);
  const twin = below.startsWith('..') ? path.join(outside, 'x') : path.join(outside, below);
  fs.mkdirSync(path.dirname(twin), { recursive: true });
  fs.linkSync(file, twin);
  for (const folder of [path.join(one.folder, 'empty'), path.join(outside, 'empty')]) {
    fs.mkdirSync(folder, { recursive: true });
    fs.utimesSync(folder, LONG_AGO, LONG_AGO);
  }
  fs.utimesSync(file, LONG_AGO, LONG_AGO);
}

const contentOf = (folder: string): string[] => fs.readdirSync(folder, { recursive: true }).map(String).sort();

/** The real disk, on which the folder becomes a link just before call `when`; notes what was opened outside. */
function racedDisk(folder: string, when: number) {
  const seen = { calls: 0, trespassed: [] as string[], armed: false };
  const disk = Object.fromEntries(
    // Nothing of this need outlive the machine.
    Object.entries({ ...realDisk, flush: async () => undefined, fsyncSync: () => undefined }).map(([name, call]) => [
      name,
      (...args: unknown[]) => {
        if (seen.armed && seen.calls++ === when) {
          fs.renameSync(folder, `${folder}.away`);
          fs.symlinkSync(outside, folder);
        }
        const answer = (call as (...all: unknown[]) => unknown)(...args);
        if (name === 'openSync' || name === 'opendirSync') {
          const opened =
            name === 'openSync' ? fs.readlinkSync(`/proc/self/fd/${String(answer)}`) : fs.realpathSync(String(args[0]));
          if (opened.startsWith(outside)) seen.trespassed.push(opened);
        }
        return answer;
      },
    ]),
  ) as unknown as ShareDisk;
  return { disk, seen };
}

it.each(Object.entries(cases))('leaves alone what a link leads to: %s', async (_name, one) => {
  let tried = 0;
  for (let when = 0; ; when++) {
    lay(one);
    const { disk, seen } = racedDisk(one.folder, when);
    const time = { wallMs: LONG_AGO * 2_000, monotonicMs: 0 };
    const share = createOperations(disk, roots, () => ({
      ...time,
      monotonicMs: ++time.monotonicMs,
    })) as unknown as Operations;
    const before = (await one.before?.(share)) as never;
    const expected = contentOf(outside);
    seen.armed = true;
    // What it says, or throws, is its own affair.
    await Promise.resolve()
      .then(() => one.run(share, before))
      .catch(() => undefined);
    seen.armed = false;
    expect([when, contentOf(outside), seen.trespassed]).toEqual([when, expected, []]);
    if (seen.calls <= when) break;
    tried++;
  }
  expect(tried).toBeGreaterThan(3);
});

it('says which folder is a link, by its name', () => {
  fs.mkdirSync(at('incoming', 'a'), { recursive: true });
  fs.rmSync(at('incoming', 'a', 'b'), { recursive: true, force: true });
  fs.symlinkSync(outside, at('incoming', 'a', 'b'));
  const reach = new Reach(realDisk, roots.incoming);
  expect(() => reach.place('a/b/c')).toThrow(`ELOOP: ${roots.incoming}/a/b is a link, or no folder`);
  reach.close();
});
