/**
 * The other side of the upload bench: a bare `node:http` server that drains the same parser into the same stub storage, with
 * blocks of the same size and as many on their way. No routing, no type check, no records, and an MD5 only when asked for with
 * a second argument `md5`. A process of its own.
 */
import { createHash } from 'node:crypto';
import http from 'node:http';
import { Busboy, type BusboyFileStream } from '@fastify/busboy';

const [storageUrl = '', withMd5] = process.argv.slice(2);
const agent = new http.Agent({ keepAlive: true });
const BLOCK = 4 * 1024 * 1024;
const CONCURRENCY = 4;

const server = http.createServer((request, response) => {
  const parser = new Busboy({ headers: { 'content-type': request.headers['content-type'] ?? '' } });
  let done: Promise<void> = Promise.resolve();
  parser.on('file', (_field: string, file: BusboyFileStream) => {
    done = store(file);
  });
  parser.on('finish', () => void done.then(() => response.writeHead(201).end('{}')));
  request.pipe(parser);
});

async function store(file: BusboyFileStream): Promise<void> {
  const md5 = withMd5 === 'md5' ? createHash('md5') : undefined;
  const underWay = new Set<Promise<void>>();
  const spare: Buffer[] = [];
  let block: Buffer = Buffer.allocUnsafeSlow(BLOCK);
  let filled = 0;
  const flush = async (): Promise<void> => {
    const full = block;
    const sent = put(full.subarray(0, filled)).then(() => {
      underWay.delete(sent);
      spare.push(full);
    });
    underWay.add(sent);
    if (underWay.size >= CONCURRENCY) await Promise.race(underWay);
    block = spare.pop() ?? Buffer.allocUnsafeSlow(BLOCK);
    filled = 0;
  };
  for await (const chunk of file as AsyncIterable<Buffer>) {
    md5?.update(chunk);
    for (let from = 0; from < chunk.length;) {
      const take = Math.min(BLOCK - filled, chunk.length - from);
      chunk.copy(block, filled, from, from + take);
      filled += take;
      from += take;
      if (filled === BLOCK) await flush();
    }
  }
  if (filled > 0) await flush();
  await Promise.all(underWay);
  await put(Buffer.from('<BlockList/>'));
}

function put(bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = http.request(
      `${storageUrl}/devstoreaccount1/rawfiles/x`,
      { method: 'PUT', agent, headers: { 'content-length': bytes.length } },
      (answer) => {
        answer.resume();
        answer.once('end', () => resolve());
      },
    );
    request.once('error', reject);
    request.end(bytes);
  });
}

server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as { port: number }).port }));
process.once('disconnect', () => process.exit(0));
