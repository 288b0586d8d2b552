/**
 * One instance of the host as a process of its own, on the same app and state folder.
 *
 * Its channel tells it when this process is gone, however that ended: it then finishes its work in hand and ends too.
 */
import { spawn } from 'node:child_process';
import path from 'node:path';
import readline from 'node:readline';
import type { InstanceEnd, InstanceProcess } from './replica-set';

export interface InstanceOptions {
  readonly instanceNumber: number;
  /** Of `local-host`, without those of the instance. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A line of its output. Instance 1 writes to this process's own output instead. */
  readonly onLine: (line: string) => void;
  /** The port that instance 1 has. */
  readonly onPort: (port: number) => void;
}

const ENTRY = path.join(__dirname, 'instance-main.js');

/** Told over the channel once the host serves. */
export interface ServesMessage {
  readonly kind: 'local-host-serves';
  readonly port: number;
}

export function startInstance({ instanceNumber, args, env, onLine, onPort }: InstanceOptions): InstanceProcess {
  const own = instanceNumber === 1 ? 'inherit' : 'pipe';
  const child = spawn(process.execPath, [...process.execArgv, ENTRY, ...args, '--instance', String(instanceNumber)], {
    env: { ...env },
    stdio: ['ignore', own, own, 'ipc'],
    // Out of the terminal's group: Ctrl-C reaches this process alone, which then drains them.
    detached: true,
  });
  for (const stream of [child.stdout, child.stderr])
    if (stream) readline.createInterface({ input: stream }).on('line', onLine);
  const serves = new Promise<void>((resolve) => {
    child.on('message', (message: Partial<ServesMessage>) => {
      if (message.kind !== 'local-host-serves') return;
      if (typeof message.port === 'number') onPort(message.port);
      resolve();
    });
  });
  const ended = new Promise<InstanceEnd>((resolve) => {
    child.once('error', (error) => resolve({ how: error.message, code: undefined }));
    child.once('exit', (code, signal) =>
      resolve({ how: signal ? `signal ${signal}` : `exit code ${code}`, code: code ?? undefined }),
    );
  });
  return { pid: child.pid, serves, ended, drain: () => void child.kill('SIGTERM') };
}
