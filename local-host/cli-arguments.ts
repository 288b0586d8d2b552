import { parseArgs } from 'node:util';

export interface CliArguments {
  readonly help: boolean;
  readonly scriptRoot: string;
  readonly port: number | undefined;
  readonly functions: readonly string[];
  readonly enableAuth: boolean;
  readonly key: string | undefined;
  readonly stateDir: string | undefined;
  readonly eventGridFile: string | undefined;
  readonly instanceNumber: number;
  readonly verbose: boolean;
}

/** The command line cannot be understood. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const USAGE = `Runs an Azure Functions app (Node.js, v4 programming model) on this machine.

Usage: local-host start [options]

Options:
  --script-root DIR     folder of the app (default: the current folder)
  -p, --port N          port for HTTP (default: LocalHttpPort in local.settings.json, else 7071)
  --functions NAME...   run only these functions
  --enable-auth         ask for keys as in Azure (default: every function is open)
  --key VALUE           with --enable-auth: master key and default host key
  --host-state DIR      where the host keeps its own state (default: .sluice/host in the app)
  --event-grid FILE     Event Grid subscriptions to deliver to
  --instance N          2 and up: no port, no singleton triggers; shares the app's storage with instance 1
  --verbose             log at level debug
  -h, --help            this text

Exit codes: 0 stopped by SIGINT or SIGTERM; 1 unexpected error; 2 wrong usage or settings that cannot be read;
            98 the port is in use.
`;

/** @throws UsageError */
export function parseCliArguments(args: readonly string[]): CliArguments {
  let parsed;
  try {
    parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        'script-root': { type: 'string' },
        port: { type: 'string', short: 'p' },
        functions: { type: 'string', multiple: true },
        'enable-auth': { type: 'boolean' },
        enableAuth: { type: 'boolean' },
        key: { type: 'string' },
        'host-state': { type: 'string' },
        'event-grid': { type: 'string' },
        instance: { type: 'string' },
        verbose: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  const { values, positionals } = parsed;
  // `func host start` and `func start` are both in use; names after `--functions a` arrive as positionals.
  const words = positionals[0] === 'host' ? positionals.slice(1) : positionals;
  const [command = 'start', ...names] = words;
  if (command !== 'start') throw new UsageError(`There is no command '${command}'; the command is 'start'.`);
  if (names.length > 0 && values.functions === undefined)
    throw new UsageError(`Unexpected argument '${names[0] ?? ''}'.`);
  return {
    help: values.help ?? false,
    scriptRoot: values['script-root'] ?? process.cwd(),
    port: integer('--port', values.port, 0, 65535),
    functions: [...(values.functions ?? []), ...names].flatMap((name) => name.split(',')),
    enableAuth: values['enable-auth'] ?? values.enableAuth ?? false,
    key: values.key,
    stateDir: values['host-state'],
    eventGridFile: values['event-grid'],
    instanceNumber: integer('--instance', values.instance, 1, 1000) ?? 1,
    verbose: values.verbose ?? false,
  };
}

function integer(option: string, text: string | undefined, low: number, high: number): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < low || number > high)
    throw new UsageError(`${option} takes a whole number from ${low} to ${high}, not '${text}'.`);
  return number;
}
