/**
 * The storage that comes with the host: Azurite on a folder, for as long as a process uses it.
 *
 * Invariants:
 * 1. Every process that uses the folder's Azurite is noted in `users.db`; the last that lives stops it. A process that was
 *    killed counts no more, and the Azurite that it left is adopted by the next.
 * 2. Starting, adopting and stopping happen under the file's lock, which the kernel drops when its holder dies.
 * 3. An Azurite that ends unasked is started again, as storage in Azure would come back.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isAlive, processStartTime } from '../process-state';
import { startAzurite, type Azurite, type AzuriteOptions } from './azurite';

export interface EmbeddedStorage {
  /** The one that runs now. */
  readonly azurite: Azurite;
  /** Ends it unless another process uses it. Waits until it has saved. */
  stop(): Promise<void>;
}

const LOOK_EVERY_MS = 500;
const LOCK_RETRY_MS = 50;

/**
 * @param onDeath told the process id of an Azurite that ended unasked, before it is started again
 * @param onTrouble told why it could not be started again; that is tried until it works
 * @throws AzuriteStartError, whose message names the remedy
 */
export async function startEmbeddedStorage(
  options: AzuriteOptions,
  onDeath: (pid: number) => void,
  onTrouble: (reason: string) => void,
): Promise<EmbeddedStorage> {
  mkdirSync(options.location, { recursive: true });
  let azurite = await locked(options.location, async (users) => {
    const started = await startAzurite(options);
    users.add(process.pid);
    return started;
  });
  let restarting: Promise<void> | undefined;
  let told = '';
  const timer = setInterval(() => {
    if (restarting || isAlive(azurite.pid)) return;
    if (told === '') onDeath(azurite.pid);
    restarting = locked(options.location, () => startAzurite(options))
      .then((next) => {
        azurite = next;
        told = '';
      })
      .catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        if (reason !== told) onTrouble(reason);
        told = reason;
      })
      .finally(() => {
        restarting = undefined;
      });
  }, LOOK_EVERY_MS);
  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    clearInterval(timer);
    await restarting;
    await locked(options.location, async (users) => {
      users.remove(process.pid);
      if (!users.anyAlive()) await azurite.stop();
    });
  };
  return {
    get azurite() {
      return azurite;
    },
    stop: () => (stopping ??= stop()),
  };
}

/** Who uses the Azurite of a folder. A process counts by its id and start time, for ids are given out again. */
class Users {
  constructor(private readonly db: DatabaseSync) {}

  add(pid: number): void {
    this.db.prepare('INSERT OR REPLACE INTO users (pid, start) VALUES (?, ?)').run(pid, processStartTime(pid) ?? '');
  }

  remove(pid: number): void {
    this.db.prepare('DELETE FROM users WHERE pid = ?').run(pid);
  }

  anyAlive(): boolean {
    const rows = this.db.prepare('SELECT pid, start FROM users').all() as { pid: number; start: string }[];
    return rows.some(({ pid, start }) => isAlive(pid) && (processStartTime(pid) ?? '') === start);
  }
}

/** Runs an action while no other process does so with the same folder. */
async function locked<T>(location: string, action: (users: Users) => Promise<T>): Promise<T> {
  const db = new DatabaseSync(join(location, 'users.db'));
  try {
    while (!begin(db)) await new Promise((resolve) => setTimeout(resolve, LOCK_RETRY_MS));
    db.exec('CREATE TABLE IF NOT EXISTS users (pid INTEGER PRIMARY KEY, start TEXT)');
    try {
      return await action(new Users(db));
    } finally {
      db.exec('COMMIT');
    }
  } finally {
    db.close();
  }
}

function begin(db: DatabaseSync): boolean {
  try {
    db.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if (error instanceof Error && /locked|busy/i.test(error.message)) return false;
    throw error;
  }
}
