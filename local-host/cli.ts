import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import './quiet-sqlite';
import { parseCliArguments, USAGE, UsageError } from './cli-arguments';
import type { CliArguments, CliCommand } from './cli-arguments';
import { consoleLog } from './console-log';
import { functionList } from './function-list';
import { InstanceTakenError } from './instance-lock';
import { createLog } from './log';
import { AddressError, PortInUseError } from './public-listener';
import type { ServesMessage } from './scaler/instance-process';
import { ManifestError } from './scaler/manifest/manifest-error';
import { LocalSettingsError } from './settings/local-settings';
import { loadSettings } from './settings/load-settings';
import { startHost } from './start-host';
import type { HostHandle } from './start-host';
import type { LogRecord } from './worker-protocol';

const EXIT = { ok: 0, failed: 1, usage: 2, inUse: 98 } as const;

/** The command `local-host`. Resolves with the exit code when the host has ended. */
export async function runCli(args: readonly string[]): Promise<number> {
  let command: CliCommand;
  try {
    command = parseCliArguments(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n${args.length === 0 ? `\n${USAGE}` : 'All options: local-host --help\n'}`);
    return EXIT.usage;
  }
  if (command.kind === 'help') {
    process.stdout.write(USAGE);
    return EXIT.ok;
  }
  if (command.kind === 'version') {
    process.stdout.write(`${version()}\n`);
    return EXIT.ok;
  }
  const parsed = command.options;
  // Whoever read the output may be gone; that is no reason to end.
  process.stdout.on('error', () => undefined);
  const noApp = whyNoApp(parsed.scriptRoot);
  if (noApp !== undefined) {
    process.stderr.write(`${noApp}\n`);
    return EXIT.usage;
  }
  const { stopped, stopping } = stopSignal();
  try {
    if (parsed.scaleManifests.length > 0) return await scale(parsed, stopped);
    const host = await start(parsed, stopping);
    tellStarter(Number(new URL(host.url).port));
    await stopped;
    await host.stop();
    return EXIT.ok;
  } catch (error) {
    if (error instanceof PortInUseError || error instanceof InstanceTakenError) {
      process.stderr.write(`${error.message}\n`);
      return EXIT.inUse;
    }
    if (error instanceof LocalSettingsError || error instanceof AddressError || error instanceof ManifestError) {
      process.stderr.write(`${error.message}\n`);
      return EXIT.usage;
    }
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return EXIT.failed;
  }
}

/** Runs instances instead of a host. An instance that cannot run at all ends it, with that one's exit code. */
async function scale(parsed: CliArguments, stopped: Promise<void>): Promise<number> {
  // Only now: the scaler and what reads manifests are no part of an ordinary start.
  const { runScaler } = await import('./scaler/run-scaler.js');
  const scaler = await runScaler(parsed, createLog(logOf(parsed)), (line) => write(`${line}\n`));
  const end = await Promise.race([stopped, scaler.hopeless]);
  await scaler.stop();
  return end === undefined ? EXIT.ok : (end.code ?? EXIT.failed);
}

/** Whoever started this process over a channel is told that it serves, and where. */
function tellStarter(port: number): void {
  const message: ServesMessage = { kind: 'local-host-serves', port };
  if (process.connected) process.send?.(message);
}

const write = (text: string): void => void process.stdout.write(text);

function logOf(parsed: CliArguments): (record: LogRecord) => void {
  const { hostJson } = loadSettings({ scriptRoot: parsed.scriptRoot, port: parsed.port, env: process.env }).settings;
  return consoleLog({
    logLevel: hostJson.logging?.logLevel ?? {},
    fancy: process.stdout.isTTY,
    verbose: parsed.verbose,
    stamped: parsed.stamped,
    write,
  });
}

async function start(parsed: CliArguments, signal: AbortSignal): Promise<HostHandle> {
  return startHost(
    {
      scriptRoot: parsed.scriptRoot,
      ...(parsed.port === undefined ? {} : { port: parsed.port }),
      ...(parsed.address === undefined ? {} : { address: parsed.address }),
      ...(parsed.stateDir === undefined ? {} : { stateDir: parsed.stateDir }),
      ...(parsed.eventGridFile === undefined ? {} : { eventGridFile: parsed.eventGridFile }),
      ...(parsed.key === undefined ? {} : { key: parsed.key }),
      functions: parsed.functions,
      storage: parsed.storage ? 'embedded' : 'given',
      enableAuth: parsed.enableAuth,
      instanceNumber: parsed.instanceNumber,
      signal,
      log: logOf(parsed),
    },
    {
      onIndexed: (functions, host) => {
        // The URLs are those of instance 1.
        const lists = functions.length > 0 && !parsed.stamped && host.context.instanceNumber === 1;
        if (lists) write(functionList(functions, host.context.settings));
      },
    },
  );
}

const SAME_SIGNAL_MS = 500;

interface StopSignal {
  readonly stopped: Promise<void>;
  readonly stopping: AbortSignal;
}

/**
 * Raised at the first SIGINT, SIGTERM or SIGHUP (the terminal was closed); a second one ends the process at once. One that follows on the heels of the first is
 * the same again: Ctrl-C reaches every process of a terminal's group, and a wrapper passes it on besides.
 */
function stopSignal(): StopSignal {
  const controller = new AbortController();
  const stopped = new Promise<void>((resolve) => {
    let first = 0;
    const onSignal = (): void => {
      if (controller.signal.aborted && performance.now() - first < SAME_SIGNAL_MS) return;
      if (controller.signal.aborted) process.exit(EXIT.failed);
      first = performance.now();
      controller.abort();
      resolve();
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
    // Whoever started this over a channel, as `npm start` does, is gone: nobody would stop this host any more.
    if (process.connected) {
      process.once('disconnect', onSignal);
      // Listening must not keep the process alive once the host has stopped.
      process.channel?.unref();
    }
  });
  return { stopped, stopping: controller.signal };
}

/** Why there is no app to run in this folder; undefined when there may be one. */
function whyNoApp(folder: string): string | undefined {
  const where = path.resolve(folder);
  if (!existsSync(where)) return `There is no folder ${where}. Name the app's folder with --script-root.`;
  if (!statSync(where).isDirectory()) return `${where} is no folder. Name the app's folder with --script-root.`;
  if (['package.json', 'host.json'].some((file) => existsSync(path.join(where, file)))) return undefined;
  return `${where} holds neither package.json nor host.json: it is no Functions app. Name the app's folder with --script-root.`;
}

/** Of the package that this file came with. */
function version(): string {
  for (let folder = __dirname; ; folder = path.dirname(folder)) {
    const file = path.join(folder, 'package.json');
    if (existsSync(file)) return String((JSON.parse(readFileSync(file, 'utf8')) as { version?: unknown }).version);
    if (path.dirname(folder) === folder) return 'unknown';
  }
}
