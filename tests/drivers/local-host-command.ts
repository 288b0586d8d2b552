/** `bin/local-host` as a user runs it: processes of their own, watched through what they print. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { projectRoot } from './app-under-test';

const command = path.join(projectRoot, 'bin', 'local-host');
const children: ChildProcess[] = [];

export interface RunningCommand {
  readonly child: ChildProcess;
  /** All that was printed so far, on either stream. */
  readonly output: () => string;
  /** Resolves once the output matches; rejects when the process ends first. */
  readonly shows: (pattern: RegExp) => Promise<void>;
  /** Exit code, once it ended and its output is whole. */
  readonly ended: Promise<number | null>;
}

export interface CommandOptions {
  readonly cwd?: string;
  /** Beside PATH and HOME; nothing else of the machine's environment reaches the host. */
  readonly environment?: Readonly<Record<string, string>>;
}

export function run(args: readonly string[], options: CommandOptions = {}): RunningCommand {
  const child = spawn(process.execPath, [command, ...args], {
    cwd: options.cwd ?? projectRoot,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let output = '';
  let done = false;
  const watchers = new Set<() => void>();
  const look = (): void => [...watchers].forEach((watch) => watch());
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      look();
    });
  const ended = once(child, 'close').then(([code]) => {
    done = true;
    look();
    return code as number | null;
  });
  return {
    child,
    output: () => output,
    shows: (pattern) =>
      new Promise((resolve, reject) => {
        const watch = (): void => {
          if (pattern.test(output)) resolve();
          else if (done) reject(new Error(`It ended without printing ${pattern.source}:\n${output}`));
          else return;
          watchers.delete(watch);
        };
        watchers.add(watch);
        watch();
      }),
    ended,
  };
}

/** Kills what a failed test left behind. */
export function endAll(): void {
  for (const child of children) child.kill('SIGKILL');
}
