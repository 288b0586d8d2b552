/** The app on the local host as a process of its own, to be killed at any moment. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { projectRoot } from './app-under-test';
import { freePorts } from './free-ports';

export interface HostProcessUnderTest {
  readonly url: string;
  readonly pid: number;
  /** Undefined while it runs, null when a signal ended it. */
  exitCode(): number | null | undefined;
  /** All that it printed. */
  output(): string;
  /** SIGKILL, and waits until the process is gone. */
  kill(): Promise<void>;
  /** SIGTERM, and waits. */
  stop(): Promise<void>;
}

/** `scriptRoot`: folder of the app; this project's by default. */
export async function startHostProcess(
  settings: Readonly<Record<string, string>>,
  stateDir: string,
  scriptRoot = projectRoot,
): Promise<HostProcessUnderTest> {
  const [port = 0] = await freePorts(1);
  const child: ChildProcess = spawn(
    process.execPath,
    [
      path.join(projectRoot, 'bin', 'local-host'),
      'start',
      '--script-root',
      scriptRoot,
      '--port',
      String(port),
      '--host-state',
      stateDir,
    ],
    { env: { PATH: process.env.PATH, HOME: process.env.HOME, ...settings }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let ended = false;
  const gone = once(child, 'exit').then(() => (ended = true));
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const url = `http://127.0.0.1:${port}`;
  for (;;) {
    const ok = await fetch(`${url}/healthz`).then(
      (answer) => answer.ok,
      () => false,
    );
    if (ok) break;
    if (child.exitCode !== null) throw new Error(`the host ended with ${child.exitCode}:\n${text}`);
  }
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await gone;
  };
  return {
    url,
    pid: child.pid ?? 0,
    exitCode: () => (ended ? child.exitCode : undefined),
    output: () => text,
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
  };
}
