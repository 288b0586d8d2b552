/** `npm start` as a user runs it: a process of its own, watched through what it prints. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { freePorts } from './free-ports';
import { projectRoot } from './app-under-test';

export interface StartUnderTest {
  readonly url: string;
  readonly port: number;
  readonly storagePort: number;
  readonly home: string;
  readonly processId: number;
  /** All that was printed so far. */
  output(): string;
  /** Resolves with the output once it matches; rejects when the process ends first. */
  printed(pattern: RegExp): Promise<string>;
  pid(of: 'host' | 'azurite'): number;
  signal(signal: NodeJS.Signals): void;
  /** Exit code, once it ended. */
  readonly ended: Promise<number | null>;
}

export async function npmStart(
  home: string,
  args: readonly string[] = [],
  ports?: { port: number; storagePort: number },
): Promise<StartUnderTest> {
  const [free = 0, blob = 0] = await freePorts(4);
  const { port, storagePort } = ports ?? { port: free, storagePort: blob };
  const script = path.join(projectRoot, 'dist', 'scripts', 'start.js');
  const child = spawn(
    process.execPath,
    [script, '--port', String(port), '--storage-port', String(storagePort), ...args],
    {
      cwd: projectRoot,
      env: { PATH: process.env.PATH, HOME: process.env.HOME, SLUICE_HOME: home },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let text = '';
  let done = false;
  const watchers = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => {
      text += chunk;
      for (const watch of [...watchers]) watch();
    });
  }
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', (code) => {
      done = true;
      for (const watch of [...watchers]) watch();
      resolve(code);
    });
  });
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    storagePort,
    home,
    processId: child.pid ?? 0,
    output: () => text,
    printed: (pattern) =>
      new Promise((resolve, reject) => {
        const watch = (): void => {
          if (pattern.test(text)) resolve(text);
          else if (done) reject(new Error(`npm start ended without printing ${pattern.source}:\n${text}`));
          else return;
          watchers.delete(watch);
        };
        watchers.add(watch);
        watch();
      }),
    pid: (of) => Number(readFileSync(path.join(home, 'run', `${of}.pid`), 'utf8')),
    signal: (signal) => void child.kill(signal),
    ended,
  };
}
