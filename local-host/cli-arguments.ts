import { parseArgs } from 'node:util';

/** What the command line asks for. */
export type CliCommand =
  { readonly kind: 'help' } | { readonly kind: 'version' } | { readonly kind: 'start'; readonly options: CliArguments };

export interface CliArguments {
  readonly scriptRoot: string;
  readonly port: number | undefined;
  /** Where HTTP is taken; this machine alone when undefined. */
  readonly address: string | undefined;
  readonly functions: readonly string[];
  readonly enableAuth: boolean;
  readonly key: string | undefined;
  readonly stateDir: string | undefined;
  /** False: never starts the embedded storage. */
  readonly storage: boolean;
  readonly eventGridFile: string | undefined;
  readonly instanceNumber: number | 'auto';
  readonly verbose: boolean;
  /** Each line of the log begins with its time and level. */
  readonly stamped: boolean;
  /** Files with ScaledObjects; empty: one instance, and no scaler. */
  readonly scaleManifests: readonly string[];
  readonly maxInstances: number;
  readonly scaleSyncSeconds: number;
  readonly scaleMetricsPort: number | undefined;
}

/** The command line cannot be understood; the message is one line that says what to type instead. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const USAGE = `Runs an Azure Functions app (Node.js, v4 programming model) on this machine.

Usage: local-host start [options]

Options:
  --script-root DIR     folder of the app, where package.json and host.json are (default: the current folder)
  -p, --port N          port for HTTP (default: LocalHttpPort in local.settings.json, else 7071); 0 takes a free one
  --host ADDRESS        address to take HTTP on (default: localhost, so that only this machine can connect).
                        In a container say 0.0.0.0, or its published port reaches nobody; then everyone who reaches
                        the machine reaches the app, so add --enable-auth
  --functions NAME...   run only these functions
  --enable-auth         ask for keys as in Azure (default: every function is open)
  --key VALUE           with --enable-auth: master key and default host key (default: made once, kept in keys.json)
  --host-state DIR      where the host keeps its own state (default: LOCAL_HOST_STATE in the environment, else
                        .sluice/host in the app's folder)
  --no-storage          do not start the embedded storage (see below)
  --event-grid FILE     Event Grid subscriptions to deliver to
  --instance N          1, the default, serves HTTP, timers and blob scans. 2 and up, beside it on the same state: no
                        port; queues and durable work. 'auto' takes the lowest number that is free
  --scale-manifest FILE...
                        start as many instances as KEDA would by these ScaledObjects, instead of one (see below)
  --max-instances N     with --scale-manifest: never more than these (default: 10)
  --scale-sync SECONDS  with --scale-manifest: time between two looks of the autoscaler (default: 15, as in a cluster)
  --scale-metrics PORT  with --scale-manifest: serve metrics at /metrics and decisions at /scale, to this machine
  --verbose             log at level debug
  --log-stamps          begin each line of the log with its time and level, for log files
  -v, --version         the version of the host
  -h, --help            this text

Settings come from the environment, else from Values in local.settings.json. When AzureWebJobsStorage says development
storage (UseDevelopmentStorage=true, or the public development account on this machine) and nothing listens there, the
host starts Azurite on .sluice/azurite (with --host-state: DIR/azurite) and stops it with the last host that uses it.

With --scale-manifest this process runs no function: it reads KEDA ScaledObjects (rabbitmq, azure-queue, kafka and
azure-eventhub triggers), decides on replicas as KEDA and the HorizontalPodAutoscaler do, and starts and stops instances. One
that is too many finishes its work in hand; one that dies is started again. Every decision is printed with its reason.

Exit codes: 0   stopped by SIGINT (Ctrl-C), SIGTERM or SIGHUP (the terminal was closed)
            1   unexpected error, or a second signal before the host had stopped
            2   wrong usage, no app in the folder, or settings or scale manifests that cannot be used
            98  the port is in use, or may not be opened; or another process is this instance
An app that cannot be loaded ends nothing: the host then answers 503 or runs without functions, and says why.
`;

const OPTIONS = {
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
  'script-root': { type: 'string' },
  port: { type: 'string', short: 'p' },
  host: { type: 'string' },
  functions: { type: 'string', multiple: true },
  'enable-auth': { type: 'boolean' },
  enableAuth: { type: 'boolean' },
  key: { type: 'string' },
  'host-state': { type: 'string' },
  'no-storage': { type: 'boolean' },
  'event-grid': { type: 'string' },
  instance: { type: 'string' },
  'scale-manifest': { type: 'string', multiple: true },
  'max-instances': { type: 'string' },
  'scale-sync': { type: 'string' },
  'scale-metrics': { type: 'string' },
  verbose: { type: 'boolean' },
  'log-stamps': { type: 'boolean' },
} as const;

/** @throws UsageError */
export function parseCliArguments(args: readonly string[]): CliCommand {
  const { values, positionals, tokens } = parseArgs({
    args: [...args],
    allowPositionals: true,
    strict: false,
    tokens: true,
    options: OPTIONS,
  });
  for (const token of tokens) if (token.kind === 'option') checkOption(token);
  if (values.help === true) return { kind: 'help' };
  if (values.version === true) return { kind: 'version' };
  const text = (name: keyof typeof OPTIONS): string | undefined => {
    const value = values[name];
    return typeof value === 'string' ? value : undefined;
  };
  const given = values.functions as string[] | undefined;
  const manifests = values['scale-manifest'] as string[] | undefined;
  // `func host start` and `func start` are both in use; what follows `--functions a` or `--scale-manifest a` arrives as positionals.
  const words = positionals[0] === 'host' ? positionals.slice(1) : positionals;
  const [command, ...rest] = words;
  const files = new Set(followers(tokens, 'scale-manifest'));
  const names = rest.filter((name) => !files.has(name));
  if (command === undefined) throw new UsageError("Say what to do: the command is 'start', as in: local-host start");
  if (command !== 'start') throw new UsageError(`There is no command '${command}'; the command is 'start'.`);
  if (names.length > 0 && given === undefined)
    throw new UsageError(
      `Unexpected argument '${names[0] ?? ''}'. The app's folder is given with --script-root, names of functions with --functions.`,
    );
  const options: CliArguments = {
    scriptRoot: text('script-root') ?? process.cwd(),
    port: integer('--port', text('port'), 0, 65535),
    address: text('host'),
    functions: [...(given ?? []), ...names].flatMap((name) => name.split(',')).filter((name) => name !== ''),
    enableAuth: values['enable-auth'] === true || values.enableAuth === true,
    key: text('key'),
    stateDir: text('host-state'),
    storage: values['no-storage'] !== true,
    eventGridFile: text('event-grid'),
    instanceNumber: text('instance') === 'auto' ? 'auto' : (integer('--instance', text('instance'), 1, 1000) ?? 1),
    verbose: values.verbose === true,
    stamped: values['log-stamps'] === true,
    scaleManifests: [...(manifests ?? []), ...files],
    maxInstances: integer('--max-instances', text('max-instances'), 1, 1000) ?? 10,
    scaleSyncSeconds: integer('--scale-sync', text('scale-sync'), 1, 3600) ?? 15,
    scaleMetricsPort: integer('--scale-metrics', text('scale-metrics'), 0, 65535),
  };
  checkScaling(options, text);
  return { kind: 'start', options };
}

/** Options of the scaler mean nothing without a manifest, and the scaler numbers its instances itself. */
function checkScaling(
  { scaleManifests }: CliArguments,
  text: (name: 'max-instances' | 'scale-sync' | 'scale-metrics' | 'instance') => string | undefined,
): void {
  if (scaleManifests.length > 0) {
    if (text('instance') !== undefined)
      throw new UsageError(
        '--instance and --scale-manifest exclude each other: the scaler numbers the instances itself.',
      );
    return;
  }
  for (const option of ['max-instances', 'scale-sync', 'scale-metrics'] as const)
    if (text(option) !== undefined)
      throw new UsageError(`--${option} belongs to the scaler; add --scale-manifest FILE, as in infra/k8s/keda.`);
}

/** The words that follow an option's first value, up to the next option. */
function followers(tokens: readonly Token[], option: string): string[] {
  const found: string[] = [];
  let within = false;
  for (const token of tokens) {
    if (token.kind === 'option') within = token.name === option;
    else if (token.kind === 'positional' && within) found.push(token.value);
    else within = false;
  }
  return found;
}

type Token =
  | { readonly kind: 'option'; readonly name: string }
  | { readonly kind: 'positional'; readonly value: string }
  | { readonly kind: 'option-terminator' };

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}

function checkOption({ name, rawName, value, inlineValue }: OptionToken): void {
  const known = Object.entries(OPTIONS).find(([option]) => option === name)?.[1];
  if (!known) {
    const near = nearestOf(
      name,
      Object.keys(OPTIONS).filter((option) => option !== 'enableAuth'),
    );
    throw new UsageError(
      `There is no option '${rawName}'.${near === undefined ? ' All options: local-host --help' : ` Did you mean --${near}?`}`,
    );
  }
  if (known.type === 'boolean') {
    if (value !== undefined) throw new UsageError(`${rawName} takes no value; write ${rawName} alone.`);
  } else if (value === undefined || value === '') {
    throw new UsageError(`${rawName} needs a value, as in: ${rawName} ${EXAMPLES[name] ?? 'VALUE'}`);
  } else if (value.startsWith('-') && inlineValue !== true) {
    throw new UsageError(
      `${rawName} needs a value, and '${value}' looks like another option. Write --${name}=${value} if it is meant.`,
    );
  }
}

const EXAMPLES: Readonly<Record<string, string>> = {
  'script-root': './my-app',
  port: '7071',
  host: '0.0.0.0',
  functions: 'hello goodbye',
  key: 'my-key',
  'host-state': './state',
  'event-grid': './event-grid.json',
  instance: '2',
  'scale-manifest': 'infra/k8s/keda/blob-events-queue.yaml',
  'max-instances': '10',
  'scale-sync': '15',
  'scale-metrics': '9465',
};

/** The candidate with the fewest differing letters; undefined when none is near. */
export function nearestOf(word: string, candidates: readonly string[]): string | undefined {
  const lower = word.toLowerCase();
  const ranked = candidates
    .filter((candidate) => Math.abs(candidate.length - word.length) <= 4)
    .map((candidate) => ({ candidate, distance: distance(lower, candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const [best] = ranked;
  return best && best.distance <= Math.min(4, Math.max(2, Math.floor(word.length / 3))) ? best.candidate : undefined;
}

/** Levenshtein's: letters to insert, delete or replace. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(
        Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)),
      );
    row = next;
  }
  return row[b.length] ?? 0;
}

function integer(option: string, text: string | undefined, low: number, high: number): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < low || number > high)
    throw new UsageError(`${option} takes a whole number from ${low} to ${high}, not '${text}'.`);
  return number;
}
