/**
 * One child process for the share, from its start until it is let go. Invariants: 1. every call settles: by its answer, at its
 * deadline, or with the end of the child; 2. a child that missed a deadline takes no new call, and is killed as soon as none of
 * its other calls can still be answered; nobody waits for it to die, since one that hangs in the kernel may not.
 */
import { fork, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import type { OperationName } from './operations';
import type { ShareAnswer, ShareProcessOptions } from './share-protocol';

/** The share did not answer in time: whether the call was carried out is unknown. */
export class ShareTimeout extends Error {
  override readonly name = 'ShareTimeout';
  readonly code = 'ETIMEDOUT';
}

/** An error of the file system in the child. */
export class ShareError extends Error {
  override readonly name = 'ShareError';
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** What a process may take to start, on a busy machine; a share that hangs has no part in it. */
const START_MS = 10_000;

interface Waiting {
  readonly operation: OperationName;
  readonly deadlineMs: number;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly onProgress: ((bytes: number) => void) | undefined;
  timer: NodeJS.Timeout;
}

export interface ShareChild {
  readonly pid: number;
  /** It still takes calls. */
  usable(): boolean;
  /** It still exists. */
  alive(): boolean;
  call(
    operation: OperationName,
    args: readonly unknown[],
    deadlineMs: number,
    onProgress?: (bytes: number) => void,
  ): Promise<unknown>;
  kill(): void;
}

export function startShareChild(options: ShareProcessOptions, onHung: (operation: OperationName) => void): ShareChild {
  const child: ChildProcess = fork(path.join(__dirname, 'share-process.js'), [JSON.stringify(options)], {
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    execArgv: [],
    // Threads that wait for the staging disk: it writes many small files best when told of them together.
    env: { UV_THREADPOOL_SIZE: '64' },
  });
  child.unref();
  child.channel?.unref();
  const waiting = new Map<number, Waiting>();
  let count = 0;
  let hung = false;
  let exited = false;
  let ready = false;

  const settle = (id: number): Waiting | undefined => {
    const found = waiting.get(id);
    waiting.delete(id);
    if (found) clearTimeout(found.timer);
    if (hung && waiting.size === 0) child.kill('SIGKILL');
    return found;
  };
  const watch = (id: number, { operation, deadlineMs }: { operation: OperationName; deadlineMs: number }) =>
    setTimeout(
      () => {
        if (!hung) onHung(operation);
        hung = true;
        settle(id)?.reject(
          new ShareTimeout(
            `The share did not answer within ${deadlineMs / 1000} s (${operation}); its process is abandoned.`,
          ),
        );
      },
      ready ? deadlineMs : deadlineMs + START_MS,
    );

  child.on('message', (answer: ShareAnswer) => {
    if (answer.kind === 'ready') {
      ready = true;
      for (const [id, call] of waiting) {
        clearTimeout(call.timer);
        call.timer = watch(id, call);
      }
      return;
    }
    if (answer.kind === 'progress') {
      const call = waiting.get(answer.id);
      if (!call) return;
      call.onProgress?.(answer.bytes);
      clearTimeout(call.timer);
      call.timer = watch(answer.id, call);
      return;
    }
    const call = settle(answer.id);
    if (answer.kind === 'result') call?.resolve(answer.result);
    else call?.reject(new ShareError(answer.code, answer.message));
  });
  const end = (why: string): void => {
    exited = true;
    for (const id of [...waiting.keys()])
      settle(id)?.reject(new ShareTimeout(`The share's process ended (${why}) before it answered.`));
  };
  child.once('exit', (code, signal) => end(signal ?? `exit code ${code}`));
  child.once('error', (error) => end(error.message));

  return {
    pid: child.pid ?? 0,
    usable: () => !hung && !exited && child.connected,
    alive: () => !exited,
    call: (operation, args, deadlineMs, onProgress) =>
      new Promise((resolve, reject) => {
        const id = ++count;
        waiting.set(id, {
          operation,
          deadlineMs,
          resolve,
          reject,
          onProgress,
          timer: watch(id, { operation, deadlineMs }),
        });
        child.send({ id, operation, args }, (error) => {
          if (error) settle(id)?.reject(new ShareTimeout(`The share's process cannot be asked: ${error.message}`));
        });
      }),
    kill: () => void child.kill('SIGKILL'),
  };
}
