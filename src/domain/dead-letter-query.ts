import { isDeadLetterId, isPipeline, pipelines, type DeadLetterFilter } from './dead-letter';
import { errorDefinitions } from './error-codes';

export type DeadLetterQuery =
  | {
      readonly kind: 'query';
      readonly filter: DeadLetterFilter;
      readonly limit: number;
      readonly continuation?: string;
    }
  | { readonly kind: 'rejected'; readonly detail: string };

const LARGEST_PAGE = 1000;

/** `?pipeline=&code=&state=&since=&tenantId=&orderId=&limit=&continuation=`; `limit` defaults to 100. */
export function parseDeadLetterQuery(query: { get(name: string): string | null }): DeadLetterQuery {
  const pipeline = query.get('pipeline');
  const code = query.get('code');
  const state = query.get('state');
  const since = query.get('since');
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
  if (!/^\d{1,4}$/.test(limit) || Number(limit) < 1 || Number(limit) > LARGEST_PAGE)
    return rejected(`limit is a number from 1 to ${LARGEST_PAGE}`);
  if (continuation !== null && !isDeadLetterId(continuation))
    return rejected('continuation is what the page before answered as continuation');
  const filter: DeadLetterFilter = {
    ...(pipeline === null ? {} : { pipeline }),
    ...(known ? { code: known.code } : {}),
    ...(state === null ? {} : { state }),
    ...(tenantId === null ? {} : { tenantId }),
    ...(orderId === null ? {} : { orderId }),
    ...(sinceMs === undefined ? {} : { since: new Date(sinceMs).toISOString() }),
  };
  return { kind: 'query', filter, limit: Number(limit), ...(continuation === null ? {} : { continuation }) };
}

function rejected(detail: string): DeadLetterQuery {
  return { kind: 'rejected', detail: `The query is not valid: ${detail}.` };
}
