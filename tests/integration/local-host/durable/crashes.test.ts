/**
 * Three host processes on one task hub, killed at seeded points under load. Checked against a model: every instance that was
 * acknowledged ends with its one right result, entities count every signal once, and no activity runs again after its
 * completion was recorded.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FromChild, ToChild } from './crash-child';
import { isSoak } from '../../../drivers/scale';
import { temporaryFolder } from './durable-host';

const SEED = Number(process.env['CRASH_SEED'] ?? Date.now() % 1_000_000);
const KILLS = Number(process.env['CRASH_POINTS'] ?? (isSoak ? 500 : 24));
const INSTANCES = Math.max(60, KILLS * 2);
const PROCESSES = 3;

/** mulberry32 */
function random(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const living = new Set<Process>();

afterAll(async () => {
  for (const child of living) await child.end();
});

class Process {
  readonly #child: ChildProcess;
  readonly #waiting: { match: (m: FromChild) => boolean; resolve: (m: FromChild | undefined) => void }[] = [];
  readonly gone: Promise<void>;
  #killIn = Infinity;
  #exited = false;

  constructor(env: Record<string, string>) {
    this.#child = fork(join(__dirname, 'crash-child.js'), {
      env: { ...process.env, ...env, NODE_NO_WARNINGS: '1' },
      execArgv: [],
    });
    living.add(this);
    this.#child.on('message', (message: FromChild) => {
      if (message.kind === 'step' && --this.#killIn === 0) this.#child.kill('SIGKILL');
      const index = this.#waiting.findIndex((w) => w.match(message));
      if (index >= 0) this.#waiting.splice(index, 1)[0]!.resolve(message);
    });
    this.gone = new Promise((resolve) =>
      this.#child.once('exit', () => {
        this.#exited = true;
        living.delete(this);
        for (const { resolve: end } of this.#waiting.splice(0)) end(undefined);
        resolve();
      }),
    );
  }

  async end(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.gone;
  }

  killAfter(steps: number): void {
    this.#killIn = steps;
  }

  /** Undefined when the process died first. */
  ask(message: ToChild | undefined, match: (m: FromChild) => boolean): Promise<FromChild | undefined> {
    if (this.#exited) return Promise.resolve(undefined);
    const answer = new Promise<FromChild | undefined>((resolve) => this.#waiting.push({ match, resolve }));
    if (message) this.#child.send(message, () => undefined);
    return answer;
  }
}

test(
  `nothing is lost and nothing recorded is repeated over ${KILLS} kills (seed ${SEED})`,
  async () => {
    const folder = temporaryFolder();
    const journal = join(folder.path, 'journal');
    writeFileSync(journal, '');
    const env = { CRASH_JOURNAL: journal, CRASH_STATE: folder.path };
    const next = random(SEED);
    let kills = 0;
    const slots: Process[] = [];
    const respawn = async (slot: number): Promise<void> => {
      const child = new Process(env);
      slots[slot] = child;
      await child.ask(undefined, (m) => m.kind === 'ready');
      if (kills < KILLS) {
        kills++;
        child.killAfter(1 + Math.floor(next() * 40));
        void child.gone.then(() => (stopping ? undefined : (revived[slot] = respawn(slot))));
      }
    };
    let stopping = false;
    const revived: Promise<void>[] = [];
    for (let i = 0; i < PROCESSES; i++) revived[i] = respawn(i);
    await Promise.all(revived);

    /** Asks one process after the other until one lives long enough to answer. */
    const insist = async (message: ToChild, match: (m: FromChild) => boolean): Promise<FromChild> => {
      for (let i = Math.floor(next() * PROCESSES); ; i = (i + 1) % PROCESSES) {
        await revived[i];
        const answer = await slots[i]!.ask(message, match);
        if (answer) return answer;
      }
    };
    const outcomes = new Map<string, FromChild>();
    const drive = async (id: string): Promise<void> => {
      await insist({ kind: 'start', id }, (m) => m.kind === 'started' && m.id === id);
      await insist({ kind: 'raise', id }, (m) => m.kind === 'raised' && m.id === id);
      outcomes.set(id, await insist({ kind: 'await', id }, (m) => m.kind === 'ended' && m.id === id));
    };
    const ids = Array.from({ length: INSTANCES }, (_, i) => `run-${i}`);
    const queue = [...ids];
    await Promise.all(
      Array.from({ length: 12 }, async () => {
        for (let id = queue.shift(); id !== undefined; id = queue.shift()) await drive(id);
      }),
    );
    const total = await insist({ kind: 'total' }, (m) => m.kind === 'total');
    stopping = true;
    await Promise.all(revived);
    for (const child of slots) {
      void child.ask({ kind: 'stop' }, () => false);
      await child.gone;
    }

    for (const id of ids)
      expect(outcomes.get(id)).toEqual({ kind: 'ended', id, status: 'Completed', output: 1 + 2 + 3 + 4 + 7 + 100 + 5 });
    expect(total).toEqual({ kind: 'total', value: INSTANCES });
    const recorded = new Set<string>();
    const ran = new Set<string>();
    for (const line of readFileSync(journal, 'utf8').trim().split('\n')) {
      const { kind, work } = JSON.parse(line) as { kind: 'ran' | 'recorded'; work: string };
      if (kind === 'recorded') recorded.add(work);
      else {
        expect(recorded).not.toContain(work);
        ran.add(work);
      }
    }
    expect(ran.size).toBe(INSTANCES * 6);
    folder.remove();
  },
  60_000 + KILLS * 2_000,
);
