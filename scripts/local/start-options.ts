/** Options of `npm start -- …` (C2). */
export interface StartOptions {
  /** Of the host. Default 7071. */
  readonly port: number;
  /** Azurite's blob port; queue and table follow. Default 10000. */
  readonly storagePort: number;
  /** Where HTTP is taken; this machine alone when undefined. */
  readonly address: string | undefined;
  readonly demo: boolean;
  /** Shows every line of the host's log. */
  readonly verbose: boolean;
}

export type ParsedOptions =
  | { readonly kind: 'options'; readonly options: StartOptions }
  | { readonly kind: 'help' }
  | { readonly kind: 'rejected'; readonly reason: string };

export const usage = `npm start [-- --port N] [--host ADDRESS] [--storage-port M] [--no-demo] [--verbose]

  --port N           port of the app (default 7071)
  --host ADDRESS     address to take HTTP on (default localhost; in a container 0.0.0.0)
  --storage-port M   blob port of the embedded storage; queue is M+1, table M+2 (default 10000)
  --no-demo          leaves the demo files out
  --verbose          shows every line of the host's log, not only warnings and errors

State lies under .sluice, or where SLUICE_HOME says. Ctrl-C stops everything.`;

export function parseStartOptions(args: readonly string[]): ParsedOptions {
  let port = 7071;
  let storagePort = 10_000;
  let address: string | undefined;
  let demo = true;
  let verbose = false;
  const rest = [...args];
  while (rest.length > 0) {
    const [flag, inline] = (rest.shift() ?? '').split('=', 2);
    const value = (): string => inline ?? rest.shift() ?? '';
    switch (flag) {
      case '--port': {
        const text = value();
        if (!isPort(text, 65_535)) return rejected(portNeeded('--port', 65_535, text));
        port = Number(text);
        break;
      }
      case '--storage-port': {
        const text = value();
        if (!isPort(text, 65_533)) return rejected(portNeeded('--storage-port', 65_533, text));
        storagePort = Number(text);
        break;
      }
      case '--host': {
        address = value();
        if (address === '' || address.startsWith('-')) return rejected('--host takes an address, for example 0.0.0.0');
        break;
      }
      case '--no-demo':
        demo = false;
        break;
      case '--verbose':
        verbose = true;
        break;
      case '--help':
      case '-h':
        return { kind: 'help' };
      default:
        return rejected(`unknown option ${JSON.stringify(flag)}`);
    }
  }
  if (port >= storagePort && port <= storagePort + 2)
    return rejected(
      `Port ${port} is one of the embedded storage's, which takes ${storagePort} to ${storagePort + 2}. Choose another with --port, or move the storage with --storage-port`,
    );
  return { kind: 'options', options: { port, storagePort, address, demo, verbose } };
}

function portNeeded(flag: string, highest: number, given: string): string {
  return `${flag} takes a number from 1 to ${highest}, ${given === '' ? 'and none was given' : `not ${JSON.stringify(given)}`}`;
}

function isPort(text: string, highest: number): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= highest;
}

function rejected(reason: string): ParsedOptions {
  return { kind: 'rejected', reason };
}
