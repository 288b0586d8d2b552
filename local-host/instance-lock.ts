/**
 * Which process is which instance of a host: one lock for each number and state folder, so that no two processes take
 * themselves for instance 1, which owns the port, timers, blob scans and Event Grid's part.
 *
 * Invariants:
 * 1. The lock is the kernel's (an exclusive lock on a file, held through SQLite), so it ends with its process, however that
 *    ended, and no process id is ever mistaken for another's.
 * 2. What the note beside it says is for people and for the other instances only; nothing is decided by it.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isAlive, processStartTime } from './process-state';

/** What an instance says of itself beside its lock. */
export interface InstanceNote {
  readonly pid: number;
  /** As the kernel counts it; undefined where /proc is missing. */
  readonly startTime?: string | undefined;
  /** Of instance 1. */
  readonly port?: number | undefined;
}

export interface InstanceLock {
  readonly instanceNumber: number;
  /** Says where this instance serves. */
  note(port: number): void;
  release(): void;
}

/** Another process is this instance; the message names it and the remedies. */
export class InstanceTakenError extends Error {
  override readonly name = 'InstanceTakenError';
}

const MOST_INSTANCES = 1000;

/**
 * Makes this process instance `wanted` of the state folder; `auto` takes the lowest number that is free.
 * @throws InstanceTakenError
 */
export function lockInstance(stateDir: string, wanted: number | 'auto'): InstanceLock {
  if (wanted !== 'auto') return tryLock(stateDir, wanted) ?? refuse(stateDir, wanted);
  for (let number = 1; number <= MOST_INSTANCES; number++) {
    const lock = tryLock(stateDir, number);
    if (lock) return lock;
  }
  return refuse(stateDir, MOST_INSTANCES);
}

/** The living instance of this number, as far as it has said who it is. */
export function livingInstance(stateDir: string, number: number): InstanceNote | undefined {
  const note = readNote(stateDir, number);
  const lives = note && isAlive(note.pid) && processStartTime(note.pid) === note.startTime;
  return lives ? note : undefined;
}

function tryLock(stateDir: string, instanceNumber: number): InstanceLock | undefined {
  const db = new DatabaseSync(path.join(stateDir, `instance-${instanceNumber}.lock`));
  try {
    db.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    // SQLITE_BUSY; anything else, such as a disk that is full, must not be taken for another process.
    if ((error as { errcode?: number }).errcode === 5) return undefined;
    throw error;
  }
  writeNote(stateDir, instanceNumber, undefined);
  let released = false;
  return {
    instanceNumber,
    note: (port) => writeNote(stateDir, instanceNumber, port),
    release() {
      if (!released) db.close();
      released = true;
    },
  };
}

function refuse(stateDir: string, number: number): never {
  const note = readNote(stateDir, number);
  const who = note ? `process ${note.pid}` : 'another process';
  const where = note?.port === undefined ? '' : `, at http://localhost:${note.port}`;
  throw new InstanceTakenError(
    `Instance ${number} of this app's host runs already: ${who}${where}, with its state in ${stateDir}. ` +
      'Stop it, or add this process to the same task hub with --instance auto (it then runs triggers and durable work, without a port), ' +
      'or give it a state of its own with --host-state DIR.',
  );
}

function noteFile(stateDir: string, number: number): string {
  return path.join(stateDir, `instance-${number}.json`);
}

function writeNote(stateDir: string, number: number, port: number | undefined): void {
  const note: InstanceNote = { pid: process.pid, startTime: processStartTime(process.pid), port };
  writeFileSync(noteFile(stateDir, number), `${JSON.stringify(note)}\n`);
}

function readNote(stateDir: string, number: number): InstanceNote | undefined {
  try {
    const note = JSON.parse(readFileSync(noteFile(stateDir, number), 'utf8')) as Partial<InstanceNote>;
    return typeof note.pid === 'number' ? (note as InstanceNote) : undefined;
  } catch {
    return undefined;
  }
}
