/**
 * Azurite as a process of its own, so that a host killed with -9 takes no acknowledged storage data with it: Azurite keeps
 * its indexes in memory and writes them every five seconds and on SIGTERM.
 *
 * Invariants:
 * 1. One Azurite per folder: a running one is adopted through its pid file, never doubled, since two would overwrite each
 *    other's indexes.
 * 2. It is stopped by one SIGTERM and waited for. A second SIGTERM would end it before it has saved.
 * 3. It runs in a process group of its own: Ctrl-C in the terminal does not reach it before the host has let go of it.
 */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { DEVELOPMENT_ACCOUNT, developmentConnectionString } from './development-account';
import { isAlive, processStartTime } from '../process-state';
import { answersAsAzurite, type AzuriteService } from './azurite-probe';
import { readDescriptor, writeDescriptor, type AzuriteDescriptor, type AzuritePorts } from './azurite-descriptor';

export interface AzuriteOptions {
  /** Folder of the data; made when absent. */
  readonly location: string;
  readonly ports: AzuritePorts;
  /** Default `<location>/azurite.pid`. Holds the bare process id. */
  readonly pidFile?: string;
  /** Default `<location>/access.log`. */
  readonly accessLog?: string;
  /** Milliseconds to wait for the first answer. Default 60,000: a large index takes a while to load. */
  readonly startTimeoutMs?: number;
  /** Folders to look for the package from. Default: this module's, then the working directory. */
  readonly resolveFrom?: readonly string[];
}

export interface Azurite {
  readonly pid: number;
  readonly endpoints: Readonly<Record<AzuriteService, string>>;
  readonly connectionString: string;
  readonly accessLog: string;
  /** True when it ran already. */
  readonly adopted: boolean;
  /** Ends it and waits until it has saved. */
  stop(): Promise<void>;
}

/** What a user must do before Azurite can start; the message says it. */
export class AzuriteStartError extends Error {
  override readonly name = 'AzuriteStartError';
}

const SERVICES: readonly AzuriteService[] = ['blob', 'queue', 'table'];
const ACCESS_LOG_LIMIT = 64 * 1024 * 1024;
const STOP_TIMEOUT_MS = 60_000;

/**
 * Starts Azurite on `options.location`, or adopts the one that runs there.
 * @throws AzuriteStartError when a port is taken, the package is missing, or it does not come up; the message names the remedy.
 */
export async function startAzurite(options: AzuriteOptions): Promise<Azurite> {
  const pidFile = options.pidFile ?? join(options.location, 'azurite.pid');
  const accessLog = options.accessLog ?? join(options.location, 'access.log');
  mkdirSync(options.location, { recursive: true });
  mkdirSync(dirname(pidFile), { recursive: true });
  mkdirSync(dirname(accessLog), { recursive: true });

  const running = await findRunning(options.location, pidFile);
  if (running) return adopt(running, options.ports, pidFile, options.startTimeoutMs ?? 60_000);

  const script = findScript(options.resolveFrom ?? [__dirname, process.cwd()]);
  for (const service of SERVICES) await requireFreePort(service, options.ports[service]);
  boundLog(accessLog);
  return launch(script, options, pidFile, accessLog);
}

/** The Azurite of this folder, if its process lives. The start time tells it from a stranger that got the same id. */
async function findRunning(location: string, pidFile: string): Promise<AzuriteDescriptor | undefined> {
  const known = readDescriptor(location);
  if (known && isAlive(known.pid) && processStartTime(known.pid) === known.startTime) return known;
  rmSync(pidFile, { force: true });
  return undefined;
}

async function adopt(
  running: AzuriteDescriptor,
  wanted: AzuritePorts,
  pidFile: string,
  timeoutMs: number,
): Promise<Azurite> {
  if (SERVICES.some((service) => wanted[service] !== 0 && wanted[service] !== running.ports[service])) {
    throw new AzuriteStartError(
      `Azurite already runs on this folder (process ${running.pid}) with blob port ${running.ports.blob}, but port ${wanted.blob} was asked for. ` +
        `Use the same ports, or end it first with: kill ${running.pid}`,
    );
  }
  await untilAnswers(running.ports, timeoutMs, () => (isAlive(running.pid) ? undefined : 'it ended'));
  writeFileSync(pidFile, `${running.pid}\n`);
  return handle(running, true, () => stopByPid(running.pid, pidFile));
}

function findScript(from: readonly string[]): string {
  for (const folder of from) {
    try {
      const require = createRequire(join(folder, 'azurite-is-looked-for-from-here.js'));
      const manifest = require.resolve('azurite/package.json');
      const { bin } = JSON.parse(readFileSync(manifest, 'utf8')) as { bin: { azurite: string } };
      return join(dirname(manifest), bin.azurite);
    } catch {
      // Not installed there; the next folder may have it.
    }
  }
  throw new AzuriteStartError(
    'AzureWebJobsStorage says development storage, but the package "azurite" is not installed. ' +
      'Install it with: npm install --save-dev azurite. Or set AzureWebJobsStorage to the connection string of a running storage.',
  );
}

async function requireFreePort(service: AzuriteService, port: number): Promise<void> {
  const free = await new Promise<boolean>((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(false) : reject(error),
    );
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)));
  });
  if (free) return;
  const who = (await answersAsAzurite(port, service))
    ? 'another Azurite, which keeps its data elsewhere'
    : 'another program';
  throw new AzuriteStartError(
    `Port ${port}, needed for the ${service} service of the embedded storage, is in use by ${who}. ` +
      'End that program, choose other ports with --storage-port N, or set AzureWebJobsStorage to the storage that should be used.',
  );
}

/** Renamed, not emptied: readers tell a new file from one that grew. */
function boundLog(file: string): void {
  try {
    if (statSync(file).size > ACCESS_LOG_LIMIT) renameSync(file, `${file}.1`);
  } catch {
    // No log yet.
  }
}

async function launch(script: string, options: AzuriteOptions, pidFile: string, accessLog: string): Promise<Azurite> {
  const { ports } = options;
  const log = openSync(accessLog, 'a');
  const environment = { ...process.env };
  // Other accounts than the well-known one would make our own connection string useless.
  delete environment.AZURITE_ACCOUNTS;
  const child = spawn(
    process.execPath,
    [
      script,
      ...['--location', options.location, '--skipApiVersionCheck', '--disableTelemetry'],
      ...SERVICES.flatMap((service) => [`--${service}Host`, '127.0.0.1', `--${service}Port`, String(ports[service])]),
    ],
    { detached: true, stdio: ['ignore', log, log], env: environment },
  );
  closeSync(log);
  child.unref();
  let ended: string | undefined;
  const exit = new Promise<void>((resolve) => {
    const end = (reason: string): void => {
      ended = reason;
      resolve();
    };
    child.once('error', (error) => end(error.message));
    child.once('exit', (code, signal) => end(`it ended with ${signal ?? `code ${code ?? '?'}`}`));
  });
  const pid = child.pid;
  if (pid === undefined) {
    await exit;
    throw new AzuriteStartError(`Azurite could not be started: ${ended ?? 'unknown reason'}.`);
  }
  const descriptor: AzuriteDescriptor = { pid, startTime: processStartTime(pid), ports, accessLog };
  writeDescriptor(options.location, descriptor);
  writeFileSync(pidFile, `${pid}\n`);
  try {
    await untilAnswers(ports, options.startTimeoutMs ?? 60_000, () => ended);
  } catch (error) {
    rmSync(pidFile, { force: true });
    if (ended === undefined) await stopByPid(pid, pidFile);
    throw new AzuriteStartError(`${(error as Error).message} ${lastWords(accessLog)}`);
  }
  return handle(descriptor, false, () => stopByPid(pid, pidFile));
}

/** What Azurite said last, without the requests that it noted. */
function lastWords(accessLog: string): string {
  const said = readFileSync(accessLog, 'utf8')
    .slice(-16_384)
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^\S+ - - \[/.test(line))
    .slice(-8);
  return said.length === 0 ? `It said nothing; its log is ${accessLog}.` : `It said:\n${said.join('\n')}`;
}

function handle(of: AzuriteDescriptor, adopted: boolean, stop: () => Promise<void>): Azurite {
  const address = (service: AzuriteService): string => `http://127.0.0.1:${of.ports[service]}/${DEVELOPMENT_ACCOUNT}`;
  let stopping: Promise<void> | undefined;
  return {
    pid: of.pid,
    adopted,
    accessLog: of.accessLog,
    endpoints: { blob: address('blob'), queue: address('queue'), table: address('table') },
    connectionString: developmentConnectionString(of.ports),
    stop: () => (stopping ??= stop()),
  };
}

async function untilAnswers(ports: AzuritePorts, timeoutMs: number, failed: () => string | undefined): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (const service of SERVICES) {
    while (!(await answersAsAzurite(ports[service], service))) {
      const reason = failed();
      if (reason !== undefined) throw new AzuriteStartError(`Azurite did not start: ${reason}.`);
      if (Date.now() > deadline) {
        throw new AzuriteStartError(`Azurite did not answer on port ${ports[service]} within ${timeoutMs / 1000} s.`);
      }
      await pause(25);
    }
  }
}

async function stopByPid(pid: number, pidFile: string): Promise<void> {
  const deadline = Date.now() + STOP_TIMEOUT_MS;
  if (isAlive(pid)) process.kill(pid, 'SIGTERM');
  while (isAlive(pid)) {
    if (Date.now() > deadline)
      throw new Error(`Azurite (process ${pid}) is still saving ${STOP_TIMEOUT_MS / 1000} s after SIGTERM.`);
    await pause(20);
  }
  rmSync(pidFile, { force: true });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
