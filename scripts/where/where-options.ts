/** Options of `npm run where -- …` (C13). */
import { parseArgs } from 'node:util';
import { appAddress, type AppAddress } from '../local/ask-app';

export interface WhereOrder {
  readonly app: AppAddress;
  /** To be asked one after the other, until one finds something: query strings of `GET /v1/items`. */
  readonly queries: readonly string[];
  /** As it was asked. */
  readonly asked: string;
  readonly json: boolean;
}

export type ParsedWhere =
  | { readonly kind: 'order'; readonly order: WhereOrder }
  | { readonly kind: 'help' }
  | { readonly kind: 'rejected'; readonly reason: string };

export const usage = `npm run where -- NAME | ORDER | TRACE

Says where a file or an order is, whatever pipeline has it: its state, since when, how often it was tried, its orchestration, its dead
letter, its trace, and what to do. NAME is a path (rawfiles/2026/a.pdf) or what follows its last slash (a.pdf), ORDER an order's id,
TRACE a trace id or a traceparent.

  --name | --order | --trace   what it is, where that could be mistaken
  --tenant ID        of orders
  --limit N          items at most, the latest first (default 10)
  --json             what the app answers, one item a line
  --url URL          the app (default http://localhost:7071, or SLUICE_URL)
  --key KEY          a function key, where the app asks for one (or SLUICE_KEY, which no process list shows)

Ends with 0 when something was found, 1 when nothing was, 2 when the options are wrong.`;

const KINDS = ['name', 'order', 'trace'] as const;
const PARAMETERS = { name: 'name', order: 'orderId', trace: 'traceId' } as const;
const TRACE = /^(?:[0-9a-f]{2}-)?[0-9a-f]{32}(?:-[0-9a-f]{16}-[0-9a-f]{2})?$/i;

export function parseWhere(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): ParsedWhere {
  let parsed;
  try {
    const [text, flag] = [{ type: 'string' } as const, { type: 'boolean', default: false } as const];
    parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        ...{ tenant: text, limit: text, url: text, key: text },
        ...{ name: flag, order: flag, trace: flag, json: flag },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    return rejected(error instanceof Error ? (error.message.split('. ', 1)[0] ?? '') : String(error));
  }
  const { values, positionals } = parsed;
  if (values.help) return { kind: 'help' };
  const [asked, ...more] = positionals;
  if (asked === undefined || asked === '') return rejected('say what to look for: a name, an order or a trace');
  if (more.length > 0) return rejected(`one at a time, not ${JSON.stringify(more[0])} too; quote a name with spaces`);
  const said = KINDS.filter((kind) => values[kind]);
  if (said.length > 1) return rejected(`--${said.join(' and --')} exclude each other`);
  const app = appAddress(values, environment);
  if ('reason' in app) return rejected(app.reason);
  const limit = values.limit ?? '10';
  if (!/^\d{1,4}$/.test(limit) || Number(limit) < 1 || Number(limit) > 1000)
    return rejected('--limit takes a whole number from 1 to 1000');
  const kinds = said.length > 0 ? said : TRACE.test(asked) ? KINDS.toReversed() : (['name', 'order'] as const);
  const queries = kinds.map((kind) => {
    const query = new URLSearchParams({ [PARAMETERS[kind]]: asked, limit });
    if (values.tenant !== undefined) query.set('tenantId', values.tenant);
    return query.toString();
  });
  return { kind: 'order', order: { app, queries, asked, json: values.json } };
}

function rejected(reason: string): ParsedWhere {
  return { kind: 'rejected', reason };
}
