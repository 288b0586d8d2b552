/**
 * A fulfilment service, and a telemetry collector, that take everything at once; but an order whose id begins with `stuck`
 * waits 200 ms and fails. A process of its own.
 */
import http from 'node:http';

const server = http.createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.once('end', () => {
    const isStuck = Buffer.concat(chunks).includes('"orderId":"stuck');
    const answer = (): void =>
      void response.writeHead(isStuck ? 503 : 200, { 'content-type': 'application/json' }).end('{}');
    if (isStuck) setTimeout(answer, 200);
    else answer();
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as { port: number }).port }));
process.once('disconnect', () => process.exit(0));
