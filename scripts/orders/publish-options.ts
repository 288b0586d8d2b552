import type { parseArgs as ParseArgs } from 'node:util';
import type { Backend } from '../../src/domain/orders/order-origin';

const BACKENDS = ['queue', 'kafka', 'eventhub'] as const satisfies readonly Backend[];

export interface PublishOptions {
  /** Undefined: BACKEND_MODE. */
  readonly backend: Backend | undefined;
  /** Events a second. */
  readonly rate: number;
  readonly count: number;
  /** 0 to 1. */
  readonly poison: number;
  /** 0 to 1. */
  readonly duplicates: number;
  readonly tenants: readonly string[];
  /** One after the other into the queue; partitioned backends keep the order of each key anyway. */
  readonly inOrder: boolean;
  /** Blob port of the embedded storage; undefined: found by itself. */
  readonly storagePort: number | undefined;
}

export type ParsedPublish =
  | { readonly kind: 'options'; readonly options: PublishOptions }
  | { readonly kind: 'help' }
  | { readonly kind: 'rejected'; readonly reason: string };

export const publishUsage = `npm run orders:publish -- [--backend NAME] [--rate N] [--count N] [--poison P%] [--duplicates P%] [--tenants A,B]

  --backend NAME    queue, kafka or eventhub, as the settings say how to reach it (default BACKEND_MODE)
  --rate N          events a second (default 100)
  --count N         events in all (default 1000)
  --poison P%       share that is no order (default 0%)
  --duplicates P%   share that is sent again (default 0%)
  --tenants A,B     tenants (default acme,globex)
  --in-order        into the queue one after the other; several at once otherwise
  --storage-port M  blob port of the embedded storage (default: that of the npm start which runs)

Ctrl-C ends it with what was sent until then.`;

export function parsePublishOptions(args: readonly string[], parseArgs: typeof ParseArgs): ParsedPublish {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        backend: { type: 'string' },
        rate: { type: 'string', default: '100' },
        count: { type: 'string', default: '1000' },
        poison: { type: 'string', default: '0%' },
        duplicates: { type: 'string', default: '0%' },
        tenants: { type: 'string', default: 'acme,globex' },
        'in-order': { type: 'boolean', default: false },
        'storage-port': { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }));
  } catch (error) {
    return { kind: 'rejected', reason: reasonOf(error) };
  }
  if (values.help) return { kind: 'help' };
  const backend = BACKENDS.find((name) => name === values.backend);
  if (values.backend !== undefined && backend === undefined)
    return { kind: 'rejected', reason: `--backend takes ${BACKENDS.join(', ')}` };
  const storagePort = values['storage-port'] === undefined ? undefined : whole(values['storage-port'], 65_533);
  if (values['storage-port'] !== undefined && storagePort === undefined)
    return { kind: 'rejected', reason: '--storage-port takes a number from 1 to 65533' };
  const rate = whole(values.rate, 100_000);
  const count = whole(values.count, 100_000_000);
  if (rate === undefined) return { kind: 'rejected', reason: '--rate takes a whole number from 1 to 100000' };
  if (count === undefined) return { kind: 'rejected', reason: '--count takes a whole number from 1 to 100000000' };
  const poison = share(values.poison);
  const duplicates = share(values.duplicates);
  if (poison === undefined || duplicates === undefined || poison + duplicates > 0.9)
    return { kind: 'rejected', reason: '--poison and --duplicates take percentages such as 1%, 90% together at most' };
  const tenants = values.tenants.split(',').filter((tenant) => tenant !== '');
  if (tenants.length === 0) return { kind: 'rejected', reason: '--tenants takes names such as acme,globex' };
  const inOrder = values['in-order'];
  return { kind: 'options', options: { backend, rate, count, poison, duplicates, tenants, inOrder, storagePort } };
}

/** parseArgs takes `--count -5` for two options, and explains at length how to write one. */
function reasonOf(error: unknown): string {
  const { message } = error instanceof Error ? error : new Error(String(error));
  const option = /^Option '[^']*?(--[a-z-]+)[^']*' argument is ambiguous/.exec(message)?.[1];
  return option === undefined
    ? (message.split('. ', 1)[0] ?? '')
    : `${option} needs a value that does not begin with '-'`;
}

function whole(text: string, most: number): number | undefined {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  return value >= 1 && value <= most ? value : undefined;
}

function share(text: string): number | undefined {
  return /^\d{1,2}(\.\d{1,3})?%$/.test(text) ? Number(text.slice(0, -1)) / 100 : undefined;
}
