/** Entry of the worker process: takes the host's messages and owns the app. See worker-protocol.ts. */
import type { Socket } from 'node:net';
import type { ToWorker } from '../worker-protocol';
import { AppWorkerProcess } from './app-process';

const worker = new AppWorkerProcess();

process.on('message', (message, handle) => {
  worker.receive(message as ToWorker, handle as Socket | undefined);
});
// The host is gone, even if it was killed: nothing here may outlive it.
process.on('disconnect', () => process.exit(0));
// Signals of the terminal reach the whole process group; the host decides when the worker ends.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.on('uncaughtException', (error) => worker.crash(error));
process.on('exit', () => worker.onExit());

worker.start();
