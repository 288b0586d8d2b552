/** Memory of another process, by Linux's /proc (proc(5)). */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

export const canMeasureMemory = existsSync('/proc/self/clear_refs');

/** Ids of the processes that this one started and that still run. */
export function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
}

/** Resident bytes now; the peak is counted from here on. */
export function markMemory(pid: number): number {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
  return field(pid, 'VmRSS');
}

/** Most resident bytes since {@link markMemory}. */
export function peakMemory(pid: number): number {
  return field(pid, 'VmHWM');
}

function field(pid: number, name: string): number {
  const line = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line?.[1]) * 1024;
}
