/**
 * A storage account that takes bytes and answers, and keeps nothing: so that a figure is of our own speed and not of
 * Azurite's. Speaks as much of the blob and table protocols as an upload needs. A process of its own.
 */
import http from 'node:http';

const server = http.createServer((request, response) => {
  request.resume();
  request.once('end', () => {
    const url = request.url ?? '';
    const etag = '"0x8D000000000001"';
    const common = { 'x-ms-request-id': 'stub', 'x-ms-version': '2025-01-05', etag };
    if (url.includes('/tables/')) {
      const missing = JSON.stringify({ 'odata.error': { code: 'ResourceNotFound', message: { value: 'none' } } });
      if (request.method === 'GET')
        response.writeHead(404, { ...common, 'content-type': 'application/json' }).end(missing);
      else response.writeHead(204, common).end();
      return;
    }
    response.writeHead(request.method === 'GET' || request.method === 'HEAD' ? 200 : 201, common).end();
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as { port: number }).port }));
process.once('disconnect', () => process.exit(0));
