import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { commandLine } from './left-over';

interface Held {
  readonly pid: number;
  readonly port: number;
}

/**
 * Makes this process the one start of a state folder. Two would take each other's host and storage away.
 * @throws Error naming the other start, and the remedy.
 */
export function lockStart(file: string, port: number): { release(): void } {
  const other = held(file);
  if (other && other.pid !== process.pid && commandLine(other.pid).includes('start.js')) {
    throw new Error(
      `Sluice already runs on this state (process ${other.pid}, http://localhost:${other.port}). ` +
        'Stop it with Ctrl-C there, or give this one a state of its own: SLUICE_HOME=… npm start -- --port … --storage-port …',
    );
  }
  writeFileSync(file, JSON.stringify({ pid: process.pid, port }));
  return { release: () => rmSync(file, { force: true }) };
}

function held(file: string): Held | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Held;
  } catch {
    return undefined;
  }
}
