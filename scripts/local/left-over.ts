import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { isAlive } from '../../local-host/process-state';

const STOP_LIMIT_MS = 15_000;

/**
 * Ends the process that an earlier start left behind, if its pid file still names one of ours: `marker` must stand in its
 * command line, so that a stranger with a reused id is left alone.
 */
export async function stopLeftOver(pidFile: string, marker: string): Promise<void> {
  let pid: number;
  try {
    pid = Number(readFileSync(pidFile, 'utf8'));
  } catch {
    return;
  }
  if (Number.isInteger(pid) && pid > 1 && commandLine(pid).includes(marker)) {
    const end = Date.now() + STOP_LIMIT_MS;
    signal(pid, 'SIGTERM');
    while (isAlive(pid)) {
      if (Date.now() > end) signal(pid, 'SIGKILL');
      await delay(50);
    }
  }
  rmSync(pidFile, { force: true });
}

/**
 * @param address Where HTTP will be taken; every address of this machine when undefined.
 * @throws Error that names the port or address, the option, and the remedy when it cannot be listened on.
 */
export async function requireFreePort(port: number, address: string | undefined): Promise<void> {
  const code = await new Promise<string | undefined>((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ port, ...(address === undefined ? {} : { host: address }) }, () =>
      server.close(() => resolve(undefined)),
    );
  });
  if (code === undefined) return;
  if (code === 'EADDRINUSE')
    throw new Error(
      `Port ${port} is in use by another program. End that program, or choose another port: npm start -- --port ${port + 1}`,
    );
  if (code === 'EACCES')
    throw new Error(`Port ${port} may not be opened by this user. Choose one above 1023: npm start -- --port 7071`);
  throw new Error(
    `HTTP cannot be taken on --host ${address ?? ''} (${code}): it is no address of this machine. Use 0.0.0.0 for all its addresses, or leave --host out for this machine alone.`,
  );
}

/** The command line of a process, or '' when there is none: of /proc, or of ps(1) where there is no /proc. */
export function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    if (existsSync('/proc/self') || process.platform === 'win32') return '';
    const { error, stdout } = spawnSync('ps', ['-p', String(pid), '-o', 'command='], { encoding: 'utf8' });
    return error ? '' : stdout;
  }
}

/** Tolerates a process that just ended. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    return;
  }
}
