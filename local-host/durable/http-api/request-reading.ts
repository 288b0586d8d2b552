import type { HostHttpRequest } from '../../worker-protocol';
import { InvalidArgumentError } from '../client/durable-client';
import type { InstanceFilter, RuntimeStatus } from '../store/instance-table';

/** A body that should be JSON and is not. The message is close to Newtonsoft's, which users may look for. */
export class BadJsonError extends Error {
  override readonly name = 'BadJsonError';
  constructor(
    message: string,
    /** The text began well and broke off. */
    readonly truncated: boolean,
  ) {
    super(message);
  }
}

export interface ParsedUrl {
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
}

/** Segments below `base`, decoded; undefined when the path is elsewhere. */
export function parseUrl(url: string, base: string): ParsedUrl | undefined {
  const at = url.indexOf('?');
  const path = at < 0 ? url : url.slice(0, at);
  if (!path.toLowerCase().startsWith(base.toLowerCase())) return undefined;
  const rest = path.slice(base.length);
  if (rest !== '' && !rest.startsWith('/')) return undefined;
  const segments = rest.split('/').filter((s) => s !== '');
  return { segments: segments.map(decode), query: new URLSearchParams(at < 0 ? '' : url.slice(at + 1)) };
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** A query parameter by its name without case. */
export function param(query: URLSearchParams, name: string): string | undefined {
  const direct = query.get(name);
  if (direct !== null) return direct;
  for (const [key, value] of query) if (key.toLowerCase() === name.toLowerCase()) return value;
  return undefined;
}

export function flag(query: URLSearchParams, name: string, otherwise: boolean): boolean {
  const value = param(query, name)?.toLowerCase();
  return value === 'true' || value === '1' ? true : value === 'false' || value === '0' ? false : otherwise;
}

/** The body as JSON text, checked. @throws BadJsonError */
export function jsonBody(request: HostHttpRequest): string {
  // Some clients begin their files with a byte order mark.
  const text = Buffer.from(request.body)
    .toString('utf8')
    .replace(/^\uFEFF/, '');
  if (text.trim() === '')
    throw new BadJsonError("Error reading JToken from JsonReader. Path '', line 0, position 0.", false);
  try {
    JSON.parse(text);
    return text;
  } catch (error) {
    const first = text.trimStart()[0] ?? '';
    const truncated = /end of JSON input|Unterminated/i.test((error as Error).message);
    const message = truncated
      ? `Unexpected end of content while loading JSON. ${(error as Error).message}`
      : `Unexpected character encountered while parsing value: ${first}. Path '', line 0, position 0.`;
    throw new BadJsonError(message, truncated);
  }
}

/** Names of statuses that no instance here ever has: asking for them finds nothing. */
const NEVER: readonly string[] = ['Canceled', 'ContinuedAsNew', 'Unknown'];
const STATUSES: readonly RuntimeStatus[] = ['Pending', 'Running', 'Suspended', 'Completed', 'Failed', 'Terminated'];

/** Filters of list and purge. Unknown statuses and unreadable times count as absent, as recorded (`durable.list.filters`). */
export function instanceFilter(query: URLSearchParams): InstanceFilter {
  const wanted = param(query, 'runtimeStatus')?.split(',') ?? [];
  const isWanted = (status: string): boolean => wanted.some((w) => w.trim().toLowerCase() === status.toLowerCase());
  const statuses = STATUSES.filter(isWanted);
  const createdFrom = time(param(query, 'createdTimeFrom'));
  const createdTo = time(param(query, 'createdTimeTo'));
  const prefix = param(query, 'instanceIdPrefix');
  return {
    ...(statuses.length > 0 || NEVER.some(isWanted) ? { statuses } : {}),
    ...(createdFrom === undefined ? {} : { createdFrom }),
    ...(createdTo === undefined ? {} : { createdTo }),
    ...(prefix ? { prefix } : {}),
  };
}

/** Names in `runtimeStatus` that are no status at all. */
export function misspeltStatuses(query: URLSearchParams): string[] {
  const known = [...STATUSES, ...NEVER].map((status) => status.toLowerCase());
  const wanted = param(query, 'runtimeStatus')?.split(',') ?? [];
  return wanted.map((name) => name.trim()).filter((name) => name !== '' && !known.includes(name.toLowerCase()));
}

/** Statuses that an instance may have, for messages. */
export const statusNames = STATUSES.join(', ');

export function time(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}

/** As in .NET's Int32. */
const MOST_ROWS = 2 ** 31 - 1;

/** @throws InvalidArgumentError for anything that is not a positive whole number. */
export function top(query: URLSearchParams): number | undefined {
  const text = param(query, 'top');
  if (text === undefined || text === '') return undefined;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value <= 0 || value > MOST_ROWS)
    throw new InvalidArgumentError(`top must be a positive whole number, not '${text}'.`);
  return value;
}

/** The place after the last row of a page, as an opaque text. */
export function continuationToken(after: { readonly created: number; readonly id: string }): string {
  return Buffer.from(JSON.stringify([after.created, after.id])).toString('base64');
}

/** @throws InvalidArgumentError */
export function readContinuationToken(text: string | undefined): { created: number; id: string } | undefined {
  if (!text || text === 'bnVsbA==') return undefined;
  try {
    const [created, id] = JSON.parse(Buffer.from(text, 'base64').toString('utf8')) as [unknown, unknown];
    if (typeof created === 'number' && typeof id === 'string') return { created, id };
  } catch {
    // Reported below.
  }
  throw foreignToken();
}

export function entityToken(lastId: string): string {
  return Buffer.from(lastId).toString('base64');
}

/** Id of the last entity of the page before. @throws InvalidArgumentError */
export function readEntityToken(text: string | undefined): string | undefined {
  if (!text || text === 'bnVsbA==') return undefined;
  const id = Buffer.from(text, 'base64').toString('utf8');
  if (id.startsWith('@') && entityToken(id) === text) return id;
  throw foreignToken();
}

function foreignToken(): InvalidArgumentError {
  return new InvalidArgumentError('The continuation token is not one that this host gave out.');
}
