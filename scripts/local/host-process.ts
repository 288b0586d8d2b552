/**
 * The host as a process of its own, started again when it dies, as Azure would. Invariants: 1. at most one host runs;
 * 2. `host.pid` names it while it runs; 3. after `stop` none is started.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import readline from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { BoundedLog } from './bounded-log';
import { parseHostLine } from './host-line';

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
  /** Called when it is given up: it ended several times within seconds of its start, or for a reason that stays. */
  readonly onGivenUp: (how: string) => void;
  /** Called when the log cannot be written; the host runs on. */
  readonly onLogTrouble: (reason: string) => void;
}

export interface HostProcess {
  stop(): Promise<void>;
}

const LARGEST_LOG = 32 * 1024 * 1024;
const QUICK_DEATH_MS = 10_000;
const QUICK_DEATHS = 5;
const STOP_LIMIT_MS = 30_000;

/** Exit codes of bin/local-host that another try would not change, and what they mean. See local-host/DESIGN.md. */
const LASTING: Readonly<Record<number, string>> = {
  2: 'exit code 2: its settings cannot be read, or its folder holds no app',
  98: 'exit code 98: its port is in use by another program; end that one, or choose another port with --port',
};

export function startHostProcess(options: HostProcessOptions): HostProcess {
  const log = new BoundedLog({ file: options.logFile, limit: LARGEST_LOG, onTrouble: options.onLogTrouble });
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
      if (quickDeaths >= QUICK_DEATHS || how.lasting) {
        options.onGivenUp(how.text);
        return;
      }
      options.onDeath(how.text);
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
      log.close();
    },
  };
}

function launch({ script, args, environment, pidFile, onLine }: HostProcessOptions, log: BoundedLog): ChildProcess {
  // The channel tells the host when this process is gone: it then ends by itself instead of holding the port.
  const child = spawn(process.execPath, [script, ...args], {
    env: { ...environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
  });
  writeFileSync(pidFile, `${child.pid}\n`);
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue;
    readline.createInterface({ input: stream }).on('line', (line) => {
      // What is not of the host's log, such as the words of a crash, has no time of its own.
      log.lines([parseHostLine(line).level === 'none' ? `${new Date().toISOString()} ${line}` : line]);
      onLine(line);
    });
  }
  return child;
}

interface End {
  readonly text: string;
  /** Another try would end the same way. */
  readonly lasting: boolean;
}

function ended(child: ChildProcess): Promise<End> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ text: error.message, lasting: false }));
    child.once('exit', (code, signal) => {
      const lasting = LASTING[code ?? -1];
      resolve({ text: lasting ?? (signal ? `signal ${signal}` : `exit code ${code}`), lasting: lasting !== undefined });
    });
  });
}
