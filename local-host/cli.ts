import './quiet-sqlite';
import { parseCliArguments, USAGE, UsageError } from './cli-arguments';
import type { CliArguments } from './cli-arguments';
import { consoleLog } from './console-log';
import { functionList } from './function-list';
import { PortInUseError } from './public-listener';
import { LocalSettingsError } from './settings/local-settings';
import { loadSettings } from './settings/load-settings';
import { startHost } from './start-host';
import type { HostHandle } from './start-host';

const EXIT = { ok: 0, failed: 1, usage: 2, portInUse: 98 } as const;

/** The command `local-host`. Resolves with the exit code when the host has ended. */
export async function runCli(args: readonly string[]): Promise<number> {
  let parsed: CliArguments;
  try {
    parsed = parseCliArguments(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n\n${USAGE}`);
    return EXIT.usage;
  }
  if (parsed.help) {
    process.stdout.write(USAGE);
    return EXIT.ok;
  }
  const stopped = stopSignal();
  try {
    const host = await start(parsed);
    await stopped;
    await host.stop();
    return EXIT.ok;
  } catch (error) {
    if (error instanceof PortInUseError) {
      process.stderr.write(`${error.message}\n`);
      return EXIT.portInUse;
    }
    if (error instanceof LocalSettingsError) {
      process.stderr.write(`${error.message}\n`);
      return EXIT.usage;
    }
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return EXIT.failed;
  }
}

async function start(parsed: CliArguments): Promise<HostHandle> {
  const { hostJson } = loadSettings({ scriptRoot: parsed.scriptRoot, port: parsed.port, env: process.env }).settings;
  const write = (text: string): void => void process.stdout.write(text);
  return startHost(
    {
      scriptRoot: parsed.scriptRoot,
      ...(parsed.port === undefined ? {} : { port: parsed.port }),
      ...(parsed.stateDir === undefined ? {} : { stateDir: parsed.stateDir }),
      ...(parsed.eventGridFile === undefined ? {} : { eventGridFile: parsed.eventGridFile }),
      ...(parsed.key === undefined ? {} : { key: parsed.key }),
      functions: parsed.functions,
      enableAuth: parsed.enableAuth,
      instanceNumber: parsed.instanceNumber,
      log: consoleLog({
        logLevel: hostJson.logging?.logLevel ?? {},
        fancy: process.stdout.isTTY,
        verbose: parsed.verbose,
        write,
      }),
    },
    {
      onIndexed: (functions, host) => {
        if (functions.length > 0) write(functionList(functions, host.context.settings));
      },
    },
  );
}

/** Resolves at the first SIGINT or SIGTERM; a second one ends the process at once. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    const onSignal = (): void => {
      if (asked) process.exit(EXIT.failed);
      asked = true;
      resolve();
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
  });
}
