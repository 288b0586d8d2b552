import type { parseArgs as ParseArgs } from 'node:util';

export interface PublishOptions {
  /** Events a second. */
  readonly rate: number;
  readonly count: number;
  /** 0 to 1. */
  readonly poison: number;
  /** 0 to 1. */
  readonly duplicates: number;
  readonly tenants: readonly string[];
  /** One after the other, as a partitioned backend keeps them. */
  readonly inOrder: boolean;
}

export type ParsedPublish =
  | { readonly kind: 'options'; readonly options: PublishOptions }
  | { readonly kind: 'help' }
  | { readonly kind: 'rejected'; readonly reason: string };

export const publishUsage = `npm run orders:publish -- [--rate N] [--count N] [--poison P%] [--duplicates P%] [--tenants A,B] [--in-order]

  --rate N          events a second (default 100)
  --count N         events in all (default 1000)
  --poison P%       share that is no order (default 0%)
  --duplicates P%   share that is sent again (default 0%)
  --tenants A,B     tenants (default acme,globex)
  --in-order        sends one after the other; several at once otherwise

Orders go to the storage queue of the settings (npm start's by default).`;

export function parsePublishOptions(args: readonly string[], parseArgs: typeof ParseArgs): ParsedPublish {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        rate: { type: 'string', default: '100' },
        count: { type: 'string', default: '1000' },
        poison: { type: 'string', default: '0%' },
        duplicates: { type: 'string', default: '0%' },
        tenants: { type: 'string', default: 'acme,globex' },
        'in-order': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }));
  } catch (error) {
    return {
      kind: 'rejected',
      reason: error instanceof Error ? (error.message.split('. ', 1)[0] ?? '') : String(error),
    };
  }
  if (values.help) return { kind: 'help' };
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
  return { kind: 'options', options: { rate, count, poison, duplicates, tenants, inOrder: values['in-order'] } };
}

function whole(text: string, most: number): number | undefined {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  return value >= 1 && value <= most ? value : undefined;
}

function share(text: string): number | undefined {
  return /^\d{1,2}(\.\d{1,3})?%$/.test(text) ? Number(text.slice(0, -1)) / 100 : undefined;
}
