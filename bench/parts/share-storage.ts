/**
 * A storage account for the share bench: takes bytes and throws them away, but remembers what it was told of each blob (length,
 * MD5, blocks), so that proofs go through, and has tables for claims. A process of its own.
 */
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import { answerTables } from './stub-tables';

interface Blob {
  length: number;
  md5: string;
  blocks: { readonly id: string; readonly size: number }[];
}

const blobs = new Map<string, Blob>();
const staged = new Map<string, Map<string, number>>();
const ETAG = '"0x8D000000000001"';
const common = { 'x-ms-request-id': 'stub', 'x-ms-version': '2025-01-05', etag: ETAG };

const server = http.createServer((request, response) => {
  const url = new URL(request.url ?? '', 'http://stub');
  if (url.pathname.includes('/tables/')) {
    void answerTables(request, response, (request.url ?? '').replace(/^.*?\/tables\//, ''));
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

server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as { port: number }).port }));
process.once('disconnect', () => process.exit(0));
