import { fork, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';

export interface BenchProcess {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts bench/parts/NAME.js, which says its port when it is ready. */
export async function startPart(name: string, args: readonly string[] = []): Promise<BenchProcess> {
  const child: ChildProcess = fork(path.join(__dirname, `${name}.js`), [...args], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const port = await new Promise<number>((resolve, reject) => {
    child.once('message', (message: { port: number }) => resolve(message.port));
    child.once('exit', (code) => reject(new Error(`${name} ended with ${code ?? 'a signal'}`)));
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    async stop() {
      child.disconnect();
      await ended;
    },
  };
}

/** Most resident MiB that the process, or its first child, ever had; NaN where /proc is missing. */
export function peakMiB(pid: number, ofChild: boolean): number {
  try {
    const target = ofChild
      ? Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0])
      : pid;
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${target}/status`, 'utf8'))?.[1]) / 1024;
  } catch {
    return NaN;
  }
}
