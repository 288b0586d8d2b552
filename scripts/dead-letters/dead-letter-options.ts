/** Options of `npm run dead-letters -- …` (C8). */
import { parseArgs } from 'node:util';
import { pipelines } from '../../src/domain/dead-letter';
import { appAddress, type AppAddress } from '../local/ask-app';

/** Query parameters of `GET /v1/dead-letters`. */
export type Filter = Readonly<Record<string, string>>;

interface Common {
  readonly app: AppAddress;
  /** What the app answered, instead of text. */
  readonly json: boolean;
}

export type Order =
  | (Common & { readonly kind: 'list'; readonly filter: Filter; readonly limit: number })
  | (Common & { readonly kind: 'show'; readonly ids: readonly string[] })
  | (Common & {
      readonly kind: 'replay' | 'discard';
      /** By their ids, or all open ones of a filter. */
      readonly letters: { readonly ids: readonly string[] } | { readonly filter: Filter; readonly limit: number };
      readonly dryRun: boolean;
      /** A second, at most. */
      readonly rate: number;
    });

export type ParsedOrder =
  | { readonly kind: 'order'; readonly order: Order }
  | { readonly kind: 'help' }
  | { readonly kind: 'rejected'; readonly reason: string };

export const usage = `npm run dead-letters -- list    [filter] [--limit N]
npm run dead-letters -- show    ID…
npm run dead-letters -- replay  ID… | filter [--dry-run] [--rate N] [--limit N]
npm run dead-letters -- discard ID… | filter [--dry-run] [--rate N] [--limit N]

filter, of which replay and discard want one at least:
  --pipeline NAME    ${pipelines.join(', ')}
  --code CODE        one of docs/errors.md
  --state STATE      open (default), replayed, discarded or all; replay and discard take open ones
  --since TIME       those of TIME and later: 2026-01-31T12:00:00Z, or 90m, 12h, 7d ago
  --until TIME       those before TIME
  --tenant ID        of orders
  --order ID         of orders

  --dry-run          only say what would be done
  --rate N           letters a second at most, 1 to 1000 (default 50)
  --limit N          letters at most (default 50 for list, no limit otherwise)
  --json             what the app answers, one letter a line
  --url URL          the app (default http://localhost:7071, or SLUICE_URL)
  --key KEY          the master key, where the app asks for one (or SLUICE_KEY, which no process list shows)

Ends with 0 when all was done, 1 when something could not be, 2 when the options are wrong, 130 after Ctrl-C.`;

const STATES = ['open', 'replayed', 'discarded', 'all'];
const COMMANDS = ['list', 'show', 'replay', 'discard'] as const;
const LISTED = 50;
/** Options that only some commands heed; to be given elsewhere they must not look as if they had an effect. */
const ONLY: Readonly<Record<string, readonly string[]>> = {
  pipeline: ['list', 'replay', 'discard'],
  code: ['list', 'replay', 'discard'],
  state: ['list'],
  since: ['list', 'replay', 'discard'],
  until: ['list', 'replay', 'discard'],
  tenant: ['list', 'replay', 'discard'],
  order: ['list', 'replay', 'discard'],
  limit: ['list', 'replay', 'discard'],
  'dry-run': ['replay', 'discard'],
  rate: ['replay', 'discard'],
};

export function parseDeadLetterOrder(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  nowMs: number,
): ParsedOrder {
  let parsed;
  try {
    const text = { type: 'string' } as const;
    parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        ...{ pipeline: text, code: text, state: text, since: text, until: text, tenant: text, order: text },
        ...{ limit: text, rate: text, url: text, key: text },
        'dry-run': { type: 'boolean' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    return rejected(error instanceof Error ? (error.message.split('. ', 1)[0] ?? '') : String(error));
  }
  const { values, positionals } = parsed;
  if (values.help) return { kind: 'help' };
  const [named, ...ids] = positionals;
  const command = COMMANDS.find((one) => one === named);
  if (!command) return rejected(`say what to do: ${COMMANDS.join(', ')}`);
  for (const [option, commands] of Object.entries(ONLY))
    if (option in values && !commands.includes(command)) return rejected(`${command} takes no --${option}`);
  const app = appAddress(values, environment);
  if ('reason' in app) return rejected(app.reason);
  const common = { app, json: values.json };

  if (command === 'show')
    return ids.length === 0
      ? rejected('show wants the ids of letters; list tells them')
      : { kind: 'order', order: { ...common, kind: command, ids } };

  const limit = values.limit === undefined ? undefined : whole(values.limit, 1_000_000);
  if (values.limit !== undefined && limit === undefined)
    return rejected('--limit takes a whole number from 1 to 1000000');
  const filter = filterOf(values, nowMs);
  if (typeof filter === 'string') return rejected(filter);
  if (command === 'list') {
    if (ids.length > 0) return rejected(`list takes no ids, as ${JSON.stringify(ids[0])} is; show does`);
    const state = values.state ?? 'open';
    if (!STATES.includes(state)) return rejected(`--state takes ${STATES.join(', ')}`);
    const all = state === 'all' ? filter : { ...filter, state };
    return { kind: 'order', order: { ...common, kind: command, filter: all, limit: limit ?? LISTED } };
  }

  const rate = values.rate === undefined ? 50 : whole(values.rate, 1000);
  if (rate === undefined) return rejected('--rate takes a whole number from 1 to 1000');
  const filtered = Object.keys(filter).length > 0;
  if (ids.length > 0 === filtered)
    return rejected(
      filtered ? `${command} takes ids or a filter, not both` : `${command} wants the ids of letters, or a filter`,
    );
  if (ids.length > 0 && limit !== undefined) return rejected('--limit goes with a filter, not with ids');
  const letters = filtered ? { filter: { ...filter, state: 'open' }, limit: limit ?? Infinity } : { ids };
  return { kind: 'order', order: { ...common, kind: command, letters, rate, dryRun: values['dry-run'] ?? false } };
}

/** What is wrong with it, as text; what only the app knows, it says itself. */
function filterOf(
  values: Readonly<Partial<Record<'pipeline' | 'code' | 'since' | 'until' | 'tenant' | 'order', string | undefined>>>,
  nowMs: number,
): Filter | string {
  const filter: Record<string, string> = {};
  for (const option of ['since', 'until'] as const) {
    const given = values[option];
    if (given === undefined) continue;
    const ms = timeOf(given, nowMs);
    if (ms === undefined)
      return `--${option} takes a time such as 2026-01-31T12:00:00Z, or an age such as 90m, 12h or 7d`;
    filter[option] = new Date(ms).toISOString();
  }
  for (const [option, parameter] of [
    ['pipeline', 'pipeline'],
    ['code', 'code'],
    ['tenant', 'tenantId'],
    ['order', 'orderId'],
  ] as const) {
    const given = values[option];
    if (given !== undefined) filter[parameter] = given;
  }
  return filter;
}

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function timeOf(text: string, nowMs: number): number | undefined {
  const [, count, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (count !== undefined) return nowMs - Number(count) * (UNITS[unit] ?? NaN);
  // Without a year's four digits Date.parse guesses.
  const ms = /^\d{4}-\d\d/.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

function whole(text: string, most: number): number | undefined {
  const value = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  return value >= 1 && value <= most ? value : undefined;
}

function rejected(reason: string): ParsedOrder {
  return { kind: 'rejected', reason };
}
