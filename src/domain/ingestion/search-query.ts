/** Parameters of the routes that read the index. */
import { sha256Hex } from '../digest';

export interface SearchQuery {
  readonly text: string;
  /** Undefined: all projects. */
  readonly projectId: string | undefined;
  readonly k: number;
}

export interface ListQuery {
  readonly projectId: string | undefined;
  readonly limit: number;
  readonly continuation: string | undefined;
}

interface Rejected {
  readonly kind: 'rejected';
  readonly detail: string;
}

interface Parameters {
  get(name: string): string | null;
}

const LONGEST_TEXT = 2_000;
const LONGEST_ID = 200;
const MOST_HITS = 100;
const USUAL_HITS = 10;
const MOST_LISTED = 1_000;
const USUAL_LISTED = 100;

export function parseSearchQuery(
  query: Parameters,
): { readonly kind: 'query'; readonly query: SearchQuery } | Rejected {
  const text = (query.get('q') ?? '').trim();
  if (text === '') return rejected('q is missing: what to search for, as in ?q=how+do+I+authenticate');
  if (text.length > LONGEST_TEXT) return rejected(`q has ${text.length} characters; it may have ${LONGEST_TEXT}.`);
  const project = projectOf(query);
  if (typeof project !== 'object') return rejected(`projectId may have 1 to ${LONGEST_ID} characters.`);
  const k = wholeNumber(query.get('k'), USUAL_HITS, MOST_HITS);
  if (k === undefined) return rejected(`k is a whole number from 1 to ${MOST_HITS}.`);
  return { kind: 'query', query: { text, ...project, k } };
}

export function parseListQuery(query: Parameters): { readonly kind: 'query'; readonly query: ListQuery } | Rejected {
  const project = projectOf(query);
  if (typeof project !== 'object') return rejected(`projectId may have 1 to ${LONGEST_ID} characters.`);
  const limit = wholeNumber(query.get('limit'), USUAL_LISTED, MOST_LISTED);
  if (limit === undefined) return rejected(`limit is a whole number from 1 to ${MOST_LISTED}.`);
  const given = query.get('continuation');
  const continuation = given === null ? undefined : decoded(given);
  if (given !== null && continuation === undefined) return rejected('continuation is what the page before gave.');
  return { kind: 'query', query: { ...project, limit, continuation } };
}

/** For URLs: what a store names its next page by may hold anything. Begins with a sum, so that no other text passes for one. */
export function continuationOf(next: string): string {
  return `${sumOf(next)}.${encodeURIComponent(next).replaceAll('~', '%7E').replaceAll('%', '~')}`;
}

function decoded(continuation: string): string | undefined {
  if (continuation.length > 10_000) return undefined;
  const dot = continuation.indexOf('.');
  try {
    const next = decodeURIComponent(continuation.slice(dot + 1).replaceAll('~', '%'));
    return sumOf(next) === continuation.slice(0, dot) ? next : undefined;
  } catch {
    return undefined;
  }
}

function sumOf(next: string): string {
  return sha256Hex(next).slice(0, 8);
}

/** Undefined where it is too long, or empty. */
export function projectOf(query: Parameters): { readonly projectId: string | undefined } | undefined {
  const projectId = query.get('projectId');
  if (projectId === null) return { projectId: undefined };
  return projectId !== '' && projectId.length <= LONGEST_ID ? { projectId } : undefined;
}

function wholeNumber(text: string | null, whenAbsent: number, most: number): number | undefined {
  if (text === null) return whenAbsent;
  const value = /^\d{1,6}$/.test(text) ? Number(text) : NaN;
  return value >= 1 && value <= most ? value : undefined;
}

function rejected(detail: string): Rejected {
  return { kind: 'rejected', detail };
}
