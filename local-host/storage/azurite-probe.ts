import { readFileSync } from 'node:fs';
import { get } from 'node:http';

export type AzuriteService = 'blob' | 'queue' | 'table';

/** True while the process exists and has not merely been left unreaped. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return processState(pid)?.[0] !== 'Z';
}

/** The process's start time in kernel ticks, or undefined where /proc is missing. Tells a reused process id from the old one. */
export function processStartTime(pid: number): string | undefined {
  return processState(pid)?.[19];
}

/** The fields of /proc/<pid>/stat after the command's name (which may hold spaces): state first. See proc(5). */
function processState(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

/** Whether an Azurite service listens on this port: every answer of it, even a refusal, carries its name. */
export function answersAsAzurite(port: number, service: AzuriteService): Promise<boolean> {
  const name = `azurite-${service}`;
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, path: '/', agent: false, timeout: 2000 }, (response) => {
      response.resume();
      resolve(
        String(response.headers.server ?? '')
          .toLowerCase()
          .startsWith(name),
      );
    });
    request.once('timeout', () => request.destroy());
    request.once('error', () => resolve(false));
  });
}
