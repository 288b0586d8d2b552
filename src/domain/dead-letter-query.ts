import { isDeadLetterId, isPipeline, pipelines, type DeadLetterFilter } from './dead-letter';
import { errorDefinitions } from './error-codes';

export type DeadLetterQuery =
  | {
      readonly kind: 'query';
      readonly filter: DeadLetterFilter;
      readonly limit: number;
      /** Replays a second, at most. */
      readonly rate: number;
      readonly continuation?: string;
    }
  | { readonly kind: 'rejected'; readonly detail: string };

const LARGEST_PAGE = 1000;
const FASTEST = 1000;

/** Longest that one request replays: Azure's front end gives an answer up after 230 s. */
const LONGEST_S = 200;

const PARAMETERS = 'pipeline code state since until tenantId orderId limit continuation rate dryRun'.split(' ');
/** Of the Functions host, beside `code`, which may be the key of the function. */
const HOST_PARAMETERS = ['clientId'];

/** What a query says of itself. */
export interface QueryParameters {
  get(name: string): string | null;
  keys(): Iterable<string>;
}

/** A sentence about a parameter that is none; a misspelt `dryRun` must not send anything. Undefined when all are known. */
export function unknownParameter(query: QueryParameters, known: readonly string[] = PARAMETERS): string | undefined {
  const unknown = [...query.keys()].find((name) => ![...known, ...HOST_PARAMETERS].includes(name));
  return unknown === undefined
    ? undefined
    : `The query is not valid: ${JSON.stringify(unknown.slice(0, 40))} is no parameter here; there are ${known.join(', ')}.`;
}

/**
 * `?pipeline=&code=&state=&since=&until=&tenantId=&orderId=&limit=&continuation=&rate=`; `limit` defaults to 100, `rate` to 50.
 */
export function parseDeadLetterQuery(query: QueryParameters): DeadLetterQuery {
  const unknown = unknownParameter(query);
  if (unknown !== undefined) return { kind: 'rejected', detail: unknown };
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
    ...(continuation === null ? {} : { continuation }),
  };
}

function rejected(detail: string): DeadLetterQuery {
  return { kind: 'rejected', detail: `The query is not valid: ${detail}.` };
}
