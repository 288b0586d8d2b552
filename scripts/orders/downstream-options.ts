import type { parseArgs as ParseArgs } from 'node:util';
import type { DownstreamBehaviour } from './mock-downstream';

export interface DownstreamOptions extends DownstreamBehaviour {
  readonly port: number;
}

export type ParsedDownstream =
  | { readonly kind: 'options'; readonly options: DownstreamOptions }
  | { readonly kind: 'help' }
  | { readonly kind: 'rejected'; readonly reason: string };

export const downstreamUsage = `npm run orders:downstream -- [--port N] [--failing P%] [--losing P%] [--refusing P%] [--latency MS]

  --port N        of this machine (default 7080); 0 takes a free one
  --failing P%    share of requests that are answered 503 (default 0%)
  --losing P%     share of orders that are taken, but nobody is told (default 0%)
  --refusing P%   share of orders that are answered 422, the same each time (default 0%)
  --latency MS    milliseconds before an answer (default 0)

Takes each Idempotency-Key once. Start the app with ORDERS_CALLBACK_URL set to what it prints. GET /stats says what it took;
PUT /behaviour with {"failing":0.5,"latencyMs":200} changes how it behaves. Ctrl-C ends it.`;

export function parseDownstreamOptions(args: readonly string[], parseArgs: typeof ParseArgs): ParsedDownstream {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        port: { type: 'string', default: '7080' },
        failing: { type: 'string', default: '0%' },
        losing: { type: 'string', default: '0%' },
        refusing: { type: 'string', default: '0%' },
        latency: { type: 'string', default: '0' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }));
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('. ', 1)[0] ?? '') : String(error);
    return { kind: 'rejected', reason };
  }
  if (values.help) return { kind: 'help' };
  const port = whole(values.port, 65_535);
  if (port === undefined) return { kind: 'rejected', reason: '--port takes a number from 0 to 65535' };
  const latencyMs = whole(values.latency, 600_000);
  if (latencyMs === undefined) return { kind: 'rejected', reason: '--latency takes milliseconds from 0 to 600000' };
  const [failing, losing, refusing] = [values.failing, values.losing, values.refusing].map(share);
  if (failing === undefined || losing === undefined || refusing === undefined || failing + losing > 1)
    return {
      kind: 'rejected',
      reason: 'shares are percentages such as 2% or 0.5%, --failing and --losing 100% together',
    };
  return { kind: 'options', options: { port, failing, losing, refusing, latencyMs } };
}

function whole(text: string, most: number): number | undefined {
  return /^\d{1,6}$/.test(text) && Number(text) <= most ? Number(text) : undefined;
}

function share(text: string): number | undefined {
  if (!/^\d{1,3}(\.\d{1,3})?%$/.test(text)) return undefined;
  const value = Number(text.slice(0, -1)) / 100;
  return value <= 1 ? value : undefined;
}
