/**
 * Tables that keep their rows in memory, for benches: inserts that meet a row fail, transactions are all or nothing, and a
 * listing finds rows by their keys alone. So that a figure is of our own speed and not of Azurite's.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { bodyText } from './body-text';

interface Answer {
  readonly status: number;
  readonly body?: string;
}

/** By table, then by both keys. */
const tables = new Map<string, Map<string, string>>();
const headers = { 'x-ms-request-id': 'stub', 'x-ms-version': '2019-02-02', etag: '"1"' };

/** Answers a request to the table service, whose address ends before `target`. */
export async function answerTables(request: IncomingMessage, response: ServerResponse, target: string): Promise<void> {
  const body = await bodyText(request);
  if (target.startsWith('$batch')) {
    const { status, body: parts = '' } = batch(body);
    response.writeHead(status, { ...headers, 'content-type': 'multipart/mixed; boundary=batchresponse_x' }).end(parts);
    return;
  }
  const { status, body: answer } = one(request.method ?? '', decodeURIComponent(target), body);
  response.writeHead(status, { ...headers, 'content-type': 'application/json' }).end(answer);
}

function one(method: string, target: string, body: string): Answer {
  const [, name = '', keys = '', query = ''] = /^(\w+)(\([^)]*\))?(?:\?(.*))?$/s.exec(target) ?? [];
  const rows = tables.get(name) ?? new Map<string, string>();
  tables.set(name, rows);
  const [, partition, row] = /PartitionKey='([^']*)',\s*RowKey='([^']*)'/.exec(keys) ?? [];
  if (partition === undefined && method === 'GET') return { status: 200, body: listed(rows, query) };
  if (partition === undefined) {
    const given = JSON.parse(body) as { PartitionKey: string; RowKey: string };
    const key = `${given.PartitionKey}\n${given.RowKey}`;
    if (rows.has(key)) return { status: 409, body: failure('EntityAlreadyExists') };
    rows.set(key, body);
    return { status: 204 };
  }
  const key = `${partition}\n${row}`;
  const found = rows.get(key);
  if (method === 'GET') {
    return found === undefined
      ? { status: 404, body: failure('ResourceNotFound') }
      : { status: 200, body: `{"odata.etag":"1",${found.slice(1)}` };
  }
  if (method === 'DELETE') return { status: rows.delete(key) ? 204 : 404 };
  const merged = method === 'MERGE' || method === 'PATCH';
  rows.set(key, merged && found !== undefined ? JSON.stringify({ ...JSON.parse(found), ...JSON.parse(body) }) : body);
  return { status: 204 };
}

function listed(rows: ReadonlyMap<string, string>, query: string): string {
  const partition = /PartitionKey eq '([^']*)'/.exec(query)?.[1] ?? '';
  const wanted = [...query.matchAll(/RowKey eq '([^']*)'/g)].map(([, row]) => `${partition}\n${row ?? ''}`);
  const inRange = rangesOf(query);
  const found =
    wanted.length > 0
      ? wanted.flatMap((key) => rows.get(key) ?? [])
      : [...rows].flatMap(([key, row]) =>
          key.startsWith(`${partition}\n`) && inRange(key.slice(partition.length + 1)) ? [row] : [],
        );
  return `{"value":[${found.join(',')}]}`;
}

/** Ranges of row keys, any of which may hold a key: `RowKey lt 'a' or (RowKey gt 'b' and RowKey lt 'c')`. */
function rangesOf(query: string): (rowKey: string) => boolean {
  const ranges = query
    .split(' or ')
    .map((range) => [...range.matchAll(/RowKey (lt|gt) '([^']*)'/g)].map(([, than, key = '']) => ({ than, key })))
    .filter((range) => range.length > 0);
  return (rowKey) =>
    ranges.length === 0 ||
    ranges.some((range) => range.every(({ than, key }) => (than === 'lt' ? rowKey < key : rowKey > key)));
}

function batch(body: string): Answer {
  const actions = body.split(/\r?\n--changeset/).flatMap((part) => {
    const [, method = '', target] =
      /^(POST|PUT|PATCH|MERGE|DELETE) \S*?devstoreaccount1\/(?:tables\/)?(\S+) HTTP/m.exec(part) ?? [];
    if (target === undefined) return [];
    const from = part.indexOf('\n{');
    const given = from < 0 ? '' : part.slice(from, part.lastIndexOf('}') + 1).trim();
    return [{ method, target: decodeURIComponent(target), given }];
  });
  const clash = actions.some(({ method, target, given }) => {
    if (method !== 'POST') return false;
    const { PartitionKey, RowKey } = JSON.parse(given) as Record<string, string>;
    return tables.get(/^\w+/.exec(target)?.[0] ?? '')?.has(`${PartitionKey}\n${RowKey}`) === true;
  });
  const answers = clash
    ? [{ status: 409, body: failure('EntityAlreadyExists') }]
    : actions.map(({ method, target, given }) => one(method, target, given));
  const inner = answers
    .map(
      ({ status, body: answer = '' }) =>
        `--changesetresponse_x\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\nHTTP/1.1 ${status} X\r\nETag: "1"\r\nContent-Type: application/json\r\n\r\n${answer}\r\n`,
    )
    .join('');
  return {
    status: 202,
    body: `--batchresponse_x\r\nContent-Type: multipart/mixed; boundary=changesetresponse_x\r\n\r\n${inner}--changesetresponse_x--\r\n--batchresponse_x--\r\n`,
  };
}

function failure(code: string): string {
  return JSON.stringify({ 'odata.error': { code, message: { lang: 'en-US', value: code } } });
}
