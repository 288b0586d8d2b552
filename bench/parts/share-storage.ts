/**
 * A storage account for the share bench: takes bytes and throws them away, but remembers what it was told of each blob (length,
 * MD5, blocks) and the rows of its tables, so that proofs and claims go through. A process of its own.
 */
import http, { type IncomingMessage, type ServerResponse } from 'node:http';

interface Blob {
  length: number;
  md5: string;
  blocks: { readonly id: string; readonly size: number }[];
}

const blobs = new Map<string, Blob>();
const staged = new Map<string, Map<string, number>>();
const rows = new Map<string, string>();
const ETAG = '"0x8D000000000001"';
const common = { 'x-ms-request-id': 'stub', 'x-ms-version': '2025-01-05', etag: ETAG };

const server = http.createServer((request, response) => {
  const url = new URL(request.url ?? '', 'http://stub');
  if (url.pathname.includes('/tables/')) {
    void text(request).then((body) => tables(request, response, url, body));
    return;
  }
  let length = 0;
  const keep = url.searchParams.get('comp') === 'blocklist' && request.method === 'PUT';
  const kept: Buffer[] = [];
  request.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (keep) kept.push(chunk);
  });
  request.once('end', () => blob(request, response, url, length, Buffer.concat(kept).toString()));
});

function blob(request: IncomingMessage, response: ServerResponse, url: URL, length: number, body: string): void {
  const name = url.pathname;
  const comp = url.searchParams.get('comp');
  const md5 = String(request.headers['x-ms-blob-content-md5'] ?? request.headers['content-md5'] ?? '');
  if (request.method === 'PUT' && comp === 'block') {
    const blocks = staged.get(name) ?? new Map<string, number>();
    staged.set(name, blocks.set(url.searchParams.get('blockid') ?? '', length));
    response.writeHead(201, common).end();
  } else if (request.method === 'PUT' && comp === 'blocklist') {
    const sizes = staged.get(name);
    const blocks = [...body.matchAll(/<(?:Latest|Uncommitted)>([^<]+)</g)].map(([, id = '']) => ({
      id,
      size: sizes?.get(id) ?? 0,
    }));
    blobs.set(name, { length: blocks.reduce((sum, { size }) => sum + size, 0), md5, blocks });
    staged.delete(name);
    response.writeHead(201, common).end();
  } else if (request.method === 'PUT') {
    blobs.set(name, { length, md5, blocks: [] });
    response.writeHead(201, { ...common, ...(md5 ? { 'content-md5': md5 } : {}) }).end();
  } else if (comp === 'blocklist') {
    const known = blobs.get(name);
    if (!known) {
      response.writeHead(404, { ...common, 'x-ms-error-code': 'BlobNotFound' }).end();
      return;
    }
    const list = known.blocks.map(({ id, size }) => `<Block><Name>${id}</Name><Size>${size}</Size></Block>`).join('');
    response
      .writeHead(200, { ...common, 'content-type': 'application/xml', 'x-ms-blob-content-length': known.length })
      .end(`<?xml version="1.0"?><BlockList><CommittedBlocks>${list}</CommittedBlocks></BlockList>`);
  } else {
    const known = blobs.get(name);
    const length = known ? { 'content-length': known.length, 'content-md5': known.md5 } : {};
    response.writeHead(200, { ...common, 'x-ms-blob-type': 'BlockBlob', ...length }).end();
  }
}

function tables(request: IncomingMessage, response: ServerResponse, url: URL, body: string): void {
  const json = { ...common, 'content-type': 'application/json' };
  if (url.pathname.endsWith('$batch')) {
    const count = [...body.matchAll(/^(?:POST|PUT|PATCH|MERGE|DELETE) http/gm)].length;
    const part = `--changesetresponse_x\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\nHTTP/1.1 204 No Content\r\nETag: ${ETAG}\r\n\r\n\r\n`;
    response
      .writeHead(202, { ...common, 'content-type': 'multipart/mixed; boundary=batchresponse_x' })
      .end(
        `--batchresponse_x\r\nContent-Type: multipart/mixed; boundary=changesetresponse_x\r\n\r\n${part.repeat(count)}--changesetresponse_x--\r\n--batchresponse_x--\r\n`,
      );
    return;
  }
  const [, partition, row] = /\(PartitionKey='([^']*)',RowKey='([^']*)'\)/.exec(decodeURIComponent(url.pathname)) ?? [];
  const key = `${partition ?? ''}/${row ?? ''}`;
  if (request.method === 'GET') {
    const found = rows.get(key);
    if (found) response.writeHead(200, json).end(found);
    else response.writeHead(404, json).end('{"odata.error":{"code":"ResourceNotFound","message":{"value":"none"}}}');
    return;
  }
  if (request.method === 'DELETE') rows.delete(key);
  else {
    const entity = JSON.parse(body) as Record<string, string>;
    rows.set(
      `${entity['PartitionKey'] ?? partition ?? ''}/${entity['RowKey'] ?? row ?? ''}`,
      JSON.stringify({ ...entity, 'odata.etag': ETAG }),
    );
  }
  response.writeHead(204, common).end();
}

async function text(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as { port: number }).port }));
process.once('disconnect', () => process.exit(0));
