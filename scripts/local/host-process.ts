/**
 * The host as a process of its own, started again when it dies, as Azure would. Invariants: 1. at most one host runs;
 * 2. `host.pid` names it while it runs; 3. after `stop` none is started.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, rmSync, statSync, truncateSync, writeFileSync, type WriteStream } from 'node:fs';
import readline from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

export interface HostProcessOptions {
  /** Path of bin/local-host. */
  readonly script: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly pidFile: string;
  readonly logFile: string;
  /** Called with each line of the host's output. */
  readonly onLine: (line: string) => void;
  /** Called when the host ended unasked, before it is started again. */
  readonly onDeath: (how: string) => void;
  /** Called when it is given up: it ended several times within seconds of its start. */
  readonly onGivenUp: (how: string) => void;
}

export interface HostProcess {
  stop(): Promise<void>;
}

const LARGEST_LOG = 32 * 1024 * 1024;
const QUICK_DEATH_MS = 10_000;
const QUICK_DEATHS = 5;
const STOP_LIMIT_MS = 30_000;

export function startHostProcess(options: HostProcessOptions): HostProcess {
  boundLog(options.logFile);
  const log = createWriteStream(options.logFile, { flags: 'a' });
  const stopping = new AbortController();
  const isStopping = (): boolean => stopping.signal.aborted;
  let child: ChildProcess | undefined;
  const running = supervise();

  async function supervise(): Promise<void> {
    let quickDeaths = 0;
    while (!isStopping()) {
      const startedAt = Date.now();
      child = launch(options, log);
      const how = await ended(child);
      rmSync(options.pidFile, { force: true });
      if (isStopping()) return;
      quickDeaths = Date.now() - startedAt < QUICK_DEATH_MS ? quickDeaths + 1 : 0;
      if (quickDeaths >= QUICK_DEATHS) {
        options.onGivenUp(how);
        return;
      }
      options.onDeath(how);
      await delay(Math.min(250 * 2 ** quickDeaths, 5_000), undefined, { signal: stopping.signal }).catch(
        () => undefined,
      );
    }
  }

  return {
    async stop() {
      stopping.abort();
      child?.kill('SIGTERM');
      const force = setTimeout(() => child?.kill('SIGKILL'), STOP_LIMIT_MS);
      await running;
      clearTimeout(force);
      log.end();
      await once(log, 'close');
    },
  };
}

function launch({ script, args, environment, pidFile, onLine }: HostProcessOptions, log: WriteStream): ChildProcess {
  // The channel tells the host when this process is gone: it then ends by itself instead of holding the port.
  const child = spawn(process.execPath, [script, ...args], {
    env: { ...environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
  });
  writeFileSync(pidFile, `${child.pid}\n`);
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue;
    stream.pipe(log, { end: false });
    readline.createInterface({ input: stream }).on('line', onLine);
  }
  return child;
}

async function ended(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ? `signal ${signal}` : `exit code ${code}`));
  });
}

function boundLog(file: string): void {
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > LARGEST_LOG) truncateSync(file, 0);
}
