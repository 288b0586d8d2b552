/** What the kernel tells of another process by its id. */
import { readFileSync } from 'node:fs';

/**
 * True while the process exists and runs. One that ended but was never reaped by its parent counts as ended: in containers
 * whose first process is no init, orphans stay so for good.
 */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return statFields(pid)?.[0] !== 'Z';
}

/** The process's start time in kernel ticks, or undefined where /proc is missing. Tells a reused process id from the old one. */
export function processStartTime(pid: number): string | undefined {
  return statFields(pid)?.[19];
}

/** The fields of /proc/<pid>/stat after the command's name (which may hold spaces): state first. See proc(5). */
function statFields(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
