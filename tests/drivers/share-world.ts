/**
 * A share of real files, a container in memory and hosts that crash, all driven by one seed. Faults come at every call of the
 * file system, of storage and of the inbox, before or after it took effect; a hung call may still be carried out much later.
 * Watches the invariants while it runs: see {@link ShareWorld.violations}.
 */
import { noItemNotes } from '../../src/intake/item-notes';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { ContainerClient } from '@azure/storage-blob';
import { createBuryShareFile } from '../../src/activities/bury-share-file';
import { createTransferShareFiles } from '../../src/activities/transfer-share-files';
import { boundedBlockMemory, createBlockMemory } from '../../src/adapters/azure-storage/block-memory';
import { createShareBlobs } from '../../src/adapters/azure-storage/share-blobs';
import { createOperations, type OperationName, type ShareOperations } from '../../src/adapters/share/operations';
import { ShareTimeout } from '../../src/adapters/share/share-child';
import type { ShareDisk, ShareRoots } from '../../src/adapters/share/share-disk';
import { ShareFlights } from '../../src/intake/share-flights';
import { createSweepShare, type SweepShare } from '../../src/intake/sweep-share';
import { transferShareStory } from '../../src/orchestrators/transfer-share';
import type { TransferInput } from '../../src/domain/share/transfer';
import type { GroupInbox } from '../../src/ports/inbox';
import type { Orchestrations } from '../../src/ports/orchestrations';
import type { ShareFiles } from '../../src/ports/share-files';
import { failure, MemoryContainer } from '../fakes/memory-container';
import { memoryDeadLetters, memoryGroupInbox, memoryWatch, silentLogger } from '../fakes/memory-stores';
import type { SeededRandom } from '../fakes/seeded-random';
import { TestClock } from '../fakes/test-clock';
import { runStory } from './story-driver';

const BLOCK = 64 * 1024;
const DATE = '20260102';
const SESSION = 'sim';

class Crash extends Error {
  override readonly name = 'Crash';
}

interface Host {
  readonly sweeper: SweepShare;
  readonly orchestrations: Orchestrations;
  readonly running: Set<Promise<void>>;
  /** Calls left until it crashes. */
  fuse: number;
  dead: boolean;
}

export class ShareWorld {
  readonly roots: ShareRoots;
  readonly container = new MemoryContainer();
  readonly clock = new TestClock();
  readonly deadLetters = memoryDeadLetters();
  /** What must never happen, and did. */
  readonly violations: string[] = [];
  /** What happened, to read when it went wrong. */
  readonly story: string[] = [];
  /** Probability of a fault at any one call. */
  faults = 0;
  /** Probability, at any one call, that the producer changes a file that is claimed already. */
  mischief = 0;
  readonly hosts: Host[] = [];
  readonly #root: string;
  readonly #groupInbox = memoryGroupInbox(this.clock, () => this.#monotonic);
  readonly #watch;
  readonly #hubs: Map<string, TransferInput>[] = [];
  /** Contents that were finished at some time, by name; only these may be seen in the container. */
  readonly #finished = new Map<string, Buffer[]>();
  #hung: (() => void)[] = [];
  #monotonic = 0;
  #runs = 0;

  constructor(
    readonly random: SeededRandom,
    hostCount: number,
    private readonly quarantine: boolean,
  ) {
    this.#root = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'sluice-world-')));
    this.roots = {
      incoming: path.join(this.#root, 'incoming'),
      processing: path.join(this.#root, '.processing'),
      failed: path.join(this.#root, '.failed'),
      staging: path.join(this.#root, 'staging'),
    };
    fs.mkdirSync(this.roots.incoming);
    this.#watch = memoryWatch({
      date: DATE,
      name: SESSION,
      encoded: SESSION,
      include: [],
      exclude: [],
      dryRun: false,
      recursive: false,
      enabled: true,
      startedAt: '',
    });
    this.container.onCommit = (name, bytes) => {
      const file = name.split('/').slice(2).join('/');
      if (!this.#finished.get(file)?.some((content) => content.equals(bytes)))
        this.violations.push(`${name} shows ${bytes.length} bytes that were never a finished file`);
    };
    for (let i = 0; i < hostCount; i++) {
      this.#hubs.push(new Map());
      this.hosts.push(this.#boot(i));
    }
  }

  remove(): void {
    fs.rmSync(this.#root, { recursive: true, force: true });
  }

  advance(ms: number): void {
    this.#monotonic += ms;
    this.clock.advance(ms);
  }

  /** The clock on the wall jumps; the other one does not. */
  jump(ms: number): void {
    this.clock.advance(ms);
  }

  /** The producer writes a file whole. */
  drop(name: string, content: Buffer): void {
    this.finish(name, content);
    fs.writeFileSync(path.join(this.roots.incoming, name), content);
    this.story.push(`dropped ${name} ${content.length}`);
  }

  finish(name: string, content: Buffer): void {
    const known = this.#finished.get(name) ?? [];
    known.push(content);
    this.#finished.set(name, known);
  }

  names(): readonly string[] {
    return [...this.#finished.keys()];
  }

  /** What was written last under a name. */
  latest(name: string): Buffer {
    return this.#finished.get(name)!.at(-1)!;
  }

  /** One pass of one host; a host that died boots again first. */
  async pass(index: number): Promise<void> {
    let host = this.hosts[index]!;
    if (host.dead) {
      await Promise.allSettled(host.running);
      host = this.hosts[index] = this.#boot(index);
      for (const [id, input] of this.#hubs[index]!) this.#run(host, index, id, input);
    }
    await host.sweeper.pass(host.orchestrations).catch((error: unknown) => {
      this.story.push(`pass of ${index} failed: ${(error as Error).message}`);
    });
  }

  async settle(): Promise<void> {
    for (const host of this.hosts) await Promise.allSettled(host.running);
  }

  light(index: number, calls: number): void {
    this.hosts[index]!.fuse = calls;
  }

  /** Carries out what hung, as a share that answers again would. */
  releaseHung(): void {
    for (const work of this.#hung.splice(0)) work();
  }

  blob(name: string): Buffer | undefined {
    return this.container.blobs.get(`${DATE}/${SESSION}/${name}`)?.bytes;
  }

  files(root: keyof ShareRoots): string[] {
    if (!fs.existsSync(this.roots[root])) return [];
    return fs
      .readdirSync(this.roots[root], { recursive: true })
      .map(String)
      .filter((name) => fs.statSync(path.join(this.roots[root], name)).isFile());
  }

  #boot(index: number): Host {
    const host = { fuse: Infinity, dead: false, running: new Set<Promise<void>>() } as Host;
    const alive = (): void => {
      if (!host.dead && --host.fuse < 0) {
        host.dead = true;
        this.story.push(`host ${index} crashed`);
      }
      if (host.dead) throw new Crash('the process is gone');
    };
    const monotonic = (): number => this.#monotonic;
    const share = this.#share(host, alive);
    const flights = new ShareFlights({
      maxQueueSize: 50,
      slots: 2,
      smallBytes: BLOCK / 4,
      monotonic,
      random: this.random.next,
      now: () => this.clock.now(),
    });
    this.container.around = () => undefined;
    const blobs = createShareBlobs(
      { blob: async (name) => this.#faulty(alive).getBlockBlobClient(name) },
      {
        stagingRoot: this.roots.staging,
        verify: this.random.pick(['blocks', 'read'] as const),
        blockSize: BLOCK,
        singlePutSize: BLOCK / 4,
        concurrency: 3,
        memory: boundedBlockMemory(createBlockMemory(), 4 * BLOCK),
      },
    );
    const calls = async <T>(work: () => Promise<T>): Promise<T> => {
      alive();
      if (this.random.chance(this.faults)) throw failure(this.random.pick([429, 500, 503]), 'Busy');
      const answer = await work();
      alive();
      return answer;
    };
    const groupInbox: GroupInbox = {
      claimAll: (...args) => calls(() => this.#groupInbox.claimAll(...args)),
      releaseAll: (...args) => calls(() => this.#groupInbox.releaseAll(...args)),
      endAll: (...args) => calls(() => this.#groupInbox.endAll(...args)),
      failAll: (...args) => calls(() => this.#groupInbox.failAll(...args)),
      noteTold: (...args) => calls(() => this.#groupInbox.noteTold(...args)),
      forget: (...args) => calls(() => this.#groupInbox.forget(...args)),
      tidy: (...args) => calls(() => this.#groupInbox.tidy(...args)),
    };
    const activities = {
      'transfer-share-files': createTransferShareFiles(
        {
          share,
          blobs,
          inbox: groupInbox,
          flights,
          items: noItemNotes,
          clock: this.clock,
          logger: silentLogger,
          monotonic,
        },
        { blockSize: BLOCK, concurrency: 3 },
      ),
      'bury-share-file': createBuryShareFile(
        { deadLetters: this.deadLetters, inbox: groupInbox, share, logger: silentLogger },
        { quarantine: this.quarantine },
      ),
    };
    const sweeper = createSweepShare(
      {
        share,
        watch: this.#watch,
        inbox: groupInbox,
        flights,
        logger: silentLogger,
        monotonic,
        now: () => this.clock.now(),
        random: this.random.next,
        unique: () => `run-${++this.#runs}`,
      },
      { pollIntervalMs: 1_000, minFileAgeMs: 5_000, maxAttempts: 4, owner: `host-${index}` },
    );
    const hub = this.#hubs[index]!;
    const orchestrations: Orchestrations = {
      look: async (id) => ({ kind: hub.has(id) ? 'running' : 'unknown' }),
      isRunning: async (id) => hub.has(id),
      start: (...args) => orchestrations.ensureStarted(...args),
      run: () => Promise.reject(new Error('The share waits for none of its orchestrations.')),
      ensureStarted: async (_name, id, input) => {
        alive();
        if (hub.has(id)) return 'running';
        hub.set(id, input as TransferInput);
        this.#run(host, index, id, input as TransferInput);
        return 'started';
      },
    };
    return Object.assign(host, { sweeper, orchestrations, activities });
  }

  #run(host: Host, index: number, id: string, input: TransferInput): void {
    const { activities } = host as Host & { activities: Parameters<typeof runStory>[2] };
    const run = runStory(transferShareStory, input, activities, { startMs: this.clock.now(), instanceId: id }).then(
      ({ result }) => {
        this.story.push(`${index} ${input.files.map((f) => f.path).join()} ${JSON.stringify(result)}`);
        if (!host.dead) this.#hubs[index]!.delete(id);
      },
      (error: unknown) => {
        this.story.push(`${index} ${(error as Error).message}`);
        if (!host.dead) this.#hubs[index]!.delete(id);
      },
    );
    host.running.add(run);
    void run.then(() => host.running.delete(run));
  }

  /** The real operations on a disk that fails, behind a process that hangs. */
  #share(host: Host, alive: () => void): ShareFiles {
    const operations = createOperations(this.#disk(alive), this.roots, () => ({
      wallMs: this.clock.now(),
      monotonicMs: this.#monotonic,
    }));
    const call = async (name: OperationName, args: unknown[]): Promise<unknown> => {
      alive();
      await Promise.resolve();
      const run = (): unknown => (operations[name] as (...all: unknown[]) => unknown)(...args);
      const fate = this.random.chance(this.faults / 2) ? this.random.below(3) : -1;
      if (fate === 0) throw new ShareTimeout('not carried out');
      if (fate === 1) {
        // Carried out some day, by a process that nobody listens to; unless that was killed first.
        this.#hung.push(() => {
          if (!host.dead && this.random.chance(0.7)) void attempt(run);
        });
        throw new ShareTimeout('hung');
      }
      const result = await run();
      alive();
      if (fate === 2) throw new ShareTimeout('carried out, but not answered');
      return result;
    };
    return new Proxy({} as ShareFiles, {
      get: (_target, name) => (name === 'then' ? undefined : (...args: unknown[]) => call(name as OperationName, args)),
    });
  }

  #disk(alive: () => void): ShareDisk {
    const codes: Readonly<Partial<Record<keyof ShareDisk, readonly string[]>>> = {
      writeSync: ['ENOSPC', 'EIO'],
      fsyncSync: ['ENOSPC', 'EIO'],
      openSync: ['ESTALE', 'EACCES', 'EIO', 'ENOSPC'],
      mkdirSync: ['ENOSPC', 'EACCES'],
    };
    const guarded = (name: Exclude<keyof ShareDisk, 'flush'>) =>
      ((...args: unknown[]) => {
        // Even a close that fails, or that a crash follows, closes.
        const closed = name === 'closeSync';
        if (closed) fs.closeSync(args[0] as number);
        alive();
        this.#watchOver(name, args);
        if (this.random.chance(this.faults / 10))
          throw systemError(this.random.pick(codes[name] ?? ['ESTALE', 'EIO', 'EACCES']));
        const answer = closed ? undefined : (fs[name] as (...all: unknown[]) => unknown)(...args);
        // A listing that nobody got would never be closed.
        if (name === 'opendirSync') return answer;
        if (name === 'readSync' && this.random.chance(this.mischief)) this.#disturbOpen(args[0] as number);
        alive();
        if (this.random.chance(this.faults / 20) && name !== 'openSync') throw systemError('EIO');
        return answer;
      }) as never;
    const names: Exclude<keyof ShareDisk, 'flush'>[] = [
      'accessSync',
      'closeSync',
      'fstatSync',
      'fsyncSync',
      'linkSync',
      'lstatSync',
      'mkdirSync',
      'openSync',
      'opendirSync',
      'readSync',
      'readdirSync',
      'renameSync',
      'rmdirSync',
      'statSync',
      'unlinkSync',
      'writeSync',
    ];
    const disk = Object.fromEntries(names.map((name) => [name, guarded(name)])) as unknown as ShareDisk;
    return Object.assign(disk, {
      flush: async (fd: number) => {
        await Promise.resolve();
        disk.fsyncSync(fd);
      },
    });
  }

  /** The invariants, looked at before each call that could break them. */
  #watchOver(name: keyof ShareDisk, args: readonly unknown[]): void {
    if (name !== 'renameSync' && name !== 'unlinkSync') return;
    const [from, to] = args.map((place) => realPlace(String(place))) as [string, string];
    if (name === 'renameSync' && fs.existsSync(to)) this.violations.push(`a rename would replace ${to}`);
    if (
      name !== 'unlinkSync' ||
      [this.roots.staging, path.join(this.roots.failed, 'reasons')].some((root) => from.startsWith(root))
    )
      return;
    const stat = fs.statSync(from, { throwIfNoEntry: false });
    // A second name of the same file: a move, not a deletion.
    if (!stat || stat.nlink > 1) return;
    const file = path.relative(this.roots.processing, from);
    const blob = this.container.blobs.get(file);
    if (!blob?.bytes.equals(fs.readFileSync(from))) this.violations.push(`${file} is deleted and no blob holds it`);
  }

  /** The producer changes a claimed file, perhaps while it is copied or sent: longer, shorter, or other bytes. */
  #disturbOpen(fd: number): void {
    try {
      const file = fs.readlinkSync(`/proc/self/fd/${fd}`);
      if (file.startsWith(this.roots.processing)) this.#disturb(file);
    } catch {
      return;
    }
  }

  #disturb(file: string): void {
    const name = path.basename(file);
    // With a newer file of its name behind it, nobody could say which of the two is the last state.
    if (fs.existsSync(path.join(this.roots.incoming, name))) return;
    const old = fs.readFileSync(file);
    const next = Buffer.from(old);
    const changed = [
      () => Buffer.concat([next, Buffer.from('more')]),
      () => next.subarray(0, Math.floor(next.length / 2)),
      () => (next.fill(this.random.below(256), 0, Math.min(10, next.length)), next),
    ][this.random.below(3)]!();
    this.finish(name, changed);
    this.story.push(`${name} changed after it was claimed`);
    // In place, as a writer would that has the file open.
    const out = fs.openSync(file, 'r+');
    fs.writeSync(out, changed, 0, changed.length, 0);
    fs.ftruncateSync(out, changed.length);
    fs.closeSync(out);
  }

  #faulty(alive: () => void): ContainerClient {
    const client = this.container.client();
    const around = (when: 'before' | 'after'): void => {
      alive();
      const claimed = this.files('processing');
      if (claimed.length > 0 && this.random.chance(this.mischief))
        this.#disturb(path.join(this.roots.processing, this.random.pick(claimed)));
      if (!this.random.chance(this.faults / 2)) return;
      if (when === 'before' || this.random.chance(0.5))
        throw this.random.pick([failure(429, 'TooMany'), failure(500, 'Internal'), failure(503, 'Busy'), cut()]);
    };
    return {
      getBlockBlobClient: (name: string) => {
        const blob = client.getBlockBlobClient(name) as unknown as Record<
          string,
          (...all: unknown[]) => Promise<unknown>
        >;
        return new Proxy(blob, {
          get: (target, method: string) =>
            method === 'then'
              ? undefined
              : async (...args: unknown[]) => {
                  around('before');
                  const answer = await target[method]!(...args);
                  around('after');
                  return answer;
                },
        });
      },
    } as unknown as ContainerClient;
  }
}

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: simulated`), { code });
}

function cut(): Error {
  return Object.assign(new Error('socket hang up'), { code: 'ECONNRESET', name: 'RestError' });
}

/** A path by the name that its folder has: the share's operations name it by the number that it is open under. */
function realPlace(place: string): string {
  return path.join(fs.realpathSync(path.dirname(place)), path.basename(place));
}

async function attempt(work: () => unknown): Promise<void> {
  try {
    await work();
  } catch {
    return;
  }
}

export type { ShareOperations };
