import { isDeadLetterId, isPipeline, pipelines, type DeadLetterFilter } from './dead-letter';
import { errorDefinitions } from './error-codes';

export type DeadLetterQuery =
  | {
      readonly kind: 'query';
      readonly filter: DeadLetterFilter;
      readonly limit: number;
      /** Replays a second, at most. */
      readonly rate: number;
      /** Only say what a replay would do. */
      readonly dryRun: boolean;
      readonly continuation?: string;
    }
  | { readonly kind: 'rejected'; readonly detail: string };

const LARGEST_PAGE = 1000;
const FASTEST = 1000;

/** Longest that one request replays: Azure's front end gives an answer up after 230 s. */
const LONGEST_S = 200;

const FILTERS = ['pipeline', 'code', 'state', 'since', 'until', 'tenantId', 'orderId'];
const OF_LIST = [...FILTERS, 'limit', 'continuation'];
const OF_REPLAY = [...FILTERS, 'limit', 'rate', 'dryRun'];
const OF_ONE = ['dryRun'];
/** Of the Functions host: keys. */
const HOST_PARAMETERS = ['code', 'clientId'];

/** What a query says of itself. */
export interface QueryParameters {
  get(name: string): string | null;
  keys(): Iterable<string>;
}

export type ReplayOneQuery =
  { readonly kind: 'query'; readonly dryRun: boolean } | { readonly kind: 'rejected'; readonly detail: string };

/** `?dryRun=` of the replay of one. */
export function parseReplayOne(query: QueryParameters): ReplayOneQuery {
  const unknown = unknownParameter(query, OF_ONE);
  if (unknown !== undefined) return rejected(unknown);
  const dryRun = parseDryRun(query);
  return dryRun === undefined ? rejected(DRY_RUN) : { kind: 'query', dryRun };
}

/** As {@link parseDeadLetterQuery}, without `continuation`; one filter at least, so that nobody replays everything unawares. */
export function parseReplayMany(query: QueryParameters): DeadLetterQuery {
  const parsed = parseQuery(query, OF_REPLAY);
  if (parsed.kind === 'rejected' || Object.keys(parsed.filter).length > 0) return parsed;
  return rejected(`say which to replay, by one at least of ${FILTERS.join(', ')}; for all that wait state=open`);
}

/** `?pipeline=&code=&state=&since=&until=&tenantId=&orderId=&limit=&continuation=`; `limit` defaults to 100. */
export function parseDeadLetterQuery(query: QueryParameters): DeadLetterQuery {
  return parseQuery(query, OF_LIST);
}

/** A misspelt `dryRun` must not send anything. */
function unknownParameter(query: QueryParameters, known: readonly string[]): string | undefined {
  const unknown = [...query.keys()].find((name) => ![...known, ...HOST_PARAMETERS].includes(name));
  return unknown === undefined
    ? undefined
    : `${JSON.stringify(unknown.slice(0, 40))} is no parameter here; there are ${known.join(', ')}`;
}

const DRY_RUN = 'dryRun is true or false';

/** Undefined for what is neither yes nor no. */
function parseDryRun(query: QueryParameters): boolean | undefined {
  const text = query.get('dryRun')?.toLowerCase() ?? 'false';
  if (['1', 'true', 'yes', ''].includes(text)) return true;
  return ['0', 'false', 'no'].includes(text) ? false : undefined;
}

function parseQuery(query: QueryParameters, parameters: readonly string[]): DeadLetterQuery {
  const unknown = unknownParameter(query, parameters);
  if (unknown !== undefined) return rejected(unknown);
  const dryRun = parseDryRun(query);
  if (dryRun === undefined) return rejected(DRY_RUN);
  const pipeline = query.get('pipeline');
  const code = query.get('code');
  const state = query.get('state');
  const since = query.get('since');
  const until = query.get('until');
  const rate = query.get('rate') ?? '50';
  const tenantId = query.get('tenantId');
  const orderId = query.get('orderId');
  const limit = query.get('limit') ?? '100';
  const continuation = query.get('continuation');
  if (pipeline !== null && !isPipeline(pipeline)) return rejected(`pipeline is one of ${pipelines.join(', ')}`);
  const known = errorDefinitions.find((d) => d.code === code);
  if (code !== null && !known) return rejected('code is one of the codes in docs/errors.md');
  if (state !== null && state !== 'open' && state !== 'replayed' && state !== 'discarded')
    return rejected('state is open, replayed or discarded');
  const sinceMs = since === null ? undefined : Date.parse(since);
  if (sinceMs !== undefined && Number.isNaN(sinceMs)) return rejected('since is a time such as 2026-01-31T12:00:00Z');
  const untilMs = until === null ? undefined : Date.parse(until);
  if (untilMs !== undefined && Number.isNaN(untilMs)) return rejected('until is a time such as 2026-01-31T12:00:00Z');
  if (!/^\d{1,4}$/.test(limit) || Number(limit) < 1 || Number(limit) > LARGEST_PAGE)
    return rejected(`limit is a number from 1 to ${LARGEST_PAGE}`);
  if (!/^\d{1,4}$/.test(rate) || Number(rate) < 1 || Number(rate) > FASTEST)
    return rejected(`rate is a number of replays a second from 1 to ${FASTEST}`);
  if (Number(limit) / Number(rate) > LONGEST_S)
    return rejected(`rate is too low for limit: at most ${LONGEST_S} seconds' worth are replayed at a time`);
  if (continuation !== null && !isDeadLetterId(continuation))
    return rejected('continuation is what the page before answered as continuation');
  const filter: DeadLetterFilter = {
    ...(pipeline === null ? {} : { pipeline }),
    ...(known ? { code: known.code } : {}),
    ...(state === null ? {} : { state }),
    ...(tenantId === null ? {} : { tenantId }),
    ...(orderId === null ? {} : { orderId }),
    ...(sinceMs === undefined ? {} : { since: new Date(sinceMs).toISOString() }),
    ...(untilMs === undefined ? {} : { until: new Date(untilMs).toISOString() }),
  };
  return {
    kind: 'query',
    filter,
    limit: Number(limit),
    rate: Number(rate),
    dryRun,
    ...(continuation === null ? {} : { continuation }),
  };
}

function rejected(detail: string): { readonly kind: 'rejected'; readonly detail: string } {
  return { kind: 'rejected', detail: `The query is not valid: ${detail}.` };
}
