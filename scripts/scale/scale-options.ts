import type { parseArgs as ParseArgs } from 'node:util';

export interface ScaleOptions {
  readonly blobs: number;
  readonly maxInstances: number;
  /** Looks as often as the manifest says. */
  readonly asShipped: boolean;
}

export type ParsedScale =
  | { readonly kind: 'options'; readonly options: ScaleOptions }
  | { readonly kind: 'help' }
  | { readonly kind: 'rejected'; readonly reason: string };

export const scaleUsage = `npm run scale-demo -- [--blobs N] [--max-instances N] [--as-shipped]

  --blobs N          blobs to move (default 200)
  --max-instances N  processes at the most (default 10)
  --as-shipped       looks every 30 s, as infra/k8s/keda/blob-events-queue.yaml says; every 2 s otherwise

Storage and processes are its own, on free ports; nothing of them is left.`;

export function parseScaleOptions(args: readonly string[], parseArgs: typeof ParseArgs): ParsedScale {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        blobs: { type: 'string', default: '200' },
        'max-instances': { type: 'string', default: '10' },
        'as-shipped': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }));
  } catch (error) {
    return { kind: 'rejected', reason: (error as Error).message.split('. ', 1)[0] ?? '' };
  }
  if (values.help) return { kind: 'help' };
  const blobs = whole(values.blobs, 100_000);
  const maxInstances = whole(values['max-instances'], 100);
  if (blobs === undefined) return { kind: 'rejected', reason: '--blobs takes a whole number from 1 to 100000' };
  if (maxInstances === undefined)
    return { kind: 'rejected', reason: '--max-instances takes a whole number from 1 to 100' };
  return { kind: 'options', options: { blobs, maxInstances, asShipped: values['as-shipped'] } };
}

function whole(text: string, most: number): number | undefined {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  return value >= 1 && value <= most ? value : undefined;
}
